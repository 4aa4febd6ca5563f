//! Messages that came in: each is kept with its id, so that a repeated one changes nothing.

use jiff::{SignedDuration, Timestamp};
use redb::{ReadableTable, WriteTransaction};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::codec::encode;
use super::outbox;
use super::tables::{MESSAGES, MESSAGES_BY_END};
use crate::domain::InboundMessage;
use crate::store::{Accepted, StoreError};

/// A message with what became of it.
#[derive(Serialize, Deserialize)]
pub(super) struct MessageRecord {
    pub(super) message: InboundMessage,
    pub(super) received_at: Timestamp,
    /// The job that came of it.
    pub(super) job: Option<Uuid>,
}

/// How long the id of a finished message is remembered.
const KEPT: SignedDuration = SignedDuration::from_hours(30 * 24);

pub(super) fn accept(
    txn: &WriteTransaction,
    messages: Vec<InboundMessage>,
    now: Timestamp,
) -> Result<Vec<Accepted>, StoreError> {
    messages.into_iter().map(|message| accept_one(txn, message, now)).collect()
}

fn accept_one(
    txn: &WriteTransaction,
    message: InboundMessage,
    now: Timestamp,
) -> Result<Accepted, StoreError> {
    let mut messages = txn.open_table(MESSAGES)?;
    if messages.get(message.id.as_str())?.is_some() {
        return Ok(Accepted::Duplicate);
    }
    outbox::enqueue(txn, &message, now)?;
    let record = MessageRecord { message, received_at: now, job: None };
    messages.insert(record.message.id.as_str(), encode(&record)?.as_slice())?;
    Ok(Accepted::New)
}

/// Notes what became of a message; from now on it may be forgotten one day.
pub(super) fn finish(
    txn: &WriteTransaction,
    record: &MessageRecord,
    now: Timestamp,
) -> Result<(), StoreError> {
    let id = record.message.id.as_str();
    txn.open_table(MESSAGES)?.insert(id, encode(record)?.as_slice())?;
    txn.open_table(MESSAGES_BY_END)?.insert((now.as_microsecond(), id), ())?;
    Ok(())
}

/// Forgets up to `limit` messages that were finished long ago. Those still queued or given up stay.
pub(super) fn forget_old(txn: &WriteTransaction, limit: usize, now: Timestamp) -> Result<usize, StoreError> {
    let before = now.checked_sub(KEPT).unwrap_or(Timestamp::MIN).as_microsecond();
    let mut by_end = txn.open_table(MESSAGES_BY_END)?;
    let mut messages = txn.open_table(MESSAGES)?;
    let old: Vec<_> = by_end
        .range(..(before, ""))?
        .take(limit)
        .map(|entry| entry.map(|(key, _)| (key.value().0, key.value().1.to_owned())))
        .collect::<Result<_, _>>()?;
    for (end, id) in &old {
        by_end.remove((*end, id.as_str()))?;
        messages.remove(id.as_str())?;
    }
    Ok(old.len())
}
