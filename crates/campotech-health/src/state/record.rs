//! What is known of one component, and what a new result makes of it.

use std::time::{Duration, SystemTime};

use campotech_core::ComponentStatus::{self, Degraded, Healthy, Unhealthy, Unknown};
use campotech_core::Measure;
use tokio::time::Instant;

use super::settings::Settings;
use super::thresholds::Streaks;
use crate::check::{CheckResult, Measures};
use crate::reason::Reason;

/// What is known of one component.
#[derive(Debug, Clone, Copy)]
pub(super) struct Record {
    pub(super) status: ComponentStatus,
    pub(super) reason: Reason,
    pub(super) since: SystemTime,
    pub(super) last: Option<LastRun>,
    pub(super) streaks: Streaks,
    /// It has been healthy or degraded.
    pub(super) has_worked: bool,
    /// The number of the latest run that was begun.
    pub(super) run: u64,
}

/// The latest run that came to its end.
#[derive(Debug, Clone, Copy)]
pub(super) struct LastRun {
    pub(super) at: Instant,
    pub(super) wall: SystemTime,
    pub(super) latency: Duration,
    pub(super) measures: Measures,
}

/// Numbers that were read, and those that were read before and are no more.
#[derive(Debug)]
pub(super) struct Told {
    read: Measures,
    gone: [bool; Measure::ALL.len()],
}

/// What a result changed.
#[derive(Debug)]
pub(super) struct Outcome {
    /// From where to where, in order.
    pub(super) changes: [Option<(ComponentStatus, ComponentStatus)>; 2],
    /// Whether there is anything that wasn't known before.
    pub(super) news: bool,
    /// The numbers to tell: NaN for one that there no longer is.
    pub(super) measures: Told,
}

impl Told {
    pub(super) fn iter(&self) -> impl Iterator<Item = (Measure, f64)> + '_ {
        let gone = Measure::ALL.into_iter().zip(self.gone).filter(|(_, gone)| *gone);
        self.read.iter().chain(gone.map(|(measure, _)| (measure, f64::NAN)))
    }
}

impl Record {
    pub(super) fn new() -> Self {
        Self {
            status: Unknown,
            reason: Reason::StartingUp,
            since: SystemTime::now(),
            last: None,
            streaks: Streaks::default(),
            has_worked: false,
            run: 0,
        }
    }

    pub(super) fn is_stale(&self, now: Instant, max_age: Duration) -> bool {
        self.fresh_until(max_age).is_some_and(|until| now > until)
    }

    /// The last moment of the last result, where there is one.
    pub(super) fn fresh_until(&self, max_age: Duration) -> Option<Instant> {
        self.last?.at.checked_add(max_age)
    }

    /// Takes in the result of a run.
    pub(super) fn take(&mut self, result: &CheckResult, run: LastRun, settings: &Settings) -> Outcome {
        let before = *self;
        let mut changes = [None; 2];
        // What readers have called unknown for a while is unknown here too: the next result decides alone.
        let stale = self.is_stale(run.at, settings.max_age);
        if stale {
            changes[0] = Some((before.status, Unknown));
            self.status = Unknown;
            self.streaks = Streaks::default();
        }
        let seen = result.status();
        self.streaks.push(seen);
        let next = settings.thresholds.next(self.status, seen, self.streaks);
        let changed = next != self.status;
        if changed {
            changes[1] = Some((self.status, next));
            self.since = run.wall;
        }
        if next == seen || (changed && seen != Healthy) {
            self.reason = result.reason();
        }
        self.status = next;
        self.has_worked |= matches!(next, Healthy | Degraded);
        self.last = Some(run);
        let news =
            stale || before.last.is_none() || (before.status, before.reason) != (self.status, self.reason);
        let gone = |measure| {
            // What can't be asked has not lost its numbers.
            let known = seen == Unhealthy || run.measures.get(measure).is_some();
            !known && before.last.is_some_and(|last| last.measures.get(measure).is_some())
        };
        let measures = Told { read: run.measures, gone: Measure::ALL.map(gone) };
        Outcome { changes, news, measures }
    }
}
