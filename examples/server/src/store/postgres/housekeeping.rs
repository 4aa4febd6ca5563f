//! What is removed with time, and what replicas have to know alike.

use jiff::Timestamp;

use super::database::Database;
use super::messages;
use crate::store::{Expired, StoreError};

const PING: &str = "select 1";
const END_SESSIONS: &str = "delete from sessions where token_hash in ( \
       select token_hash from sessions where expires_at <= $1 order by expires_at limit $2 for update skip locked)";
const SHARE: &str = "insert into shared_secrets (name, value) values ($1, $2) on conflict (name) do nothing";
const SHARED: &str = "select value from shared_secrets where name = $1";

pub(super) async fn ping(database: &Database) -> Result<(), StoreError> {
    database.connection().await?.execute(PING, &[]).await?;
    Ok(())
}

pub(super) async fn delete_expired(
    database: &Database,
    limit: usize,
    now: Timestamp,
) -> Result<Expired, StoreError> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let ended = database.connection().await?.execute(END_SESSIONS, &[&now, &limit]).await?;
    let messages = messages::forget_old(database, limit, now).await?;
    Ok(Expired { sessions: usize::try_from(ended).unwrap_or(usize::MAX), messages })
}

/// The value that all replicas have under this name: the first that was offered.
pub(super) async fn shared_secret(
    database: &Database,
    name: &str,
    offered: &[u8],
) -> Result<Vec<u8>, StoreError> {
    let mut connection = database.connection().await?;
    // Looked for first: a standby can tell it.
    let mut known = connection.query_opt(SHARED, &[&name]).await?;
    if known.is_none() {
        connection.execute(SHARE, &[&name, &offered]).await?;
        known = connection.query_opt(SHARED, &[&name]).await?;
    }
    Ok(known.ok_or(StoreError::NotFound)?.try_get(0)?)
}
