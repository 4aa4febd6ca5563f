//! The pool, and whether the tables are there.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use campotech::metrics::MeasuredPool;
use deadpool_postgres::{Manager, Pool, PoolError, TimeoutType, Timeouts};
use tokio::sync::Notify;
use tokio::time::timeout;
use tokio_postgres::Row;

use super::connection::{Connection, Params};
use crate::store::{StorageFault, StoreError};

/// Waiting for somebody else's connection.
const WAIT: Duration = Duration::from_secs(1);
/// Making one: TCP, TLS, log in; five or six round trips, also where each takes most of a second.
const CREATE: Duration = Duration::from_secs(5);
const RECYCLE: Duration = Duration::from_secs(1);
/// All of it, however many idle connections turn out to be dead.
const ACQUIRE: Duration = Duration::from_secs(6);

/// The pool of one database; a clone is a handle on the same one.
#[derive(Clone)]
pub(super) struct Database {
    pool: MeasuredPool<Manager>,
    migrated: Arc<AtomicBool>,
    migration: Arc<Notify>,
}

/// Why there is no connection, where no driver says so.
#[derive(Debug, thiserror::Error)]
pub(super) enum NoConnection {
    #[error("every connection is in use")]
    Saturated,
    #[error("no connection in time")]
    Timeout,
    #[error("the tables are not made yet")]
    NotMigrated,
    #[error("the pool is closed")]
    Closed,
    #[error("the pool is misconfigured")]
    Misconfigured,
}

impl Database {
    pub(super) fn new(pool: MeasuredPool<Manager>) -> Self {
        Self { pool, migrated: Arc::default(), migration: Arc::default() }
    }

    pub(super) const fn pool(&self) -> &Pool {
        self.pool.pool()
    }

    /// A connection to a database whose tables are there.
    pub(super) async fn connection(&self) -> Result<Connection, StoreError> {
        if !self.is_migrated() {
            return Err(StoreError::storage(StorageFault::NotReady, NoConnection::NotMigrated));
        }
        self.any_connection().await
    }

    /// The rows of a statement that may run twice: where its connection breaks, another one is tried once.
    pub(super) async fn query(&self, sql: &'static str, params: &Params<'_>) -> Result<Vec<Row>, StoreError> {
        match self.connection().await?.query(sql, params).await {
            Err(StoreError::Storage { fault: StorageFault::Unreachable, .. }) => {
                self.connection().await?.query(sql, params).await
            }
            answered => answered,
        }
    }

    /// The only row of such a statement, or none.
    pub(super) async fn query_opt(
        &self,
        sql: &'static str,
        params: &Params<'_>,
    ) -> Result<Option<Row>, StoreError> {
        Ok(self.query(sql, params).await?.into_iter().next())
    }

    /// A connection whatever the state of the tables.
    pub(super) async fn any_connection(&self) -> Result<Connection, StoreError> {
        let steps = Timeouts { wait: Some(WAIT), create: Some(CREATE), recycle: Some(RECYCLE) };
        match timeout(ACQUIRE, self.pool.timeout_get(&steps)).await {
            Ok(Ok(object)) => Ok(Connection::new(object, self.pool().clone())),
            Ok(Err(error)) => Err(refused(error)),
            Err(_) => Err(StoreError::storage(StorageFault::Timeout, NoConnection::Timeout)),
        }
    }

    pub(super) fn is_migrated(&self) -> bool {
        self.migrated.load(Ordering::Acquire)
    }

    pub(super) fn set_migrated(&self) {
        self.migrated.store(true, Ordering::Release);
        self.migration.notify_waiters();
    }

    /// Waits until the tables are there.
    pub(super) async fn migrated(&self) {
        let mut told = std::pin::pin!(self.migration.notified());
        loop {
            told.as_mut().enable();
            if self.is_migrated() {
                return;
            }
            told.as_mut().await;
            told.set(self.migration.notified());
        }
    }
}

fn refused(error: PoolError) -> StoreError {
    match error {
        PoolError::Backend(error) => error.into(),
        PoolError::Timeout(TimeoutType::Wait) => {
            StoreError::storage(StorageFault::Saturated, NoConnection::Saturated)
        }
        PoolError::Timeout(_) => StoreError::storage(StorageFault::Timeout, NoConnection::Timeout),
        PoolError::Closed => StoreError::storage(StorageFault::Unreachable, NoConnection::Closed),
        PoolError::NoRuntimeSpecified | PoolError::PostCreateHook(_) => {
            StoreError::storage(StorageFault::Refused, NoConnection::Misconfigured)
        }
    }
}

impl std::fmt::Debug for Database {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let migrated = self.is_migrated();
        f.debug_struct("Database").field("pool", &self.pool.status()).field("migrated", &migrated).finish()
    }
}
