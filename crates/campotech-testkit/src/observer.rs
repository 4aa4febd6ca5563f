//! An observer that keeps what it was told.

use std::sync::{Arc, Mutex};

use campotech_core::{CheckReport, Decision, Observer, RateLimitVerdict, StateChange};

/// Keeps every report as a line such as `decision payload refused too_large`; clones share the lines.
#[derive(Debug, Clone, Default)]
pub struct RecordingObserver(Arc<Mutex<Vec<String>>>);

impl RecordingObserver {
    /// The lines so far.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }

    fn push(&self, line: String) {
        self.0.lock().unwrap().push(line);
    }
}

impl Observer for RecordingObserver {
    fn decision(&self, d: Decision) {
        self.push(format!("decision {} {} {}", d.guard, d.verdict.as_str(), d.reason));
    }

    fn rate_limit(&self, tier: &str, verdict: RateLimitVerdict) {
        self.push(format!("rate_limit {tier} {}", verdict.as_str()));
    }

    fn validation_failure(&self, route: Option<&str>, code: &str) {
        self.push(format!("validation {} {code}", route.unwrap_or("-")));
    }

    fn check(&self, report: CheckReport<'_>) {
        self.push(format!("check {} {}", report.component, report.outcome.as_str()));
    }

    fn state_change(&self, c: StateChange<'_>) {
        self.push(format!("state {} {} -> {}", c.component, c.from.as_str(), c.to.as_str()));
    }
}
