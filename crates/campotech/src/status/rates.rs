//! What happened per second between two looks.

use std::time::Duration;

use campotech_metrics::MetricsTotals;

/// Of less than that nothing is said.
const LEAST: Duration = Duration::from_secs(1);

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
    /// None in the first second: one request would be thousands per second.
    #[expect(clippy::cast_precision_loss, reason = "counts of one minute")]
    pub(crate) fn between(then: &MetricsTotals, now: &MetricsTotals, time: Duration) -> Option<Self> {
        if time < LEAST {
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

#[cfg(test)]
mod tests {
    use campotech_metrics::Metrics;

    use super::*;

    /// So many requests and errors, and the milliseconds that they took.
    fn totals(requests: u64, server_errors: u64, times: &[u64]) -> MetricsTotals {
        let mut totals = Metrics::builder("a", "1").build().unwrap().totals();
        (totals.requests, totals.server_errors) = (requests, server_errors);
        totals.latency = times.iter().copied().map(Duration::from_millis).collect();
        totals
    }

    #[test]
    fn rates_are_of_the_time_between() {
        let then = totals(100, 50, &[4_000; 100]);
        // Ninety up to 100 ms and ten up to 2 s came since.
        let times = [vec![4_000; 100], vec![60; 90], vec![1_500; 10]].concat();
        let now = totals(200, 70, &times);
        let rates = Rates::between(&then, &now, Duration::from_secs(50)).unwrap();
        let expected = Rates {
            requests_per_second: 2.0,
            error_share: 0.2,
            p50: Some(Duration::from_secs_f64(0.05 + 0.05 * 50.0 / 90.0)),
            p95: Some(Duration::from_millis(1_500)),
            p99: Some(Duration::from_millis(1_900)),
        };
        assert_eq!(rates, expected);
    }

    #[test]
    fn where_nothing_was_asked_nothing_failed_and_took_no_time() {
        let idle = totals(7, 7, &[60; 7]);
        let rates = Rates::between(&idle, &idle, Duration::from_secs(5)).unwrap();
        let expected = Rates { requests_per_second: 0.0, error_share: 0.0, p50: None, p95: None, p99: None };
        assert_eq!(rates, expected);
    }

    #[test]
    fn the_first_second_has_no_rates() {
        let (then, now) = (totals(0, 0, &[]), totals(1, 0, &[1]));
        assert_eq!(Rates::between(&then, &now, Duration::from_millis(999)), None);
        assert!(Rates::between(&then, &now, Duration::from_secs(1)).is_some());
    }
}
