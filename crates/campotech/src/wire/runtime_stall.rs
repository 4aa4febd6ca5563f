//! Health -> metrics: how long the public runtime lets a new task wait, as the watchdog's thread sees it.

use std::time::Duration;

use campotech_health::{Health, Watchdog};
use campotech_metrics::Metrics;
use tokio::runtime::Handle;

use crate::error::PlatformError;

/// Far more than a busy machine makes anybody wait, and short beside what a kubelet waits for a liveness probe.
const STALL: Duration = Duration::from_secs(5);

pub(crate) fn watch(metrics: &Metrics, health: &Health) -> Result<Watchdog, PlatformError> {
    let watchdog = health.watch(&Handle::current(), STALL).map_err(PlatformError::build("the watchdog"))?;
    let lag = watchdog.reading();
    let published = metrics.gauge_fn(
        "runtime_stall_seconds",
        "How long the latest task waited for a worker of the public runtime, or has waited by now",
        move || lag().as_secs_f64(),
    );
    published.map_err(PlatformError::build("metrics"))?;
    Ok(watchdog)
}
