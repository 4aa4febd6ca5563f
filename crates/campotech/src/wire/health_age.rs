//! Health -> metrics: what only a reader knows, the age of the snapshot and states that have grown stale, at each scrape.

use campotech_health::Health;
use campotech_metrics::Metrics;

use crate::error::PlatformError;

pub(crate) fn publish(metrics: &Metrics, health: &Health) -> Result<(), PlatformError> {
    let (health, states) = (health.clone(), metrics.clone());
    let published = metrics.gauge_fn(
        "health_snapshot_age_seconds",
        "Age of the oldest result in the published health snapshot",
        move || {
            for component in health.snapshot().components {
                states.set_component_status(&component.name, component.status);
            }
            health.snapshot_age().as_secs_f64()
        },
    );
    published.map_err(PlatformError::build("metrics"))
}
