//! The embedded store: one line for each thing it can do.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use redb::{ReadTransaction, WriteTransaction};
use tokio::sync::Notify;
use uuid::Uuid;

use super::slot::DatabaseSlot;
use super::writer::Writer;
use super::{customers, dead, housekeeping, jobs, messages, outbox, users};
use crate::domain::{Customer, InboundMessage, Job, JobStatus, Session, TokenHash, User};
use crate::store::{
    Accepted, Claimed, Completed, DeadLetter, Expired, JobQuery, Lending, Page, PageKey, QueueEntry,
    QueueStats, StatusChange, StoreError,
};

/// The store in one file of the data directory; a clone is a handle on the same one.
///
/// Reads run beside the async workers and see the last commit. Changes go to one writer thread, which
/// commits all that wait in one transaction and answers after the disk has confirmed it.
#[derive(Debug, Clone)]
pub struct EmbeddedStore {
    pub(super) slot: Arc<DatabaseSlot>,
    pub(super) writer: Writer,
    pub(super) arrivals: Arc<Notify>,
}

impl EmbeddedStore {
    pub(super) async fn read<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&ReadTransaction) -> Result<T, StoreError> + Send + 'static,
    {
        let slot = Arc::clone(&self.slot);
        let task = tokio::task::spawn_blocking(move || work(&slot.begin_read()?));
        task.await.map_err(|_| StoreError::Closed)?
    }

    pub(super) async fn write<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&WriteTransaction) -> Result<T, StoreError> + Send + 'static,
    {
        self.writer.submit(work, |_| ()).await
    }
}

/// What [`Store`](crate::store::Store) can do, in its order.
impl EmbeddedStore {
    pub(in crate::store) async fn create_user(&self, user: User) -> Result<(), StoreError> {
        self.write(move |txn| users::create(txn, user)).await
    }

    pub(in crate::store) async fn user_by_email_key(&self, key: &str) -> Result<Option<User>, StoreError> {
        let key = key.to_owned();
        self.read(move |txn| users::by_email_key(txn, &key)).await
    }

    pub(in crate::store) async fn create_session(&self, session: Session) -> Result<(), StoreError> {
        self.write(move |txn| users::create_session(txn, &session)).await
    }

    pub(in crate::store) async fn session_by_token_hash(
        &self,
        hash: TokenHash,
        now: Timestamp,
    ) -> Result<Option<Session>, StoreError> {
        self.read(move |txn| users::session(txn, hash, now)).await
    }

    pub(in crate::store) async fn create_job(&self, job: Job) -> Result<(), StoreError> {
        self.write(move |txn| jobs::insert(txn, &job)).await
    }

    pub(in crate::store) async fn job(&self, viewer: Uuid, id: Uuid) -> Result<Job, StoreError> {
        self.read(move |txn| jobs::get(txn, viewer, id)).await
    }

    pub(in crate::store) async fn update_job_status(
        &self,
        viewer: Uuid,
        id: Uuid,
        status: JobStatus,
        now: Timestamp,
    ) -> Result<StatusChange, StoreError> {
        self.write(move |txn| jobs::update_status(txn, viewer, id, status, now)).await
    }

    pub(in crate::store) async fn list_jobs(
        &self,
        viewer: Uuid,
        query: JobQuery,
    ) -> Result<Page<Job>, StoreError> {
        self.read(move |txn| jobs::list(txn, viewer, query)).await
    }

    pub(in crate::store) async fn create_customer(&self, customer: Customer) -> Result<(), StoreError> {
        self.write(move |txn| customers::insert(txn, &customer)).await
    }

    pub(in crate::store) async fn customer(&self, viewer: Uuid, id: Uuid) -> Result<Customer, StoreError> {
        self.read(move |txn| customers::get(txn, viewer, id)).await
    }

    pub(in crate::store) async fn list_customers(
        &self,
        viewer: Uuid,
        after: Option<PageKey>,
        limit: usize,
    ) -> Result<Page<Customer>, StoreError> {
        self.read(move |txn| customers::list(txn, viewer, after, limit)).await
    }

    pub(in crate::store) async fn accept_messages(
        &self,
        messages: Vec<InboundMessage>,
        now: Timestamp,
    ) -> Result<Vec<Accepted>, StoreError> {
        let arrivals = Arc::clone(&self.arrivals);
        let wake = move |accepted: &Vec<Accepted>| {
            if accepted.contains(&Accepted::New) {
                arrivals.notify_one();
            }
        };
        self.writer.submit(move |txn| messages::accept(txn, messages, now), wake).await
    }

    pub(in crate::store) async fn message_arrived(&self) {
        self.arrivals.notified().await;
    }

    pub(in crate::store) async fn claim(
        &self,
        limit: usize,
        lease: Duration,
        lending: Lending,
        now: Timestamp,
    ) -> Result<Claimed, StoreError> {
        let (any, next_due) = self.read(move |txn| outbox::due(txn, now)).await?;
        if !any {
            return Ok(Claimed { entries: Vec::new(), next_due });
        }
        self.write(move |txn| outbox::claim(txn, limit, lease, lending, now)).await
    }

    pub(in crate::store) async fn complete(
        &self,
        entry: &QueueEntry,
        job: Option<Job>,
        now: Timestamp,
    ) -> Result<Completed, StoreError> {
        let entry = entry.clone();
        self.write(move |txn| outbox::complete(txn, &entry, job.as_ref(), now)).await
    }

    pub(in crate::store) async fn retry(
        &self,
        entry: &QueueEntry,
        not_before: Timestamp,
    ) -> Result<bool, StoreError> {
        let entry = entry.clone();
        self.write(move |txn| outbox::retry(txn, &entry, not_before)).await
    }

    pub(in crate::store) async fn bury(
        &self,
        entry: &QueueEntry,
        reason: &str,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let (entry, reason) = (entry.clone(), reason.to_owned());
        self.write(move |txn| dead::bury(txn, &entry, &reason, now)).await
    }

    pub(in crate::store) async fn dead_letters(&self, limit: usize) -> Result<Vec<DeadLetter>, StoreError> {
        self.read(move |txn| dead::dead_letters(txn, limit)).await
    }

    pub(in crate::store) async fn revive(&self, id: u64, now: Timestamp) -> Result<(), StoreError> {
        let arrivals = Arc::clone(&self.arrivals);
        self.writer.submit(move |txn| dead::revive(txn, id, now), move |()| arrivals.notify_one()).await
    }

    pub(in crate::store) async fn queue_stats(&self) -> Result<QueueStats, StoreError> {
        self.read(outbox::stats).await
    }

    pub(in crate::store) async fn ping(&self, now: Timestamp) -> Result<(), StoreError> {
        self.write(move |txn| housekeeping::beat(txn, now)).await
    }

    pub(in crate::store) async fn delete_expired(
        &self,
        limit: usize,
        now: Timestamp,
    ) -> Result<Expired, StoreError> {
        self.write(move |txn| housekeeping::delete_expired(txn, limit, now)).await
    }

    pub(in crate::store) async fn close(&self) -> Result<(), StoreError> {
        self.writer.close().await
    }
}
