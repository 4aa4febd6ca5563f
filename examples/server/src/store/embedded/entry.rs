//! An entry of the queue as stored, and the four tables it is in.

use jiff::Timestamp;
use redb::{ReadableTable, WriteTransaction};
use serde::{Deserialize, Serialize};

use super::codec::{decode, encode};
use super::tables::{ByTime, OUTBOX, OUTBOX_DUE, QUEUE_JOBS, QUEUE_VOICE};
use crate::domain::{InboundMessage, QueueName};
use crate::store::{QueueEntry, StoreError};

/// An entry as stored, also once it is given up. It holds the message, so that a claim reads one row.
#[derive(Serialize, Deserialize)]
pub(super) struct EntryRecord {
    pub(super) message: InboundMessage,
    pub(super) enqueued_at: Timestamp,
    pub(super) due_at: Timestamp,
    pub(super) failures: u32,
    pub(super) deliveries: u32,
    /// Lent out: due again when the lease ends.
    pub(super) leased: bool,
    /// Why it was given up, and when.
    pub(super) end: Option<(String, Timestamp)>,
}

pub(super) fn get(txn: &WriteTransaction, id: u64) -> Result<Option<EntryRecord>, StoreError> {
    txn.open_table(OUTBOX)?.get(id)?.map(|bytes| decode(bytes.value())).transpose()
}

/// The entry, if the lease is still the one that `entry` stands for.
pub(super) fn lent(txn: &WriteTransaction, entry: &QueueEntry) -> Result<Option<EntryRecord>, StoreError> {
    Ok(get(txn, entry.id)?.filter(|record| {
        record.leased && record.deliveries == entry.deliveries && record.message.id == entry.message.id
    }))
}

pub(super) fn put(txn: &WriteTransaction, id: u64, record: &EntryRecord) -> Result<(), StoreError> {
    txn.open_table(OUTBOX)?.insert(id, encode(record)?.as_slice())?;
    txn.open_table(OUTBOX_DUE)?.insert((record.due_at.as_microsecond(), id), ())?;
    txn.open_table(queue(record))?.insert((record.enqueued_at.as_microsecond(), id), ())?;
    Ok(())
}

pub(super) fn remove(txn: &WriteTransaction, id: u64, record: &EntryRecord) -> Result<(), StoreError> {
    txn.open_table(OUTBOX)?.remove(id)?;
    txn.open_table(OUTBOX_DUE)?.remove((record.due_at.as_microsecond(), id))?;
    txn.open_table(queue(record))?.remove((record.enqueued_at.as_microsecond(), id))?;
    Ok(())
}

const fn queue(record: &EntryRecord) -> ByTime {
    match record.message.queue() {
        QueueName::Jobs => QUEUE_JOBS,
        QueueName::Voice => QUEUE_VOICE,
    }
}
