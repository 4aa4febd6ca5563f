//! The queue: entries wait, are lent for a while, and end in a job, in another try or given up.

use std::collections::HashSet;
use std::time::Duration;

use jiff::Timestamp;
use redb::{ReadTransaction, ReadableTable, ReadableTableMetadata, WriteTransaction};

use super::codec::decode;
use super::entry::{EntryRecord, get, lent, put, remove};
use super::messages::MessageRecord;
use super::tables::{ByTime, OUTBOX, OUTBOX_DUE, QUEUE_JOBS, QUEUE_VOICE, next_sequence};
use super::{damaged, dead, jobs, messages};
use crate::domain::{InboundMessage, Job};
use crate::store::{Claimed, Completed, Lending, QueueDepth, QueueEntry, QueueStats, StoreError};

/// An entry that was handed out so often and never came back kills its worker: it is given up. One that was revived has as
/// many deliveries again; they go on counting, so that a worker from before can't take the new lease for its own.
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
    let next_due = oldest(&txn.open_table(OUTBOX_DUE)?)?;
    Ok((next_due.is_some_and(|due| due <= now), next_due))
}

/// Lends what is due; what can't be read is set aside and holds up nothing.
pub(super) fn claim(
    txn: &WriteTransaction,
    limit: usize,
    lease: Duration,
    lending: Lending,
    now: Timestamp,
) -> Result<Claimed, StoreError> {
    let until = now.checked_add(lease).unwrap_or(Timestamp::MAX);
    let due: Vec<(i64, u64)> = txn
        .open_table(OUTBOX_DUE)?
        .range(..=(now.as_microsecond(), u64::MAX))?
        .take(limit)
        .map(|entry| entry.map(|(key, _)| key.value()))
        .collect::<Result<_, _>>()?;
    let mut entries = Vec::with_capacity(due.len());
    let mut unreadable = HashSet::new();
    for key in due {
        // Not by what the record says: a key that stays behind would be due for ever.
        txn.open_table(OUTBOX_DUE)?.remove(key)?;
        let id = key.1;
        let mut record = match get(txn, id) {
            Ok(Some(record)) => record,
            // Only the indexes know of it.
            Ok(None) => {
                unreadable.insert(id);
                continue;
            }
            Err(error) if error.ends_transaction() => return Err(error),
            Err(error) => {
                damaged::log(id, &error);
                unreadable.insert(id);
                continue;
            }
        };
        remove(txn, id, &record)?;
        let deliveries = record.deliveries + u32::from(lending == Lending::Delivery || !record.leased);
        if deliveries.is_multiple_of(MOST_DELIVERIES + 1) && deliveries > record.deliveries {
            record.deliveries = deliveries;
            dead::bury_record(txn, id, record, "handed out too often without an answer", now)?;
            continue;
        }
        record.deliveries = deliveries;
        record.due_at = until;
        record.leased = true;
        put(txn, id, &record)?;
        let EntryRecord { message, failures, deliveries, enqueued_at, .. } = record;
        entries.push(QueueEntry { id, message, failures, deliveries, enqueued_at });
    }
    damaged::set_aside(txn, &unreadable)?;
    let next_due = oldest(&txn.open_table(OUTBOX_DUE)?)?;
    Ok(Claimed { entries, next_due })
}

/// Who completes first wins, lease or not: the work is done.
pub(super) fn complete(
    txn: &WriteTransaction,
    entry: &QueueEntry,
    job: Option<&Job>,
    now: Timestamp,
) -> Result<Completed, StoreError> {
    // By the message too: a number alone may be one of a file that was here before.
    let same = |record: &EntryRecord| record.message.id == entry.message.id;
    let Some(record) = get(txn, entry.id)?.filter(same) else { return Ok(Completed::Already) };
    remove(txn, entry.id, &record)?;
    let EntryRecord { message, enqueued_at, .. } = record;
    let finished = MessageRecord { message, received_at: enqueued_at, job: job.map(|job| job.id) };
    messages::finish(txn, &finished, now)?;
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

pub(super) fn stats(txn: &ReadTransaction) -> Result<QueueStats, StoreError> {
    let depth = |table: ByTime| -> Result<QueueDepth, StoreError> {
        let queue = txn.open_table(table)?;
        Ok(QueueDepth { size: queue.len()?, oldest: oldest(&queue)? })
    };
    Ok(QueueStats { jobs: depth(QUEUE_JOBS)?, voice: depth(QUEUE_VOICE)?, dead: dead::count(txn)? })
}

/// Whoever held a lease before this process started is gone: its entries are due at once. What can't be
/// read is set aside, so that the start doesn't fail for it.
pub(super) fn end_leases(txn: &WriteTransaction, now: Timestamp) -> Result<(), StoreError> {
    let (mut leased, mut unreadable) = (Vec::new(), HashSet::new());
    for entry in txn.open_table(OUTBOX)?.iter()? {
        let (id, bytes) = entry?;
        match decode::<EntryRecord>(bytes.value()) {
            Ok(record) if record.leased => leased.push((id.value(), record)),
            Ok(_) => {}
            Err(error) => {
                damaged::log(id.value(), &error);
                unreadable.insert(id.value());
            }
        }
    }
    damaged::set_aside(txn, &unreadable)?;
    for (id, mut record) in leased {
        remove(txn, id, &record)?;
        record.due_at = now;
        record.leased = false;
        put(txn, id, &record)?;
    }
    Ok(())
}

/// The first time in the index. Every number is some time, so that a damaged one is no outage.
fn oldest(index: &impl ReadableTable<(i64, u64), ()>) -> Result<Option<Timestamp>, StoreError> {
    let first = index.first()?.map(|(key, _)| key.value().0);
    let (earliest, latest) = (Timestamp::MIN.as_microsecond(), Timestamp::MAX.as_microsecond());
    Ok(first.map(|at| Timestamp::from_microsecond(at.clamp(earliest, latest)).unwrap_or(Timestamp::MIN)))
}
