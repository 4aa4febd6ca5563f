//! The queue: entries wait, are lent for a while, and end in a job, in another try or given up.

use std::time::Duration;

use jiff::Timestamp;
use redb::{ReadTransaction, ReadableTable, ReadableTableMetadata, WriteTransaction};
use serde::{Deserialize, Serialize};

use super::codec::{decode, encode};
use super::tables::{ByTime, DEAD, OUTBOX, OUTBOX_DUE, QUEUE_JOBS, QUEUE_VOICE, next_sequence};
use super::{jobs, messages};
use crate::domain::{InboundMessage, Job, QueueName};
use crate::store::{Claimed, Completed, DeadLetter, QueueDepth, QueueEntry, QueueStats, StoreError};

/// An entry as stored, also once it is given up. It holds the message, so that a claim reads one row.
#[derive(Serialize, Deserialize)]
struct EntryRecord {
    message: InboundMessage,
    enqueued_at: Timestamp,
    due_at: Timestamp,
    failures: u32,
    deliveries: u32,
    /// Lent out: due again when the lease ends.
    leased: bool,
    /// Why it was given up, and when.
    end: Option<(String, Timestamp)>,
}

/// An entry that was handed out so often and never came back kills its worker: it is given up.
const MOST_DELIVERIES: u32 = 25;

pub(super) fn enqueue(
    txn: &WriteTransaction,
    message: &InboundMessage,
    now: Timestamp,
) -> Result<(), StoreError> {
    let (message, failures, deliveries) = (message.clone(), 0, 0);
    let record = EntryRecord {
        message,
        enqueued_at: now,
        due_at: now,
        failures,
        deliveries,
        leased: false,
        end: None,
    };
    put(txn, next_sequence(txn)?, &record)
}

/// Whether anything is due, and when the next entry is: costs no write while nothing is to be done.
pub(super) fn due(txn: &ReadTransaction, now: Timestamp) -> Result<(bool, Option<Timestamp>), StoreError> {
    let due = txn.open_table(OUTBOX_DUE)?;
    let first = due.first()?.map(|(key, _)| key.value().0);
    let next_due = first.map(Timestamp::from_microsecond).transpose().map_err(StoreError::damaged)?;
    Ok((next_due.is_some_and(|due| due <= now), next_due))
}

pub(super) fn claim(
    txn: &WriteTransaction,
    limit: usize,
    lease: Duration,
    now: Timestamp,
) -> Result<Claimed, StoreError> {
    let until = now.checked_add(lease).unwrap_or(Timestamp::MAX);
    let due: Vec<u64> = txn
        .open_table(OUTBOX_DUE)?
        .range(..=(now.as_microsecond(), u64::MAX))?
        .take(limit)
        .map(|entry| entry.map(|(key, _)| key.value().1))
        .collect::<Result<_, _>>()?;
    let mut entries = Vec::with_capacity(due.len());
    for id in due {
        let Some(mut record) = get(txn, id)? else { continue };
        remove(txn, id, &record)?;
        if record.deliveries >= MOST_DELIVERIES {
            bury_record(txn, id, record, "handed out too often without an answer", now)?;
            continue;
        }
        record.deliveries += 1;
        record.due_at = until;
        record.leased = true;
        put(txn, id, &record)?;
        let EntryRecord { message, failures, deliveries, enqueued_at, .. } = record;
        entries.push(QueueEntry { id, message, failures, deliveries, enqueued_at });
    }
    let first = txn.open_table(OUTBOX_DUE)?.first()?.map(|(key, _)| key.value().0);
    let next_due = first.map(Timestamp::from_microsecond).transpose().map_err(StoreError::damaged)?;
    Ok(Claimed { entries, next_due })
}

/// Who completes first wins, lease or not: the work is done.
pub(super) fn complete(
    txn: &WriteTransaction,
    entry: u64,
    job: Option<&Job>,
    now: Timestamp,
) -> Result<Completed, StoreError> {
    let Some(record) = get(txn, entry)? else { return Ok(Completed::Already) };
    remove(txn, entry, &record)?;
    messages::finish(txn, record.message.id.as_str(), job.map(|job| job.id), now)?;
    if let Some(job) = job {
        jobs::insert(txn, job)?;
    }
    Ok(Completed::Done)
}

pub(super) fn retry(
    txn: &WriteTransaction,
    entry: &QueueEntry,
    not_before: Timestamp,
) -> Result<bool, StoreError> {
    let Some(mut record) = lent(txn, entry)? else { return Ok(false) };
    remove(txn, entry.id, &record)?;
    record.failures += 1;
    record.due_at = not_before;
    record.leased = false;
    put(txn, entry.id, &record)?;
    Ok(true)
}

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

pub(super) fn stats(txn: &ReadTransaction) -> Result<QueueStats, StoreError> {
    let depth = |table: ByTime| -> Result<QueueDepth, StoreError> {
        let queue = txn.open_table(table)?;
        let oldest = queue.first()?.map(|(key, _)| Timestamp::from_microsecond(key.value().0));
        Ok(QueueDepth { size: queue.len()?, oldest: oldest.transpose().map_err(StoreError::damaged)? })
    };
    let dead = txn.open_table(DEAD)?.len()?;
    Ok(QueueStats { jobs: depth(QUEUE_JOBS)?, voice: depth(QUEUE_VOICE)?, dead })
}

/// Whoever held a lease before this process started is gone: its entries are due at once.
pub(super) fn end_leases(txn: &WriteTransaction, now: Timestamp) -> Result<(), StoreError> {
    let mut leased = Vec::new();
    for entry in txn.open_table(OUTBOX)?.iter()? {
        let (id, bytes) = entry?;
        let record: EntryRecord = decode(bytes.value())?;
        if record.leased {
            leased.push((id.value(), record));
        }
    }
    for (id, mut record) in leased {
        remove(txn, id, &record)?;
        record.due_at = now;
        record.leased = false;
        put(txn, id, &record)?;
    }
    Ok(())
}

fn get(txn: &WriteTransaction, id: u64) -> Result<Option<EntryRecord>, StoreError> {
    txn.open_table(OUTBOX)?.get(id)?.map(|bytes| decode(bytes.value())).transpose()
}

/// The entry, if the lease is still the one that `entry` stands for.
fn lent(txn: &WriteTransaction, entry: &QueueEntry) -> Result<Option<EntryRecord>, StoreError> {
    Ok(get(txn, entry.id)?.filter(|record| record.leased && record.deliveries == entry.deliveries))
}

fn put(txn: &WriteTransaction, id: u64, record: &EntryRecord) -> Result<(), StoreError> {
    txn.open_table(OUTBOX)?.insert(id, encode(record)?.as_slice())?;
    txn.open_table(OUTBOX_DUE)?.insert((record.due_at.as_microsecond(), id), ())?;
    txn.open_table(queue(record))?.insert((record.enqueued_at.as_microsecond(), id), ())?;
    Ok(())
}

fn remove(txn: &WriteTransaction, id: u64, record: &EntryRecord) -> Result<(), StoreError> {
    txn.open_table(OUTBOX)?.remove(id)?;
    txn.open_table(OUTBOX_DUE)?.remove((record.due_at.as_microsecond(), id))?;
    txn.open_table(queue(record))?.remove((record.enqueued_at.as_microsecond(), id))?;
    Ok(())
}

fn bury_record(
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

const fn queue(record: &EntryRecord) -> ByTime {
    match record.message.queue() {
        QueueName::Jobs => QUEUE_JOBS,
        QueueName::Voice => QUEUE_VOICE,
    }
}
