//! Sums for a page that shows rates as differences.

use std::time::Duration;

use crate::Metrics;
use crate::business::Outcome;
use crate::series::HTTP_SECONDS;

/// Sums over all labels at one time; `http_*` only, no ops requests.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct MetricsTotals {
    /// Requests that came in.
    pub started: u64,
    /// Requests answered to the end.
    pub requests: u64,
    /// Of these, with a status of 400 to 499.
    pub client_errors: u64,
    /// Of these, with a status of 500 to 599.
    pub server_errors: u64,
    /// Requests whose client went away.
    pub cancelled: u64,
    /// Requests that ended by an error or a panic.
    pub failed: u64,
    /// Requests whose answer has not ended.
    pub in_flight: u64,
    /// WebSocket connections that are open.
    pub websockets_active: u64,
    /// WebSocket connections that were opened.
    pub websockets_opened: u64,
    /// Jobs that were created.
    pub jobs_created: u64,
    /// Runs of jobs that ended well.
    pub jobs_done: u64,
    /// Voice messages that were done.
    pub voice_done: u64,
    /// How long requests took.
    pub latency: LatencyTotals,
}

/// A histogram of latency, summed over all routes.
#[derive(Debug, Clone, PartialEq)]
pub struct LatencyTotals {
    cumulative: Vec<u64>,
    seconds: f64,
}

impl Metrics {
    /// The sums so far.
    #[must_use]
    pub fn totals(&self) -> MetricsTotals {
        let sums = self.inner().requests.sums();
        let business = &self.inner().business;
        let [jobs_created, voice_done, websockets_active, websockets_opened] = business.sums();
        MetricsTotals {
            started: sums.started,
            requests: sums.completed,
            client_errors: sums.client_errors,
            server_errors: sums.server_errors,
            cancelled: sums.cancelled,
            failed: sums.failed,
            in_flight: sums.in_flight,
            websockets_active,
            websockets_opened,
            jobs_created,
            jobs_done: business.jobs_processed(Outcome::Done),
            voice_done,
            latency: LatencyTotals { cumulative: sums.latency, seconds: sums.latency_seconds },
        }
    }
}

impl LatencyTotals {
    /// Requests in it.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.cumulative.last().copied().unwrap_or(0)
    }

    /// Upper bounds in seconds, the last one infinite, with the requests up to each.
    pub fn buckets(&self) -> impl Iterator<Item = (f64, u64)> {
        HTTP_SECONDS.bounds().chain([f64::INFINITY]).zip(self.cumulative.iter().copied())
    }

    /// What came since `earlier`.
    #[must_use]
    pub fn since(&self, earlier: &Self) -> Self {
        let pairs = self.cumulative.iter().zip(&earlier.cumulative);
        Self {
            cumulative: pairs.map(|(now, then)| now.saturating_sub(*then)).collect(),
            seconds: (self.seconds - earlier.seconds).max(0.0),
        }
    }

    /// The mean, if there is a request in it.
    #[must_use]
    pub fn mean(&self) -> Option<Duration> {
        let count = self.count();
        (count > 0).then(|| Duration::from_secs_f64(self.seconds / count as f64))
    }

    /// An estimate of the quantile `q` (0 to 1), if there is a request in it.
    ///
    /// As Prometheus's `histogram_quantile`: linear within a bucket, and the highest bound for what lies beyond it.
    #[must_use]
    pub fn quantile(&self, q: f64) -> Option<Duration> {
        let count = self.count();
        if count == 0 {
            return None;
        }
        let rank = q.clamp(0.0, 1.0) * count as f64;
        let (mut lower, mut below) = (0.0, 0);
        for (upper, up_to) in self.buckets() {
            if up_to as f64 >= rank && up_to > below {
                let seconds = if upper.is_finite() {
                    lower + (upper - lower) * (rank - below as f64).max(0.0) / (up_to - below) as f64
                } else {
                    lower
                };
                return Some(Duration::from_secs_f64(seconds));
            }
            if upper.is_finite() {
                lower = upper;
            }
            below = up_to;
        }
        Some(Duration::from_secs_f64(lower))
    }
}

/// The histogram of these times.
impl FromIterator<Duration> for LatencyTotals {
    fn from_iter<I: IntoIterator<Item = Duration>>(times: I) -> Self {
        let mut totals = Self { cumulative: vec![0; HTTP_SECONDS.bounds().count() + 1], seconds: 0.0 };
        for time in times.into_iter().map(|time| time.as_secs_f64()) {
            totals.seconds += time;
            for (bound, up_to) in HTTP_SECONDS.bounds().chain([f64::INFINITY]).zip(&mut totals.cumulative) {
                *up_to += u64::from(time <= bound);
            }
        }
        totals
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn latency(cumulative: [u64; 8]) -> LatencyTotals {
        LatencyTotals { cumulative: cumulative.to_vec(), seconds: 3.0 }
    }

    #[test]
    fn quantiles_are_linear_within_a_bucket() {
        // All of 100 between 0.1 and 0.5 s.
        let all = latency([0, 0, 0, 100, 100, 100, 100, 100]);
        assert_eq!(all.quantile(0.5), Some(Duration::from_millis(300)));
        assert_eq!(all.quantile(1.0), Some(Duration::from_millis(500)));
        assert_eq!(all.mean(), Some(Duration::from_millis(30)));
        // One beyond the highest bound.
        assert_eq!(latency([0, 0, 0, 0, 0, 0, 0, 1]).quantile(0.95), Some(Duration::from_secs(5)));
        assert_eq!(latency([0; 8]).quantile(0.5), None);
        assert_eq!(latency([0; 8]).mean(), None);
    }

    #[test]
    fn times_make_a_histogram() {
        let times = [10, 11, 500, 6_000].map(Duration::from_millis);
        let totals: LatencyTotals = times.into_iter().collect();
        assert_eq!(totals.cumulative, [1, 2, 2, 3, 3, 3, 3, 4]);
        assert_eq!(totals.mean(), Some(times.iter().sum::<Duration>() / 4));
    }

    #[test]
    fn differences_never_go_below_zero() {
        let (early, late) = (latency([1; 8]), latency([1, 2, 2, 2, 2, 2, 2, 3]));
        assert_eq!(late.since(&early).count(), 2);
        assert_eq!(late.since(&early).buckets().next(), Some((0.01, 0)));
        assert_eq!(early.since(&late).count(), 0);
    }
}
