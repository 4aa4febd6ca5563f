//! Accept loop -> metrics: its counters, read at each scrape.

use campotech_metrics::Metrics;
use campotech_serve::ServeStats;

use crate::error::PlatformError;

#[expect(clippy::cast_precision_loss, reason = "a count of connections")]
pub(crate) fn publish(metrics: &Metrics, stats: &ServeStats) -> Result<(), PlatformError> {
    let stats = stats.clone();
    let active = move || stats.snapshot().active as f64;
    let published = metrics.gauge_fn("serve_connections_active", "Connections that are open", active);
    published.map_err(PlatformError::build("metrics"))
}
