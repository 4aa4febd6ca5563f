//! The last minute of a few totals, so that a page can show rates.

use std::collections::VecDeque;
use std::sync::{Arc, Weak};
use std::time::Duration;

use campotech_metrics::{Metrics, MetricsTotals};
use parking_lot::Mutex;
use tokio::time::{Instant, MissedTickBehavior, interval};

const EVERY: Duration = Duration::from_secs(1);
const KEPT: usize = 61;

/// Totals, taken once a second.
#[derive(Debug)]
pub(crate) struct History {
    metrics: Metrics,
    samples: Mutex<VecDeque<(Instant, MetricsTotals)>>,
}

/// What happened per second within the minute.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Rates {
    pub(crate) requests_per_second: f64,
    pub(crate) error_share: f64,
    pub(crate) p50: Option<Duration>,
    pub(crate) p95: Option<Duration>,
}

impl History {
    /// Starts taking samples until the history is dropped.
    pub(crate) fn start(metrics: Metrics) -> Arc<Self> {
        let history = Arc::new(Self { metrics, samples: Mutex::new(VecDeque::with_capacity(KEPT)) });
        tokio::spawn(keep(Arc::downgrade(&history)));
        history
    }

    /// The totals at the present.
    pub(crate) fn now(&self) -> MetricsTotals {
        self.metrics.totals()
    }

    /// The rates of the last minute, once there is some of it.
    pub(crate) fn rates(&self) -> Option<Rates> {
        let now = self.metrics.totals();
        let samples = self.samples.lock();
        let (since, then) = samples.front()?;
        Rates::between(then, &now, since.elapsed())
    }

    fn sample(&self) {
        let sample = (Instant::now(), self.metrics.totals());
        let mut samples = self.samples.lock();
        if samples.len() == KEPT {
            samples.pop_front();
        }
        samples.push_back(sample);
    }
}

async fn keep(history: Weak<History>) {
    let mut ticks = interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    loop {
        ticks.tick().await;
        let Some(history) = history.upgrade() else { return };
        history.sample();
    }
}

impl Rates {
    #[expect(clippy::cast_precision_loss, reason = "counts of one minute")]
    fn between(then: &MetricsTotals, now: &MetricsTotals, time: Duration) -> Option<Self> {
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
        })
    }
}
