//! A deadpool pool whose callers are measured.

use std::fmt;
use std::time::Instant;

use deadpool::Status;
use deadpool::managed::{Manager, Object, Pool, PoolError, Timeouts};

use super::{PoolMetrics, PoolState};
use crate::{ConfigError, Metrics};

/// A pool that tells `db_pool_acquire_seconds` and `db_pool_timeouts_total` what its callers go through. Clones are of the same pool.
///
/// A caller that was given a connection is in the first, one that met a timeout of the pool in the second. So is one that stops
/// waiting, because of a deadline around the call or because its client went away: with only the pool's own timeouts, a pool that
/// starves its callers looks idle to whoever has deadlines of their own. Other errors are in neither. What is taken from
/// [`pool`](Self::pool) directly is not measured.
pub struct MeasuredPool<M: Manager, W: From<Object<M>> = Object<M>> {
    pool: Pool<M, W>,
    metrics: PoolMetrics,
}

/// A caller that waits; dropped before it has an answer, it gave up.
struct Waiting<'a> {
    metrics: &'a PoolMetrics,
    since: Instant,
    answered: bool,
}

impl Metrics {
    /// Shows `pool` as `db_pool_*{pool="<name>"}`, and hands it back so that its callers are measured.
    ///
    /// ```
    /// # use deadpool::managed::{Manager, Metrics as Uses, RecycleResult};
    /// # struct Lines;
    /// # impl Manager for Lines {
    /// #     type Type = ();
    /// #     type Error = std::convert::Infallible;
    /// #     async fn create(&self) -> Result<(), Self::Error> { Ok(()) }
    /// #     async fn recycle(&self, (): &mut (), _: &Uses) -> RecycleResult<Self::Error> { Ok(()) }
    /// # }
    /// use campotech_metrics::Metrics;
    /// use deadpool::managed::Pool;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let metrics = Metrics::builder("field-service", "1.4.0").build()?;
    /// // `Lines` is a `Manager`, as is deadpool-postgres'.
    /// let pool: Pool<Lines> = Pool::builder(Lines).max_size(8).build()?;
    /// let pool = metrics.measure_pool("main", pool)?;
    ///
    /// let connection = pool.get().await?;
    /// let text = metrics.render_text();
    /// assert!(text.contains("db_pool_connections{pool=\"main\",state=\"used\"} 1\n"));
    /// assert!(text.contains("db_pool_acquire_seconds_count{pool=\"main\"} 1\n"));
    /// # drop(connection);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// A pool of this name is shown already.
    pub fn measure_pool<M, W>(&self, name: &str, pool: Pool<M, W>) -> Result<MeasuredPool<M, W>, ConfigError>
    where
        M: Manager + 'static,
        W: From<Object<M>> + 'static,
    {
        let watched = pool.clone();
        let metrics = self.watch_pool(name, move || watched.status().into())?;
        Ok(MeasuredPool { pool, metrics })
    }
}

impl<M: Manager, W: From<Object<M>>> MeasuredPool<M, W> {
    /// A connection, within the timeouts that the pool was built with.
    ///
    /// # Errors
    /// As the pool's own `get`.
    pub async fn get(&self) -> Result<W, PoolError<M::Error>> {
        self.timeout_get(&self.pool.timeouts()).await
    }

    /// A connection, within these timeouts.
    ///
    /// # Errors
    /// As the pool's own `timeout_get`.
    pub async fn timeout_get(&self, timeouts: &Timeouts) -> Result<W, PoolError<M::Error>> {
        let waiting = Waiting { metrics: &self.metrics, since: Instant::now(), answered: false };
        let answer = self.pool.timeout_get(timeouts).await;
        waiting.end(&answer);
        answer
    }

    /// The pool itself, whose callers are not measured.
    #[must_use]
    pub const fn pool(&self) -> &Pool<M, W> {
        &self.pool
    }

    /// What the pool holds now.
    #[must_use]
    pub fn status(&self) -> Status {
        self.pool.status()
    }
}

// By hand: a clone needs no clone of the manager.
impl<M: Manager, W: From<Object<M>>> Clone for MeasuredPool<M, W> {
    fn clone(&self) -> Self {
        Self { pool: self.pool.clone(), metrics: self.metrics.clone() }
    }
}

impl<M: Manager, W: From<Object<M>>> fmt::Debug for MeasuredPool<M, W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MeasuredPool").field("status", &self.status()).finish_non_exhaustive()
    }
}

impl Waiting<'_> {
    fn end<W, E>(mut self, answer: &Result<W, PoolError<E>>) {
        self.answered = true;
        match answer {
            Ok(_) => self.metrics.acquired(self.since.elapsed()),
            Err(PoolError::Timeout(_)) => self.metrics.timed_out(),
            Err(_) => {}
        }
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        if !self.answered {
            self.metrics.timed_out();
        }
    }
}

impl From<Status> for PoolState {
    fn from(status: Status) -> Self {
        Self {
            max_size: status.max_size,
            size: status.size,
            available: status.available,
            waiting: status.waiting,
        }
    }
}
