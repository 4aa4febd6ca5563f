//! What the status page knows of the past: the last minute in seconds, the last hour in points, and changes of state.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Weak};
use std::time::{Duration, SystemTime};

use campotech_health::{ComponentStatus, Health};
use campotech_metrics::{Metrics, MetricsTotals};
use parking_lot::Mutex;
use tokio::time::{Instant, MissedTickBehavior, interval};

use super::rates::Rates;

const EVERY: Duration = Duration::from_secs(1);
/// A minute, and the second before it.
const SECONDS: usize = 61;
/// A point of the hour is so many seconds.
const POINT: usize = 5;
const POINTS: usize = 720;
const CHANGES: usize = 50;

/// A fact that the service adds to the page, such as the size of a queue.
#[derive(Clone)]
pub(crate) struct StatusFact {
    pub(crate) name: &'static str,
    pub(crate) value: Arc<dyn Fn() -> String + Send + Sync>,
}

/// Looked at once a second.
#[derive(Debug)]
pub(crate) struct History {
    metrics: Metrics,
    health: Health,
    facts: Vec<StatusFact>,
    past: Mutex<Past>,
}

#[derive(Debug, Default)]
struct Past {
    seconds: VecDeque<(Instant, MetricsTotals)>,
    hour: VecDeque<Point>,
    until_point: usize,
    states: Vec<(Arc<str>, ComponentStatus)>,
    changes: VecDeque<Change>,
}

/// Five seconds of the hour.
#[derive(Debug, Clone)]
pub(crate) struct Point {
    pub(crate) at: SystemTime,
    pub(crate) rates: Rates,
    pub(crate) in_flight: u64,
    pub(crate) websockets: u64,
    /// Of those facts that begin with a number.
    pub(crate) facts: Vec<Option<f64>>,
}

/// A component that was in one state, and then in another.
#[derive(Debug, Clone)]
pub(crate) struct Change {
    pub(crate) at: SystemTime,
    pub(crate) component: Arc<str>,
    pub(crate) from: ComponentStatus,
    pub(crate) to: ComponentStatus,
    pub(crate) reason: &'static str,
}

impl fmt::Debug for StatusFact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StatusFact").field("name", &self.name).finish_non_exhaustive()
    }
}

impl History {
    /// Looks until the history is dropped.
    pub(crate) fn start(metrics: Metrics, health: Health, facts: Vec<StatusFact>) -> Arc<Self> {
        let history = Arc::new(Self { metrics, health, facts, past: Mutex::default() });
        tokio::spawn(keep(Arc::downgrade(&history)));
        history
    }

    /// The totals at the present.
    pub(crate) fn now(&self) -> MetricsTotals {
        self.metrics.totals()
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

    /// The last hour, the oldest first.
    pub(crate) fn hour(&self) -> Vec<Point> {
        self.past.lock().hour.iter().cloned().collect()
    }

    /// The last changes of state, the newest first.
    pub(crate) fn changes(&self) -> Vec<Change> {
        self.past.lock().changes.iter().rev().cloned().collect()
    }

    fn look(&self) {
        let totals = self.metrics.totals();
        let snapshot = self.health.snapshot();
        // Before the lock: they are the service's own code.
        let facts = self.facts.iter().map(|fact| leading_number(&(fact.value)())).collect();
        let mut past = self.past.lock();
        let past = &mut *past;
        for component in &snapshot.components {
            past.notice(&component.name, component.status, component.reason.as_str());
        }
        past.second(Instant::now(), totals, facts);
    }
}

async fn keep(history: Weak<History>) {
    let mut ticks = interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    loop {
        ticks.tick().await;
        let Some(history) = history.upgrade() else { return };
        history.look();
    }
}

impl Past {
    fn notice(&mut self, name: &str, status: ComponentStatus, reason: &'static str) {
        let Some((component, state)) = self.states.iter_mut().find(|(known, _)| &**known == name) else {
            self.states.push((name.into(), status));
            return;
        };
        let from = std::mem::replace(state, status);
        if from != status {
            let change =
                Change { at: SystemTime::now(), component: Arc::clone(component), from, to: status, reason };
            push(&mut self.changes, CHANGES, change);
        }
    }

    fn second(&mut self, now: Instant, totals: MetricsTotals, facts: Vec<Option<f64>>) {
        self.until_point = self.until_point.checked_sub(1).unwrap_or(POINT - 1);
        if self.until_point == 0
            && let Some((since, then)) = self.seconds.iter().rev().nth(POINT - 1)
            && let Some(rates) = Rates::between(then, &totals, now - *since)
        {
            let (in_flight, websockets) = (totals.in_flight, totals.websockets_active);
            let point = Point { at: SystemTime::now(), rates, in_flight, websockets, facts };
            push(&mut self.hour, POINTS, point);
        }
        push(&mut self.seconds, SECONDS, (now, totals));
    }
}

fn push<T>(kept: &mut VecDeque<T>, most: usize, one: T) {
    if kept.len() == most {
        kept.pop_front();
    }
    kept.push_back(one);
}

/// `12 of 20` is 12; a word is none.
fn leading_number(text: &str) -> Option<f64> {
    let end = text.find(|c: char| c != '.' && !c.is_ascii_digit()).unwrap_or(text.len());
    text[..end].parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_hour_is_bounded_and_a_point_is_five_seconds() {
        let (mut past, metrics) = (Past::default(), Metrics::new().unwrap());
        let start = Instant::now();
        for second in 0..10_000 {
            past.second(start + Duration::from_secs(second), metrics.totals(), vec![None]);
        }
        assert_eq!((past.seconds.len(), past.hour.len()), (SECONDS, POINTS));
    }

    #[test]
    fn changes_are_noticed_once_bounded_and_the_first_state_is_none() {
        let mut past = Past::default();
        past.notice("redis", ComponentStatus::Healthy, "ok");
        past.notice("redis", ComponentStatus::Healthy, "ok");
        assert!(past.changes.is_empty());
        for _ in 0..100 {
            past.notice("redis", ComponentStatus::Unhealthy, "timeout");
            past.notice("redis", ComponentStatus::Healthy, "ok");
        }
        assert_eq!(past.changes.len(), CHANGES);
        let last = past.changes.back().unwrap();
        assert_eq!(
            (last.from, last.to, last.reason),
            (ComponentStatus::Unhealthy, ComponentStatus::Healthy, "ok")
        );
    }

    #[test]
    fn numbers_at_the_beginning_are_drawn() {
        for (text, number) in
            [("3", Some(3.0)), ("12 of 20", Some(12.0)), ("1.5 s", Some(1.5)), ("none", None), ("", None)]
        {
            assert_eq!(leading_number(text), number, "{text}");
        }
    }
}
