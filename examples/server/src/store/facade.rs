//! The store as handlers and worker see it: one enum, a variant per place where data may live.

use std::time::Duration;

use jiff::Timestamp;
use uuid::Uuid;

use super::{
    Accepted, Claimed, Completed, DeadLetter, EmbeddedStore, Expired, JobQuery, Lending, Page, PageKey,
    PostgresStore, QueueEntry, QueueStats, StatusChange, StoreError,
};
use crate::domain::{Customer, InboundMessage, Job, JobStatus, Session, TokenHash, User};

/// The store; a clone is a handle on the same one.
///
/// Every method may fail with an outage ([`StoreError::is_outage`]); `# Errors` below names only what
/// else can happen. A change that was answered has been synced to the disk. A future that is dropped
/// takes nothing back: the change may still happen.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Store {
    /// One file in the data directory.
    Embedded(EmbeddedStore),
    /// A database that replicas share.
    Postgres(PostgresStore),
}

macro_rules! each {
    ($self:ident, $store:ident => $call:expr) => {
        match $self {
            Self::Embedded($store) => $call.await,
            Self::Postgres($store) => $call.await,
        }
    };
}

impl From<EmbeddedStore> for Store {
    fn from(store: EmbeddedStore) -> Self {
        Self::Embedded(store)
    }
}

impl From<PostgresStore> for Store {
    fn from(store: PostgresStore) -> Self {
        Self::Postgres(store)
    }
}

/// Users and sessions.
#[expect(clippy::missing_errors_doc, reason = "outages are described on the type")]
impl Store {
    /// Adds an account.
    ///
    /// # Errors
    /// [`Conflict::EmailTaken`](super::Conflict) when the address's key is in use.
    pub async fn create_user(&self, user: User) -> Result<(), StoreError> {
        each!(self, store => store.create_user(user))
    }

    /// The account with this address.
    pub async fn user_by_email_key(&self, email_key: &str) -> Result<Option<User>, StoreError> {
        each!(self, store => store.user_by_email_key(email_key))
    }

    /// Stores a login.
    pub async fn create_session(&self, session: Session) -> Result<(), StoreError> {
        each!(self, store => store.create_session(session))
    }

    /// The session of a token, unless it has ended.
    pub async fn session_by_token_hash(
        &self,
        hash: TokenHash,
        now: Timestamp,
    ) -> Result<Option<Session>, StoreError> {
        each!(self, store => store.session_by_token_hash(hash, now))
    }
}

/// Jobs and customers.
#[expect(clippy::missing_errors_doc, reason = "outages are described on the type")]
impl Store {
    /// Stores a new job.
    pub async fn create_job(&self, job: Job) -> Result<(), StoreError> {
        each!(self, store => store.create_job(job))
    }

    /// One job.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], also for somebody else's.
    pub async fn job(&self, viewer: Uuid, id: Uuid) -> Result<Job, StoreError> {
        each!(self, store => store.job(viewer, id))
    }

    /// Moves a job on, by the rules of [`Job::move_to`].
    ///
    /// # Errors
    /// [`StoreError::NotFound`], also for somebody else's; [`Conflict::Transition`](super::Conflict).
    pub async fn update_job_status(
        &self,
        viewer: Uuid,
        id: Uuid,
        status: JobStatus,
        now: Timestamp,
    ) -> Result<StatusChange, StoreError> {
        each!(self, store => store.update_job_status(viewer, id, status, now))
    }

    /// The viewer's own jobs and those of the shared inbox, newest first.
    pub async fn list_jobs(&self, viewer: Uuid, query: JobQuery) -> Result<Page<Job>, StoreError> {
        each!(self, store => store.list_jobs(viewer, query))
    }

    /// Stores a new customer.
    pub async fn create_customer(&self, customer: Customer) -> Result<(), StoreError> {
        each!(self, store => store.create_customer(customer))
    }

    /// One customer.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], also for somebody else's.
    pub async fn customer(&self, viewer: Uuid, id: Uuid) -> Result<Customer, StoreError> {
        each!(self, store => store.customer(viewer, id))
    }

    /// The viewer's customers, newest first.
    pub async fn list_customers(
        &self,
        viewer: Uuid,
        after: Option<PageKey>,
        limit: usize,
    ) -> Result<Page<Customer>, StoreError> {
        each!(self, store => store.list_customers(viewer, after, limit))
    }
}

