//! Connection pool -> metrics: its state, read at each scrape.

use deadpool_postgres::Pool;

use crate::error::PlatformError;
use crate::platform::Platform;

impl Platform {
    /// Shows `pool` as `db_pool_*{pool="<name>"}`, read at each scrape without taking a connection.
    ///
    /// Waits and timeouts are known to those who take connections only: they tell the handle that
    /// [`Metrics::pool`](campotech_metrics::Metrics::pool) has for `name`. A pool of
    /// [`Metrics::measure_pool`](campotech_metrics::Metrics::measure_pool) does so itself, and is shown without this.
    ///
    /// # Errors
    /// If a pool of this name is shown already.
    pub fn watch_pool(self, name: &'static str, pool: &Pool) -> Result<Self, PlatformError> {
        let pool = pool.clone();
        let watched = self.metrics.watch_pool(name, move || pool.status().into());
        watched.map_err(PlatformError::build("metrics"))?;
        Ok(self)
    }
}
