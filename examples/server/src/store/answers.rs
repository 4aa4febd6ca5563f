//! What the store is asked with, and what it answers, beside the records themselves.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::domain::{InboundMessage, Job, JobStatus};

/// One page of a list, newest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// The items.
    pub items: Vec<T>,
    /// Where the next page starts; nothing on the last one.
    pub next: Option<PageKey>,
}

/// A place in a list: behind the item with this time and id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct PageKey {
    /// When that item was created.
    pub created_at: Timestamp,
    /// Its id, which decides between items of one instant.
    pub id: Uuid,
}

/// Which jobs to list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JobQuery {
    /// Only jobs with this status.
    pub status: Option<JobStatus>,
    /// Only what comes behind this place.
    pub after: Option<PageKey>,
    /// At most so many; 0 gives an empty last page.
    pub limit: usize,
}

/// A job after a request to change it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusChange {
    /// As it is now.
    pub job: Job,
    /// Whether this request changed it.
    pub changed: bool,
    /// Who owned it before this request; nobody while it was in the shared inbox, where all could see it.
    pub owner_before: Option<Uuid>,
}

/// What became of a message that came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Accepted {
    /// Stored, and queued in the same transaction.
    New,
    /// Its id is known already; nothing was changed.
    Duplicate,
}

/// A message to be worked on, lent until its lease ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueueEntry {
    /// The entry's number, unique for good.
    pub id: u64,
    /// What came in.
    pub message: InboundMessage,
    /// How often working on it failed so far.
    pub failures: u32,
    /// How often it was handed out, this time included; tells a late worker that it lost the lease.
    pub deliveries: u32,
    /// When it came in.
    pub enqueued_at: Timestamp,
}

/// To whom entries are lent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lending {
    /// To a worker: each time counts as a delivery.
    Delivery,
    /// To a queue that delivers by itself and may still have the entry: only the first time counts.
    HandOver,
}

/// The entries that are due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claimed {
    /// Yours until the lease ends.
    pub entries: Vec<QueueEntry>,
    /// When the next of the others is due.
    pub next_due: Option<Timestamp>,
}

/// What completing an entry did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Completed {
    /// The entry is gone, and the job (if there was one) stored, in one transaction.
    Done,
    /// Somebody completed it before: nothing was changed, the job was not stored.
    Already,
}

/// How long a queue is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct QueueDepth {
    /// Entries that wait or are being worked on.
    pub size: u64,
    /// When the oldest of them came in.
    pub oldest: Option<Timestamp>,
}

/// How long the queues are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct QueueStats {
    /// Everything but sound.
    pub jobs: QueueDepth,
    /// Voice messages.
    pub voice: QueueDepth,
    /// Given up, or not to be read any more; kept for a person to look at.
    pub dead: u64,
}

/// A message that was given up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadLetter {
    /// The entry's number.
    pub id: u64,
    /// What came in.
    pub message: InboundMessage,
    /// How often working on it failed.
    pub failures: u32,
    /// The last failure.
    pub reason: String,
    /// When it was given up.
    pub died_at: Timestamp,
}

/// What the housekeeping removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Expired {
    /// Sessions past their end.
    pub sessions: usize,
    /// Finished messages too old to be repeated by WhatsApp.
    pub messages: usize,
}

impl QueueDepth {
    /// How long the oldest entry has been waiting.
    #[must_use]
    pub fn oldest_age(&self, now: Timestamp) -> std::time::Duration {
        let age = self.oldest.map(|oldest| now.duration_since(oldest));
        age.and_then(|age| age.try_into().ok()).unwrap_or_default()
    }
}
