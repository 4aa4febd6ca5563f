//! Accept loop -> metrics: its counters and its cap, read at each scrape.

use std::num::NonZeroUsize;

use campotech_metrics::Metrics;
use campotech_serve::ServeStats;

use crate::error::PlatformError;

#[expect(clippy::cast_precision_loss, reason = "a count of connections")]
pub(crate) fn publish(
    metrics: &Metrics,
    stats: &ServeStats,
    most: NonZeroUsize,
) -> Result<(), PlatformError> {
    let stats = stats.clone();
    let active = move || stats.snapshot().active as f64;
    let most = most.get() as f64;
    metrics
        .gauge_fn("serve_connections_active", "Connections that are open", active)
        .and_then(|()| {
            metrics.gauge_fn("serve_connections_max", "Connections that may be open", move || most)
        })
        .map_err(PlatformError::build("metrics"))
}
