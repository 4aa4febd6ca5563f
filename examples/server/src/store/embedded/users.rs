//! Users and sessions.

use jiff::Timestamp;
use redb::{ReadTransaction, ReadableTable, WriteTransaction};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::codec::{decode, encode};
use super::tables::{SESSIONS, SESSIONS_BY_END, USERS, USERS_BY_EMAIL, record};
use crate::domain::{Session, TokenHash, User};
use crate::store::{Conflict, StoreError};

/// A user as stored; the domain's has no `Serialize` on purpose.
#[derive(Serialize, Deserialize)]
struct UserRecord {
    id: Uuid,
    email: String,
    email_key: String,
    name: String,
    password_hash: String,
}

pub(super) fn create(txn: &WriteTransaction, user: User) -> Result<(), StoreError> {
    let mut by_email = txn.open_table(USERS_BY_EMAIL)?;
    if by_email.get(user.email_key.as_str())?.is_some() {
        return Err(Conflict::EmailTaken.into());
    }
    let User { id, email, email_key, name, password_hash } = user;
    let record = UserRecord { id, email, email_key, name, password_hash };
    txn.open_table(USERS)?.insert(id.as_u128(), encode(&record)?.as_slice())?;
    by_email.insert(record.email_key.as_str(), id.as_u128())?;
    Ok(())
}

pub(super) fn by_id(txn: &ReadTransaction, id: Uuid) -> Result<Option<User>, StoreError> {
    let Some(bytes) = record(txn, USERS, id)? else { return Ok(None) };
    let UserRecord { id, email, email_key, name, password_hash } = decode(&bytes)?;
    Ok(Some(User { id, email, email_key, name, password_hash }))
}

pub(super) fn by_email_key(txn: &ReadTransaction, email_key: &str) -> Result<Option<User>, StoreError> {
    let id = txn.open_table(USERS_BY_EMAIL)?.get(email_key)?.map(|id| id.value());
    id.map_or(Ok(None), |id| by_id(txn, Uuid::from_u128(id)))
}

pub(super) fn create_session(txn: &WriteTransaction, session: &Session) -> Result<(), StoreError> {
    let (hash, end) = (session.token_hash.as_bytes(), session.expires_at.as_microsecond());
    txn.open_table(SESSIONS)?.insert(hash, (session.user_id.as_u128(), end))?;
    txn.open_table(SESSIONS_BY_END)?.insert((end, hash), ())?;
    Ok(())
}

pub(super) fn session(
    txn: &ReadTransaction,
    token_hash: TokenHash,
    now: Timestamp,
) -> Result<Option<Session>, StoreError> {
    let stored = txn.open_table(SESSIONS)?.get(token_hash.as_bytes())?.map(|session| session.value());
    let Some((user, end)) = stored else { return Ok(None) };
    let expires_at = Timestamp::from_microsecond(end).map_err(StoreError::damaged)?;
    let session = Session { token_hash, user_id: Uuid::from_u128(user), expires_at };
    Ok(Some(session).filter(|session| session.is_live(now)))
}

/// Removes up to `limit` sessions that have ended.
pub(super) fn delete_ended(
    txn: &WriteTransaction,
    limit: usize,
    now: Timestamp,
) -> Result<usize, StoreError> {
    let mut by_end = txn.open_table(SESSIONS_BY_END)?;
    let mut sessions = txn.open_table(SESSIONS)?;
    let ended: Vec<_> = by_end
        .range(..(now.as_microsecond() + 1, &[0; 32]))?
        .take(limit)
        .map(|entry| entry.map(|(key, _)| (key.value().0, *key.value().1)))
        .collect::<Result<_, _>>()?;
    for (end, hash) in &ended {
        by_end.remove((*end, hash))?;
        sessions.remove(hash)?;
    }
    Ok(ended.len())
}