/// Messages and the queue behind them.
#[expect(clippy::missing_errors_doc, reason = "outages are described on the type")]
impl Store {
    /// Stores and queues a message; id, payload and queue entry are one transaction.
    pub async fn accept_message(
        &self,
        message: InboundMessage,
        now: Timestamp,
    ) -> Result<Accepted, StoreError> {
        let accepted = self.accept_messages(vec![message], now).await?;
        accepted.first().copied().ok_or(StoreError::Closed)
    }

    /// Stores and queues all messages of one delivery in one transaction; answers in their order.
    pub async fn accept_messages(
        &self,
        messages: Vec<InboundMessage>,
        now: Timestamp,
    ) -> Result<Vec<Accepted>, StoreError> {
        each!(self, store => store.accept_messages(messages, now))
    }

    /// Waits until a message came in; one that came in since the last wait counts.
    pub async fn message_arrived(&self) {
        each!(self, store => store.message_arrived());
    }

    /// Borrows up to `limit` due entries for the time of `lease`, after which they are due again. One
    /// that can't be read is set aside as it is and counts as dead.
    pub async fn claim(&self, limit: usize, lease: Duration, now: Timestamp) -> Result<Claimed, StoreError> {
        each!(self, store => store.claim(limit, lease, Lending::Delivery, now))
    }

    /// As [`claim`](Self::claim), for a queue that delivers by itself: an entry whose lease ended, but which
    /// nobody put off or gave up, is the same delivery again.
    pub async fn hand_over(
        &self,
        limit: usize,
        lease: Duration,
        now: Timestamp,
    ) -> Result<Claimed, StoreError> {
        each!(self, store => store.claim(limit, lease, Lending::HandOver, now))
    }

    /// Ends an entry: stores the job that came of it and removes the entry in one transaction. Who
    /// comes second changes nothing, so the effect is there exactly once.
    pub async fn complete(
        &self,
        entry: &QueueEntry,
        job: Option<Job>,
        now: Timestamp,
    ) -> Result<Completed, StoreError> {
        each!(self, store => store.complete(entry, job, now))
    }

    /// Counts a failure and makes the entry due again at `not_before`. `false`: the lease was lost, and
    /// nothing was changed.
    pub async fn retry(&self, entry: &QueueEntry, not_before: Timestamp) -> Result<bool, StoreError> {
        each!(self, store => store.retry(entry, not_before))
    }

    /// Gives an entry up: it moves to the dead letters. `false`: the lease was lost, and nothing was
    /// changed.
    pub async fn bury(&self, entry: &QueueEntry, reason: &str, now: Timestamp) -> Result<bool, StoreError> {
        each!(self, store => store.bury(entry, reason, now))
    }

    /// The oldest dead letters.
    pub async fn dead_letters(&self, limit: usize) -> Result<Vec<DeadLetter>, StoreError> {
        each!(self, store => store.dead_letters(limit))
    }

    /// Queues a dead letter anew, with its failures forgotten.
    ///
    /// # Errors
    /// [`StoreError::NotFound`]
    pub async fn revive(&self, id: u64, now: Timestamp) -> Result<(), StoreError> {
        each!(self, store => store.revive(id, now))
    }

    /// How long the queues are.
    pub async fn queue_stats(&self) -> Result<QueueStats, StoreError> {
        each!(self, store => store.queue_stats())
    }
}

/// Upkeep.
#[expect(clippy::missing_errors_doc, reason = "outages are described on the type")]
impl Store {
    /// Proves that a change can be committed, by committing a tiny one.
    pub async fn ping(&self, now: Timestamp) -> Result<(), StoreError> {
        each!(self, store => store.ping(now))
    }

    /// Removes sessions that have ended, and finished messages older than 30 days (WhatsApp repeats a
    /// delivery for a week at most); up to `limit` of each.
    pub async fn delete_expired(&self, limit: usize, now: Timestamp) -> Result<Expired, StoreError> {
        each!(self, store => store.delete_expired(limit, now))
    }

    /// Ends what is queued, then frees the data directory. Calls after it fail with
    /// [`StoreError::Closed`].
    pub async fn close(&self) -> Result<(), StoreError> {
        each!(self, store => store.close())
    }
}
