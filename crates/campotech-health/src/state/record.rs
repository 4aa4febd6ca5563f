//! What is known of one component, and what a new result makes of it.

use std::time::{Duration, SystemTime};

use campotech_core::ComponentStatus::{self, Healthy, Unknown};
use tokio::time::Instant;

use super::plan::Settings;
use super::thresholds::Streaks;
use crate::check::CheckResult;
use crate::reason::Reason;

/// What is known of one component.
#[derive(Debug, Clone, Copy)]
pub(super) struct Record {
    pub(super) status: ComponentStatus,
    pub(super) reason: Reason,
    pub(super) since: SystemTime,
    pub(super) last: Option<LastRun>,
    pub(super) streaks: Streaks,
    /// The number of the latest run that was begun.
    pub(super) run: u64,
}

/// The latest run that came to its end.
#[derive(Debug, Clone, Copy)]
pub(super) struct LastRun {
    pub(super) at: Instant,
    pub(super) wall: SystemTime,
    pub(super) latency: Duration,
}

/// What a result changed.
#[derive(Debug)]
pub(super) struct Outcome {
    /// From where to where, in order.
    pub(super) changes: [Option<(ComponentStatus, ComponentStatus)>; 2],
    /// Whether there is anything that wasn't known before.
    pub(super) news: bool,
}

impl Record {
    pub(super) fn new() -> Self {
        Self {
            status: Unknown,
            reason: Reason::StartingUp,
            since: SystemTime::now(),
            last: None,
            streaks: Streaks::default(),
            run: 0,
        }
    }

    pub(super) fn is_stale(&self, now: Instant, max_age: Duration) -> bool {
        self.last.is_some_and(|last| now - last.at > max_age)
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
        self.last = Some(run);
        let news =
            stale || before.last.is_none() || (before.status, before.reason) != (self.status, self.reason);
        Outcome { changes, news }
    }
}
