//! A connection that is lent for a statement or a few, and never goes back with one still under way.

use std::time::Duration;

use deadpool_postgres::{Object, Pool};
use tokio::time::timeout;
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;
use tracing::Instrument;

use super::error::NoAnswer;
use crate::store::{StorageFault, StoreError};
use crate::telemetry::statement;

/// The time for one statement, its first preparation included.
const STATEMENT: Duration = Duration::from_secs(3);
/// The time for a statement whose caller went away, before its connection is given up.
const LEFT_BEHIND: Duration = Duration::from_secs(3);

pub(super) type Params<'a> = [&'a (dyn ToSql + Sync)];

/// A connection of the pool.
///
/// Dropped with a statement under way, it would go back to the pool, and the next caller would wait behind a
/// statement that nobody wants any more: so the rest is waited for first, or the connection closed.
pub(super) struct Connection {
    object: Option<Object>,
    pool: Pool,
    under_way: bool,
}

impl Connection {
    pub(super) const fn new(object: Object, pool: Pool) -> Self {
        Self { object: Some(object), pool, under_way: false }
    }

    /// The rows of a statement, which is prepared once on each connection.
    pub(super) async fn query(
        &mut self,
        sql: &'static str,
        params: &Params<'_>,
    ) -> Result<Vec<Row>, StoreError> {
        self.within(STATEMENT, async |object| {
            let prepared = object.prepare_cached(sql).await?;
            object.query(&prepared, params).await
        })
        .instrument(statement(sql))
        .await
    }

    /// The only row of a statement, or none.
    pub(super) async fn query_opt(
        &mut self,
        sql: &'static str,
        params: &Params<'_>,
    ) -> Result<Option<Row>, StoreError> {
        Ok(self.query(sql, params).await?.into_iter().next())
    }

    /// How many rows a statement touched.
    pub(super) async fn execute(
        &mut self,
        sql: &'static str,
        params: &Params<'_>,
    ) -> Result<u64, StoreError> {
        self.within(STATEMENT, async |object| {
            let prepared = object.prepare_cached(sql).await?;
            object.execute(&prepared, params).await
        })
        .instrument(statement(sql))
        .await
    }

    /// Several statements as they stand, without parameters.
    pub(super) async fn batch(&mut self, sql: &str, deadline: Duration) -> Result<(), StoreError> {
        self.within(deadline, async |object| object.batch_execute(sql).await).await
    }

    async fn within<T>(
        &mut self,
        deadline: Duration,
        work: impl AsyncFnOnce(&Object) -> Result<T, tokio_postgres::Error>,
    ) -> Result<T, StoreError> {
        let Some(object) = &self.object else {
            return Err(StoreError::storage(StorageFault::Unreachable, NoAnswer));
        };
        self.under_way = true;
        match timeout(deadline, work(object)).await {
            Ok(Ok(value)) => {
                self.under_way = false;
                Ok(value)
            }
            Ok(Err(error)) => {
                self.under_way = false;
                let error = StoreError::from(error);
                if outlived(&error) {
                    self.discard();
                }
                Err(error)
            }
            Err(_) => {
                self.discard();
                Err(StoreError::storage(StorageFault::Timeout, NoAnswer))
            }
        }
    }

    /// Closes this connection, and those that lie idle: they lead to the same server or network, and new ones tell how
    /// it is.
    fn discard(&mut self) {
        if let Some(object) = self.object.take() {
            drop(Object::take(object));
        }
        self.pool.retain(|_, _| false);
    }
}

/// Whether the connection leads to a server that can't be used any more, such as a primary that became a standby.
const fn outlived(error: &StoreError) -> bool {
    matches!(
        error,
        StoreError::Storage {
            fault: StorageFault::ReadOnly | StorageFault::Unreachable | StorageFault::NotReady,
            ..
        }
    )
}

impl Drop for Connection {
    fn drop(&mut self) {
        let Some(object) = self.object.take() else { return };
        if !self.under_way {
            return;
        }
        let Ok(runtime) = tokio::runtime::Handle::try_current() else {
            drop(Object::take(object));
            return;
        };
        runtime.spawn(async move {
            // Answers come in order: this one comes when the statement has ended.
            let ended = timeout(LEFT_BEHIND, object.check_connection()).await;
            if !matches!(ended, Ok(Ok(()))) {
                drop(Object::take(object));
            }
        });
    }
}
