//! The tables. Times are microseconds since 1970; ids are UUIDs as numbers, which sort like their text.

use redb::{ReadTransaction, ReadableTable, TableDefinition, WriteTransaction};
use uuid::Uuid;

use crate::store::{PageKey, StoreError};

/// A record in JSON, by id.
pub(super) type Records = TableDefinition<'static, u128, &'static [u8]>;
/// Who, when created, which.
pub(super) type ByOwner = TableDefinition<'static, (u128, i64, u128), ()>;
/// When, which queue entry.
pub(super) type ByTime = TableDefinition<'static, (i64, u64), ()>;

pub(super) const META: TableDefinition<'static, &str, u64> = TableDefinition::new("meta");
pub(super) const HEARTBEAT: TableDefinition<'static, (), i64> = TableDefinition::new("heartbeat");

pub(super) const USERS: Records = TableDefinition::new("users");
pub(super) const USERS_BY_EMAIL: TableDefinition<'static, &str, u128> =
    TableDefinition::new("users_by_email");
pub(super) const SESSIONS: TableDefinition<'static, &[u8; 32], (u128, i64)> =
    TableDefinition::new("sessions");
pub(super) const SESSIONS_BY_END: TableDefinition<'static, (i64, &[u8; 32]), ()> =
    TableDefinition::new("sessions_by_end");

pub(super) const JOBS: Records = TableDefinition::new("jobs");
/// Owner (or [`INBOX`]), status, when created, which: a list is a merge of a few exact ranges.
pub(super) const JOBS_BY_OWNER: TableDefinition<'static, (u128, u8, i64, u128), ()> =
    TableDefinition::new("jobs_by_owner");
pub(super) const CUSTOMERS: Records = TableDefinition::new("customers");
pub(super) const CUSTOMERS_BY_OWNER: ByOwner = TableDefinition::new("customers_by_owner");

pub(super) const MESSAGES: TableDefinition<'static, &str, &[u8]> = TableDefinition::new("messages");
pub(super) const MESSAGES_BY_END: TableDefinition<'static, (i64, &str), ()> =
    TableDefinition::new("messages_by_end");
pub(super) const OUTBOX: TableDefinition<'static, u64, &[u8]> = TableDefinition::new("outbox");
pub(super) const OUTBOX_DUE: ByTime = TableDefinition::new("outbox_due");
pub(super) const QUEUE_JOBS: ByTime = TableDefinition::new("queue_jobs");
pub(super) const QUEUE_VOICE: ByTime = TableDefinition::new("queue_voice");
pub(super) const DEAD: TableDefinition<'static, u64, &[u8]> = TableDefinition::new("dead_letters");
/// Queue entries that can't be decoded, byte for byte as they were.
pub(super) const DAMAGED: TableDefinition<'static, u64, &[u8]> = TableDefinition::new("damaged");

/// Stands for "no owner" in the index; no user has the nil UUID.
pub(super) const INBOX: u128 = 0;

/// The layout described above.
pub(super) const FORMAT: u64 = 1;
const FORMAT_KEY: &str = "format";
const SEQUENCE_KEY: &str = "outbox_sequence";

/// Makes all tables, so that reads find them. The format it found, when it is not [`FORMAT`].
pub(super) fn prepare(txn: &WriteTransaction) -> Result<Option<u64>, StoreError> {
    let mut meta = txn.open_table(META)?;
    let found = meta.get(FORMAT_KEY)?.map(|format| format.value());
    match found {
        Some(FORMAT) => {}
        Some(other) => return Ok(Some(other)),
        None => drop(meta.insert(FORMAT_KEY, FORMAT)?),
    }
    txn.open_table(HEARTBEAT)?;
    txn.open_table(USERS)?;
    txn.open_table(USERS_BY_EMAIL)?;
    txn.open_table(SESSIONS)?;
    txn.open_table(SESSIONS_BY_END)?;
    txn.open_table(JOBS)?;
    txn.open_table(JOBS_BY_OWNER)?;
    txn.open_table(CUSTOMERS)?;
    txn.open_table(CUSTOMERS_BY_OWNER)?;
    txn.open_table(MESSAGES)?;
    txn.open_table(MESSAGES_BY_END)?;
    txn.open_table(OUTBOX)?;
    txn.open_table(OUTBOX_DUE)?;
    txn.open_table(QUEUE_JOBS)?;
    txn.open_table(QUEUE_VOICE)?;
    txn.open_table(DEAD)?;
    txn.open_table(DAMAGED)?;
    Ok(None)
}

/// The next number of a queue entry; numbers are never used twice.
pub(super) fn next_sequence(txn: &WriteTransaction) -> Result<u64, StoreError> {
    let mut meta = txn.open_table(META)?;
    let next = meta.get(SEQUENCE_KEY)?.map_or(0, |last| last.value()) + 1;
    meta.insert(SEQUENCE_KEY, next)?;
    Ok(next)
}

/// The record with this id, as bytes.
pub(super) fn record(txn: &ReadTransaction, table: Records, id: Uuid) -> Result<Option<Vec<u8>>, StoreError> {
    Ok(txn.open_table(table)?.get(id.as_u128())?.map(|bytes| bytes.value().to_vec()))
}

/// Where a list goes on: everything strictly below this belongs to the page.
pub(super) fn upper_end(after: Option<PageKey>) -> (i64, u128) {
    after.map_or((i64::MAX, u128::MAX), |key| (key.created_at.as_microsecond(), key.id.as_u128()))
}
