//! Runtime -> metrics: the workers that serve the public listener.

use campotech_metrics::Metrics;
use tokio::runtime::Handle;

use crate::error::PlatformError;

pub(crate) fn publish(metrics: &Metrics) -> Result<(), PlatformError> {
    let watched = metrics.watch_runtime("public", &Handle::current());
    watched.map_err(PlatformError::build("metrics"))
}
