//! Looks once a second, and keeps what the page knows of the past.

use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Weak};
use std::thread::{self, JoinHandle};
use std::time::{Duration, SystemTime};

use axum::body::Bytes;
use campotech_health::Health;
use campotech_metrics::{Metrics, MetricsTotals, Queue, QueueState};
use parking_lot::Mutex;
use tokio::runtime::Handle;
use tokio::time::Instant;

use super::charts::columns;
use super::clock::Clock;
use super::fact::StatusFact;
use super::hour::{Hour, POINT_SECONDS, POINTS, keep};
use super::rates::Rates;
use super::readings::{Refusals, of_facts, of_levels, of_pools, of_requests};
use super::states::States;

const EVERY: Duration = Duration::from_secs(1);
const POINT: Duration = Duration::from_secs(POINT_SECONDS as u64);
const MINUTE: Duration = Duration::from_secs(60);
/// A minute, and the second before it.
const SECONDS: usize = 61;
/// Nobody looked for so long: that is no point, it is a gap.
const STALL: Duration = Duration::from_secs(2 * POINT_SECONDS as u64);

/// The past, and where the present is read.
#[derive(Debug)]
pub(crate) struct History {
    metrics: Metrics,
    health: Health,
    facts: Vec<StatusFact>,
    clock: Clock,
    past: Mutex<Past>,
}

#[derive(Debug)]
struct Past {
    seconds: VecDeque<(Instant, MetricsTotals)>,
    /// Where the next point begins.
    since: (Instant, MetricsTotals),
    refusals: Refusals,
    hour: Hour,
    states: States,
    /// The hour for the charts.
    drawn: Bytes,
}

impl History {
    /// Looks until the history is dropped. `tiers` are those of the rate limits.
    ///
    /// On a thread of its own: a runtime that stalls is then seen, too.
    pub(crate) fn start<'t>(
        metrics: Metrics,
        health: Health,
        facts: Vec<StatusFact>,
        tiers: impl Iterator<Item = &'t str>,
    ) -> io::Result<Arc<Self>> {
        let history = Arc::new(Self::new(metrics, health, facts, tiers));
        keep_looking(Arc::downgrade(&history))?;
        Ok(history)
    }

    fn new<'t>(
        metrics: Metrics,
        health: Health,
        facts: Vec<StatusFact>,
        tiers: impl Iterator<Item = &'t str>,
    ) -> Self {
        let clock = Clock::new(SystemTime::now(), Instant::now());
        let mut past = Past::new(clock.start(), metrics.totals(), Refusals::of(tiers));
        // Before the first result, so that each one is a change.
        past.states.look(&health.snapshot(), clock.start());
        Self { metrics, health, facts, clock, past: Mutex::new(past) }
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

    pub(crate) const fn clock(&self) -> Clock {
        self.clock
    }

    /// The rates of the last minute, once there is some of it.
    pub(crate) fn rates(&self) -> Option<Rates> {
        let totals = self.metrics.totals();
        self.past.lock().minute(Instant::now(), &totals)
    }

    pub(crate) fn hour(&self) -> Hour {
        self.past.lock().hour.clone()
    }

    /// The hour as JSON, for the charts.
    pub(crate) fn drawn(&self) -> Bytes {
        self.past.lock().drawn.clone()
    }

    pub(crate) fn states(&self) -> States {
        self.past.lock().states.clone()
    }

    fn look(&self) {
        let snapshot = self.health.snapshot();
        let totals = self.metrics.totals();
        let now = Instant::now();
        let due = {
            let mut past = self.past.lock();
            if past.miss(now, &totals, self.clock) {
                past.refusals.forget(&self.metrics);
            }
            past.states.look(&snapshot, now);
            past.second(now, totals.clone())
        };
        let Some((rates, time)) = due else { return };
        // Without the lock: some of it is code of the service.
        let mut readings = Vec::new();
        of_requests(&rates, &totals, &mut readings);
        of_levels(&self.metrics, &mut readings);
        self.past.lock().refusals.readings(&self.metrics, time, &mut readings);
        of_facts(&self.facts, &mut readings);
        of_pools(&self.metrics, &mut readings);
        let hour = {
            let mut past = self.past.lock();
            past.hour.push(self.clock.seconds(now), readings);
            past.states.mark();
            past.hour.clone()
        };
        let drawn = columns(&hour).to_string().into();
        self.past.lock().drawn = drawn;
    }
}

fn keep_looking(history: Weak<History>) -> io::Result<JoinHandle<()>> {
    // Facts are asked as if the service did.
    let service = Handle::current();
    let look = move || {
        let _entered = service.enter();
        while let Some(history) = history.upgrade() {
            history.look();
            drop(history);
            thread::sleep(EVERY);
        }
    };
    thread::Builder::new().name("status".to_owned()).spawn(look)
}

impl Past {
    fn new(start: Instant, totals: MetricsTotals, refusals: Refusals) -> Self {
        let hour = Hour::default();
        let drawn = columns(&hour).to_string().into();
        let seconds = VecDeque::with_capacity(SECONDS);
        Self { seconds, since: (start, totals), refusals, hour, states: States::default(), drawn }
    }

    /// Where nobody looked for longer than [`STALL`], it is said of all that time that nothing is known.
    fn miss(&mut self, now: Instant, totals: &MetricsTotals, clock: Clock) -> bool {
        let passed = now - self.since.0;
        if passed <= STALL {
            return false;
        }
        let missed = (passed.as_secs() / POINT.as_secs()).min(POINTS as u64);
        for back in (0..missed).rev() {
            let at = clock.seconds(now) - back * POINT.as_secs();
            self.hour.push(at, Vec::new());
            self.states.miss();
        }
        self.seconds.clear();
        self.since = (now, totals.clone());
        true
    }

    /// Takes a second; where a point of the hour is due, the rates since the one before, and the time between.
    fn second(&mut self, now: Instant, totals: MetricsTotals) -> Option<(Rates, Duration)> {
        let time = now - self.since.0;
        // No look is on time to the millisecond.
        let due = time + EVERY / 2 >= POINT;
        let rates = due.then(|| {
            let (_, then) = std::mem::replace(&mut self.since, (now, totals.clone()));
            Some((Rates::between(&then, &totals, time)?, time))
        });
        while self.seconds.front().is_some_and(|(at, _)| now - *at > MINUTE) {
            self.seconds.pop_front();
        }
        keep(&mut self.seconds, SECONDS, (now, totals));
        rates.flatten()
    }

    /// None where nobody looks: what is known is not of the last minute then.
    fn minute(&self, now: Instant, totals: &MetricsTotals) -> Option<Rates> {
        let ((since, then), (last, _)) = (self.seconds.front()?, self.seconds.back()?);
        let looked = now - *last <= STALL;
        Rates::between(then, totals, now - *since).filter(|_| looked)
    }
}

#[cfg(test)]
mod tests;
