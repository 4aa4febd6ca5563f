//! The service that counts reports, and how much of them it takes.

use std::sync::Arc;
use std::time::Instant;

use campotech_core::{Clock, Decision, Mode, NoObserver, Observer, SystemClock, Verdict};
use parking_lot::Mutex;

use super::read::{Format, Told};
use super::refusal::Refusal;
use crate::ConfigError;
use crate::rate_limit::gcra::{Gcra, GcraState};
use crate::rate_limit::{Quota, nanos_since};

/// The guard whose decisions are about the sink's own requests.
const GUARD: &str = "reports";
/// The guards whose reports are violations: of a policy that is enforced, and of one that is tried out.
const ENFORCED: &str = "csp";
const TRIED: &str = "csp_report_only";

/// Takes browsers' reports of policy violations and counts them by directive. It answers 204.
///
/// Anybody can send anything here, so nothing of a report is kept, logged or repeated, and a number is no proof that it happened. A
/// body is read up to its limit and no further; whoever serves the sink sets the time that it may take (the payload layer does).
/// It speaks `application/reports+json` (`report-to`) and `application/csp-report` (`report-uri`), in `POST` only.
///
/// Under axum: `router.route_service("/reports", ReportSink::new())`, or `post_service`.
///
/// # Defaults
/// Bodies of up to 64 KiB with up to 100 reports, as many as Chromium keeps to send at once; 600 bodies a minute, from all clients together (put
/// a rate limit in front for each); the machine's clock; no observer.
#[derive(Debug, Clone)]
#[must_use]
pub struct ReportSink<C = SystemClock> {
    pub(super) most_bytes: usize,
    most_reports: usize,
    budget: Arc<Budget<C>>,
    observer: Arc<dyn Observer>,
}

#[derive(Debug)]
struct Budget<C> {
    gcra: Gcra,
    state: Mutex<GcraState>,
    clock: C,
    start: Instant,
}

impl ReportSink {
    /// The sink.
    pub fn new() -> Self {
        let gcra = Gcra::of(600, 60_000_000_000);
        Self {
            most_bytes: 64 << 10,
            most_reports: 100,
            budget: Arc::new(Budget::new(gcra, SystemClock)),
            observer: Arc::new(NoObserver),
        }
    }
}

impl<C: Clock> ReportSink<C> {
    /// Reads bodies of up to so many bytes; larger ones are answered with 413.
    ///
    /// # Errors
    /// [`ConfigError::Range`] outside of 1 KiB to 1 MiB.
    pub fn with_max_bytes(mut self, bytes: usize) -> Result<Self, ConfigError> {
        if !(1 << 10..=1 << 20).contains(&bytes) {
            return Err(ConfigError::Range("the size of reports", "1 KiB to 1 MiB"));
        }
        self.most_bytes = bytes;
        Ok(self)
    }

    /// Counts up to so many reports of a body; the others are counted together, as `unread`.
    ///
    /// # Errors
    /// [`ConfigError::Range`] outside of 1 to 1000.
    pub fn with_max_reports(mut self, reports: usize) -> Result<Self, ConfigError> {
        if !(1..=1_000).contains(&reports) {
            return Err(ConfigError::Range("the number of reports", "1 to 1000"));
        }
        self.most_reports = reports;
        Ok(self)
    }

    /// Reads so many bodies in so long, from all clients together; others are answered with 429.
    ///
    /// # Errors
    /// [`ConfigError::QuotaRange`].
    pub fn with_quota(mut self, quota: Quota) -> Result<Self, ConfigError> {
        self.budget = Arc::new(Budget::new(Gcra::new(quota)?, self.budget.clock.clone()));
        Ok(self)
    }

    /// Tells the time by `clock`; what was counted before is forgotten.
    pub fn with_clock<D: Clock>(self, clock: D) -> ReportSink<D> {
        ReportSink {
            most_bytes: self.most_bytes,
            most_reports: self.most_reports,
            budget: Arc::new(Budget::new(self.budget.gcra, clock)),
            observer: self.observer,
        }
    }

    /// Reports to `observer`: each violation as `reported` of the guard `csp`, or `csp_report_only` for a policy that is only tried out, with the
    /// directive or `other` as its reason; and decisions of the guard `reports` on bodies, with `method`, `media_type`, `quota`, `size`,
    /// `incomplete` and `syntax` for refused ones, and `other_type` and `unread` for reports that are not counted by directive.
    pub fn with_observer(mut self, observer: Arc<dyn Observer>) -> Self {
        self.observer = observer;
        self
    }

    /// Whether one more body is read.
    pub(super) fn admitted(&self) -> Result<(), Refusal> {
        let Budget { gcra, state, clock, start } = &*self.budget;
        let standing = gcra.take(&mut state.lock(), nanos_since(clock, *start));
        if standing.allowed { Ok(()) } else { Err(Refusal::Quota(standing.wait)) }
    }
}

impl<C> ReportSink<C> {
    /// Reads a whole body and tells the observer what is in it.
    pub(super) fn count(&self, format: Format, body: &[u8]) -> Result<(), Refusal> {
        let told = format.read(body, self.most_reports).ok_or(Refusal::Syntax)?;
        self.observer.decision(Decision::allowed(GUARD));
        for (guard, counts) in [(ENFORCED, &told.enforced), (TRIED, &told.tried)] {
            for (place, count) in counts.iter().enumerate() {
                self.tell(guard, Told::label(place), *count);
            }
        }
        self.tell(GUARD, "other_type", told.other);
        // A body can hold tens of thousands of these, and an observer may be asked no more than so often.
        self.tell(GUARD, "unread", told.unread.min(1));
        Ok(())
    }

    pub(super) fn refused(&self, refusal: Refusal) {
        self.observer.decision(Decision::found(GUARD, Mode::Enforce, refusal.as_str()));
    }

    fn tell(&self, guard: &'static str, reason: &'static str, times: u32) {
        for _ in 0..times {
            self.observer.decision(Decision { guard, verdict: Verdict::Reported, reason });
        }
    }
}

impl<C: Clock> Budget<C> {
    fn new(gcra: Gcra, clock: C) -> Self {
        let start = clock.now();
        Self { gcra, state: Mutex::default(), clock, start }
    }
}

impl Default for ReportSink {
    fn default() -> Self {
        Self::new()
    }
}
