//! Log -> metrics: lines that were dropped because nobody read the log.

use campotech_metrics::Metrics;

use crate::error::PlatformError;
use crate::logs::LogGuard;

pub(crate) fn publish(metrics: &Metrics, log: &LogGuard) -> Result<(), PlatformError> {
    let dropped = log.dropped_lines();
    let help = "Log lines that were dropped because they were written faster than read";
    metrics.counter_fn("log_lines_dropped_total", help, &[], dropped).map_err(PlatformError::build("metrics"))
}
