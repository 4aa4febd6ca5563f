//! Dead letters: entries that were given up, kept until a person has looked at them.

use jiff::Timestamp;
use redb::{ReadTransaction, ReadableTable, ReadableTableMetadata, WriteTransaction};

use super::codec::{decode, encode};
use super::entry::{EntryRecord, lent, put, remove};
use super::tables::{DAMAGED, DEAD};
use crate::store::{DeadLetter, QueueEntry, StoreError};

pub(super) fn bury(
    txn: &WriteTransaction,
    entry: &QueueEntry,
    reason: &str,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let Some(mut record) = lent(txn, entry)? else { return Ok(false) };
    remove(txn, entry.id, &record)?;
    record.failures += 1;
    bury_record(txn, entry.id, record, reason, now)?;
    Ok(true)
}

pub(super) fn bury_record(
    txn: &WriteTransaction,
    id: u64,
    mut record: EntryRecord,
    reason: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    record.leased = false;
    record.end = Some((reason.to_owned(), now));
    txn.open_table(DEAD)?.insert(id, encode(&record)?.as_slice())?;
    Ok(())
}

/// How many there are, those included that can't be read.
pub(super) fn count(txn: &ReadTransaction) -> Result<u64, StoreError> {
    Ok(txn.open_table(DEAD)?.len()? + txn.open_table(DAMAGED)?.len()?)
}

pub(super) fn dead_letters(txn: &ReadTransaction, limit: usize) -> Result<Vec<DeadLetter>, StoreError> {
    let dead = txn.open_table(DEAD)?;
    let mut letters = Vec::new();
    for entry in dead.iter()?.take(limit) {
        let (id, bytes) = entry?;
        let EntryRecord { message, failures, end, enqueued_at, .. } = decode(bytes.value())?;
        let (reason, died_at) = end.unwrap_or_else(|| (String::new(), enqueued_at));
        letters.push(DeadLetter { id: id.value(), message, failures, reason, died_at });
    }
    Ok(letters)
}

pub(super) fn revive(txn: &WriteTransaction, id: u64, now: Timestamp) -> Result<(), StoreError> {
    let mut dead = txn.open_table(DEAD)?;
    let mut record: EntryRecord = match dead.get(id)? {
        Some(bytes) => decode(bytes.value())?,
        None => return Err(StoreError::NotFound),
    };
    dead.remove(id)?;
    // Deliveries go on counting: a worker from before must not take the new lease for its own.
    (record.failures, record.leased, record.end) = (0, false, None);
    record.due_at = now;
    put(txn, id, &record)
}
