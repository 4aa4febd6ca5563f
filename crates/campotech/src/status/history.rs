//! Looks once a second, and keeps what the page knows of the past.

use std::collections::VecDeque;
use std::sync::{Arc, Weak};
use std::time::{Duration, SystemTime};

use campotech_health::Health;
use campotech_metrics::{Metrics, MetricsTotals, Queue, QueueState};
use parking_lot::Mutex;
use tokio::time::{Instant, MissedTickBehavior, interval};

use super::hour::{Hour, POINT_SECONDS, keep};
use super::rates::Rates;
use super::readings::{Refusals, StatusFact, of_facts, of_levels, of_requests};
use super::states::States;

const EVERY: Duration = Duration::from_secs(1);
/// A minute, and the second before it.
const SECONDS: usize = 61;

/// The past, and where the present is read.
#[derive(Debug)]
pub(crate) struct History {
    metrics: Metrics,
    health: Health,
    facts: Vec<StatusFact>,
    past: Mutex<Past>,
}

#[derive(Debug)]
struct Past {
    seconds: VecDeque<(Instant, MetricsTotals)>,
    /// Seconds until the next point.
    until_point: usize,
    refusals: Refusals,
    hour: Hour,
    states: States,
}

impl History {
    /// Looks until the history is dropped. `tiers` are those of the rate limits.
    pub(crate) fn start<'t>(
        metrics: Metrics,
        health: Health,
        facts: Vec<StatusFact>,
        tiers: impl Iterator<Item = &'t str>,
    ) -> Arc<Self> {
        let mut past = Past::new(Refusals::of(tiers));
        // Before the first result, so that each one is a change.
        past.states.look(&health.snapshot());
        let past = Mutex::new(past);
        let history = Arc::new(Self { metrics, health, facts, past });
        tokio::spawn(keep_looking(Arc::downgrade(&history)));
        history
    }

    /// The totals of this moment.
    pub(crate) fn now(&self) -> MetricsTotals {
        self.metrics.totals()
    }

    pub(crate) fn queues(&self) -> Vec<(Queue, QueueState)> {
        self.metrics.queues()
    }

    pub(crate) fn facts(&self) -> &[StatusFact] {
        &self.facts
    }

    /// The rates of the last minute, once there is some of it.
    pub(crate) fn rates(&self) -> Option<Rates> {
        let now = self.metrics.totals();
        let past = self.past.lock();
        let (since, then) = past.seconds.front()?;
        Rates::between(then, &now, since.elapsed())
    }

    pub(crate) fn hour(&self) -> Hour {
        self.past.lock().hour.clone()
    }

    pub(crate) fn states(&self) -> States {
        self.past.lock().states.clone()
    }

    fn look(&self) {
        let snapshot = self.health.snapshot();
        let totals = self.metrics.totals();
        let due = {
            let mut past = self.past.lock();
            past.states.look(&snapshot);
            past.second(Instant::now(), totals.clone())
        };
        let Some((rates, time)) = due else { return };
        // Without the lock: some of it is code of the service.
        let mut readings = Vec::new();
        of_requests(&rates, &totals, &mut readings);
        of_levels(&self.metrics, &mut readings);
        let mut past = self.past.lock();
        past.refusals.readings(&self.metrics, time, &mut readings);
        drop(past);
        of_facts(&self.facts, &mut readings);
        let at = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs());
        let mut past = self.past.lock();
        past.hour.push(at, readings);
        past.states.mark();
    }
}

async fn keep_looking(history: Weak<History>) {
    let mut ticks = interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    loop {
        ticks.tick().await;
        let Some(history) = history.upgrade() else { return };
        history.look();
    }
}

impl Past {
    fn new(refusals: Refusals) -> Self {
        let seconds = VecDeque::with_capacity(SECONDS);
        let (hour, states) = (Hour::default(), States::default());
        Self { seconds, until_point: POINT_SECONDS, refusals, hour, states }
    }

    /// Takes a second; where a point of the hour is due, the rates since the one before, and the time between.
    fn second(&mut self, now: Instant, totals: MetricsTotals) -> Option<(Rates, Duration)> {
        let due = self.until_point == 0;
        self.until_point = if due { POINT_SECONDS - 1 } else { self.until_point - 1 };
        let since = self.seconds.iter().rev().nth(POINT_SECONDS - 1).filter(|_| due);
        let rates = since.and_then(|(at, then)| {
            let time = now - *at;
            Some((Rates::between(then, &totals, time)?, time))
        });
        keep(&mut self.seconds, SECONDS, (now, totals));
        rates
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn past() -> Past {
        Past::new(Refusals::of(std::iter::empty()))
    }

    #[test]
    fn a_point_is_five_seconds_and_a_minute_is_kept() {
        let (mut past, start) = (past(), Instant::now());
        let totals = Metrics::builder("a", "1").build().unwrap().totals();
        let mut points = Vec::new();
        for second in 0..200 {
            if let Some((_, time)) = past.second(start + Duration::from_secs(second), totals.clone()) {
                points.push((second, time));
            }
        }
        let five = |n: u64| (n * 5, Duration::from_secs(5));
        assert_eq!(points, (1..40).map(five).collect::<Vec<_>>());
        assert_eq!(past.seconds.len(), SECONDS);
    }

    #[tokio::test(start_paused = true)]
    async fn the_past_grows_by_itself_until_the_history_is_dropped() {
        let metrics = Metrics::builder("a", "1").build().unwrap();
        let health = Health::builder("a", "1").build().unwrap();
        let fact = StatusFact { name: "sessions", value: Arc::new(|| "7 of 9".to_owned()) };
        let history = History::start(metrics, health, vec![fact], ["auth"].into_iter());
        tokio::time::sleep(Duration::from_millis(15_500)).await;
        let (hour, states) = (history.hour(), history.states());
        assert_eq!(hour.at.len(), 3);
        let titles: Vec<_> = hour.charts.iter().map(|chart| &*chart.title).collect();
        assert_eq!(
            titles,
            [
                "Requests",
                "Server errors",
                "Time to answer",
                "At work",
                "Waiting in queues",
                "Refused by rate limits",
                "sessions"
            ]
        );
        assert_eq!((states.tracks.len(), states.tracks[0].points()), (1, 3));

        let gone = Arc::downgrade(&history);
        drop(history);
        tokio::time::sleep(EVERY).await;
        assert!(gone.upgrade().is_none());
    }
}
