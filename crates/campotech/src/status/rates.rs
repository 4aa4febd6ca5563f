//! What happened per second between two looks.

use std::time::Duration;

use campotech_metrics::MetricsTotals;

/// Rates and percentiles of the time between.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Rates {
    pub(crate) requests_per_second: f64,
    pub(crate) error_share: f64,
    pub(crate) p50: Option<Duration>,
    pub(crate) p95: Option<Duration>,
    pub(crate) p99: Option<Duration>,
}

impl Rates {
    /// None where no time passed.
    #[expect(clippy::cast_precision_loss, reason = "counts of one minute")]
    pub(crate) fn between(then: &MetricsTotals, now: &MetricsTotals, time: Duration) -> Option<Self> {
        if time.is_zero() {
            return None;
        }
        let requests = now.requests.saturating_sub(then.requests) as f64;
        let errors = now.server_errors.saturating_sub(then.server_errors) as f64;
        let latency = now.latency.since(&then.latency);
        Some(Self {
            requests_per_second: requests / time.as_secs_f64(),
            error_share: if requests == 0.0 { 0.0 } else { errors / requests },
            p50: latency.quantile(0.50),
            p95: latency.quantile(0.95),
            p99: latency.quantile(0.99),
        })
    }
}
