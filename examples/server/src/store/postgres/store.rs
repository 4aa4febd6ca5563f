//! The PostgreSQL store: one line for each thing it can do.

use std::sync::Arc;
use std::time::Duration;

use campotech::metrics::MeasuredPool;
use deadpool_postgres::{Manager, Pool};
use jiff::Timestamp;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::database::Database;
use super::{customers, dead, housekeeping, jobs, messages, migrations, outbox, users};
use crate::domain::{Customer, InboundMessage, Job, JobStatus, Session, TokenHash, User};
use crate::store::{
    Accepted, Claimed, Completed, DeadLetter, Expired, JobQuery, Lending, Page, PageKey, QueueEntry,
    QueueStats, StatusChange, StoreError,
};

/// The store in a PostgreSQL database that replicas share; a clone is a handle on the same one.
///
/// It opens at once, whether or not the database is there: until its tables are made, every call fails with
/// [`StorageFault::NotReady`](crate::store::StorageFault::NotReady).
#[derive(Debug, Clone)]
pub struct PostgresStore {
    database: Database,
    arrivals: Arc<Notify>,
    stop: CancellationToken,
}

impl PostgresStore {
    /// Opens the store on a pool of [`DatabaseSettings`](super::DatabaseSettings), and makes its tables in the background as soon as
    /// the database answers.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    #[must_use]
    pub fn open(pool: MeasuredPool<Manager>) -> Self {
        let database = Database::new(pool);
        let stop = CancellationToken::new();
        tokio::spawn(migrations::until_done(database.clone(), stop.clone()));
        Self { database, arrivals: Arc::default(), stop }
    }

    /// The pool, for the health check.
    #[must_use]
    pub const fn pool(&self) -> &Pool {
        self.database.pool()
    }

    /// Whether the tables are there.
    #[must_use]
    pub fn is_migrated(&self) -> bool {
        self.database.is_migrated()
    }

    /// Waits until the tables are there.
    pub async fn migrated(&self) {
        self.database.migrated().await;
    }

    /// The value that all replicas have under this name: the first that was offered.
    ///
    /// # Errors
    /// An outage.
    pub async fn shared_secret(&self, name: &str, offered: &[u8]) -> Result<Vec<u8>, StoreError> {
        housekeeping::shared_secret(&self.database, name, offered).await
    }
}

/// What [`Store`](crate::store::Store) can do, in its order.
impl PostgresStore {
    pub(in crate::store) async fn create_user(&self, user: User) -> Result<(), StoreError> {
        users::create(&self.database, &user).await
    }

    pub(in crate::store) async fn user_by_email_key(&self, key: &str) -> Result<Option<User>, StoreError> {
        users::by_email_key(&self.database, key).await
    }

    pub(in crate::store) async fn create_session(&self, session: Session) -> Result<(), StoreError> {
        users::create_session(&self.database, &session).await
    }

    pub(in crate::store) async fn session_by_token_hash(
        &self,
        hash: TokenHash,
        now: Timestamp,
    ) -> Result<Option<Session>, StoreError> {
        users::session(&self.database, hash, now).await
    }

    pub(in crate::store) async fn create_job(&self, job: Job) -> Result<(), StoreError> {
        jobs::create(&self.database, &job).await
    }

    pub(in crate::store) async fn job(&self, viewer: Uuid, id: Uuid) -> Result<Job, StoreError> {
        jobs::get(&self.database, viewer, id).await
    }

    pub(in crate::store) async fn update_job_status(
        &self,
        viewer: Uuid,
        id: Uuid,
        status: JobStatus,
        now: Timestamp,
    ) -> Result<StatusChange, StoreError> {
        jobs::update_status(&self.database, viewer, id, status, now).await
    }

    pub(in crate::store) async fn list_jobs(
        &self,
        viewer: Uuid,
        query: JobQuery,
    ) -> Result<Page<Job>, StoreError> {
        jobs::list(&self.database, viewer, query).await
    }

    pub(in crate::store) async fn create_customer(&self, customer: Customer) -> Result<(), StoreError> {
        customers::create(&self.database, &customer).await
    }

    pub(in crate::store) async fn customer(&self, viewer: Uuid, id: Uuid) -> Result<Customer, StoreError> {
        customers::get(&self.database, viewer, id).await
    }

    pub(in crate::store) async fn list_customers(
        &self,
        viewer: Uuid,
        after: Option<PageKey>,
        limit: usize,
    ) -> Result<Page<Customer>, StoreError> {
        customers::list(&self.database, viewer, after, limit).await
    }

    pub(in crate::store) async fn accept_messages(
        &self,
        messages: Vec<InboundMessage>,
        now: Timestamp,
    ) -> Result<Vec<Accepted>, StoreError> {
        let accepted = messages::accept(&self.database, &messages, now).await?;
        // Also for those that are said to be known: they may be of this very call, on a connection that broke.
        self.arrivals.notify_one();
        Ok(accepted)
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
        outbox::claim(&self.database, limit, lease, lending, now).await
    }

    pub(in crate::store) async fn complete(
        &self,
        entry: &QueueEntry,
        job: Option<Job>,
        now: Timestamp,
    ) -> Result<Completed, StoreError> {
        outbox::complete(&self.database, entry, job.as_ref(), now).await
    }

    pub(in crate::store) async fn retry(
        &self,
        entry: &QueueEntry,
        not_before: Timestamp,
    ) -> Result<bool, StoreError> {
        outbox::retry(&self.database, entry, not_before).await
    }

    pub(in crate::store) async fn bury(
        &self,
        entry: &QueueEntry,
        reason: &str,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        dead::bury(&self.database, entry, reason, now).await
    }

    pub(in crate::store) async fn dead_letters(&self, limit: usize) -> Result<Vec<DeadLetter>, StoreError> {
        dead::letters(&self.database, limit).await
    }

    pub(in crate::store) async fn revive(&self, id: u64, now: Timestamp) -> Result<(), StoreError> {
        dead::revive(&self.database, id, now).await?;
        self.arrivals.notify_one();
        Ok(())
    }

    pub(in crate::store) async fn queue_stats(&self) -> Result<QueueStats, StoreError> {
        outbox::stats(&self.database).await
    }

    pub(in crate::store) async fn ping(&self, _now: Timestamp) -> Result<(), StoreError> {
        housekeeping::ping(&self.database).await
    }

    pub(in crate::store) async fn delete_expired(
        &self,
        limit: usize,
        now: Timestamp,
    ) -> Result<Expired, StoreError> {
        housekeeping::delete_expired(&self.database, limit, now).await
    }

    pub(in crate::store) async fn close(&self) -> Result<(), StoreError> {
        self.stop.cancel();
        self.database.pool().close();
        Ok(())
    }
}
