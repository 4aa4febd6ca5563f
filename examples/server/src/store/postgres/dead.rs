//! Dead letters: entries that were given up, kept until a person has looked at them.

use jiff::Timestamp;
use tokio_postgres::types::Json;

use super::connection::Connection;
use super::database::Database;
use super::outbox::{count as number, key};
use crate::domain::InboundMessage;
use crate::store::{DeadLetter, QueueEntry, StoreError};

macro_rules! bury {
    ($which:literal, $failures:literal, $readable:literal) => {
        concat!(
            "with gone as (delete from outbox where id = $1 and ",
            $which,
            " returning id, message_id, queue, enqueued_at, failures, deliveries) \
             insert into dead_letters (id, message_id, queue, enqueued_at, failures, deliveries, reason, died_at, readable) \
             select id, message_id, queue, enqueued_at, ",
            $failures,
            ", deliveries, $2, $3, ",
            $readable,
            " from gone"
        )
    };
}
const BURY: &str = bury!("leased and deliveries = $4 and message_id = $5", "failures + 1", "true");
const BURY_WORN_OUT: &str = bury!("deliveries = $4", "failures", "true");
const SET_ASIDE: &str = bury!("true", "failures", "false");
const LETTERS: &str = "select dead_letters.id, message, failures, reason, died_at \
     from dead_letters join messages on messages.id = message_id where readable order by dead_letters.id limit $1";
const REVIVE: &str = "with back as (delete from dead_letters where id = $1 \
       returning id, message_id, queue, enqueued_at, deliveries) \
     insert into outbox (id, message_id, queue, enqueued_at, due_at, deliveries) overriding system value \
     select id, message_id, queue, enqueued_at, $2, deliveries from back";
const COUNT: &str = "select count(*) from (select 1 from dead_letters limit 100000) as counted";

pub(super) async fn bury(
    database: &Database,
    entry: &QueueEntry,
    reason: &str,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let mut connection = database.connection().await?;
    let (id, deliveries) = (key(entry.id), number(entry.deliveries));
    // PostgreSQL has no text with a NUL, and a reason may repeat anything.
    let reason = reason.replace('\0', "");
    Ok(connection.execute(BURY, &[&id, &reason, &now, &deliveries, &entry.message.id.as_str()]).await? == 1)
}

pub(super) async fn bury_worn_out(
    connection: &mut Connection,
    id: i64,
    deliveries: i32,
    now: Timestamp,
) -> Result<(), StoreError> {
    let reason = "handed out too often without an answer";
    connection.execute(BURY_WORN_OUT, &[&id, &reason, &now, &deliveries]).await?;
    Ok(())
}

/// Puts an entry that can't be read where it holds up nothing and stays as it is.
pub(super) async fn set_aside(
    connection: &mut Connection,
    id: i64,
    now: Timestamp,
) -> Result<(), StoreError> {
    connection.execute(SET_ASIDE, &[&id, &"can't be read", &now]).await?;
    Ok(())
}

/// How many there are, those included that can't be read.
pub(super) async fn count(connection: &mut Connection) -> Result<u64, StoreError> {
    let row = connection.query_opt(COUNT, &[]).await?;
    let count: i64 = row.map(|row| row.try_get(0)).transpose()?.unwrap_or(0);
    Ok(count.unsigned_abs())
}

pub(super) async fn letters(database: &Database, limit: usize) -> Result<Vec<DeadLetter>, StoreError> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let rows = database.connection().await?.query(LETTERS, &[&limit]).await?;
    rows.iter()
        .map(|row| {
            let Json(message): Json<InboundMessage> = row.try_get(1).map_err(StoreError::damaged)?;
            let (id, failures): (i64, i32) = (row.try_get(0)?, row.try_get(2)?);
            let (id, failures) = (id.unsigned_abs(), failures.unsigned_abs());
            Ok(DeadLetter { id, message, failures, reason: row.try_get(3)?, died_at: row.try_get(4)? })
        })
        .collect()
}

pub(super) async fn revive(database: &Database, id: u64, now: Timestamp) -> Result<(), StoreError> {
    match database.connection().await?.execute(REVIVE, &[&key(id), &now]).await? {
        0 => Err(StoreError::NotFound),
        _ => Ok(()),
    }
}
