//! Health -> metrics: the age of the snapshot, read at each scrape.

use campotech_health::Health;
use campotech_metrics::Metrics;

use crate::error::PlatformError;

pub(crate) fn publish(metrics: &Metrics, health: &Health) -> Result<(), PlatformError> {
    let health = health.clone();
    let published = metrics.gauge_fn(
        "health_snapshot_age_seconds",
        "Age of the oldest result in the published health snapshot",
        move || health.snapshot_age().as_secs_f64(),
    );
    published.map_err(PlatformError::build("metrics"))
}
