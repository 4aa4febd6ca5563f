//! What a run of a check found.

use std::fmt;

use campotech_core::{CheckOutcome, ComponentStatus, Measure};

use super::Measures;
use crate::Reason;

/// What a run found: a status, a reason from the closed set, perhaps numbers, and perhaps a message that goes to the log
/// only.
#[derive(Clone, PartialEq)]
pub struct CheckResult {
    status: ComponentStatus,
    reason: Reason,
    message: Option<String>,
    measures: Measures,
}

impl CheckResult {
    /// It works.
    #[must_use]
    pub const fn ok() -> Self {
        Self::new(ComponentStatus::Healthy, Reason::Ok)
    }

    /// It works, but worse than it should.
    #[must_use]
    pub const fn degraded(reason: Reason) -> Self {
        Self::new(ComponentStatus::Degraded, reason)
    }

    /// It does not work.
    #[must_use]
    pub const fn failed(reason: Reason) -> Self {
        Self::new(ComponentStatus::Unhealthy, reason)
    }

    const fn new(status: ComponentStatus, reason: Reason) -> Self {
        Self { status, reason, message: None, measures: Measures::NONE }
    }

    /// Adds the driver's words. They go to `tracing` and never into an answer.
    #[must_use]
    pub fn with_message(mut self, message: impl fmt::Display) -> Self {
        self.message = Some(message.to_string());
        self
    }

    /// Adds a number, in the unit of its measure; the details and the observer get it.
    #[must_use]
    pub fn with_measure(mut self, measure: Measure, value: f64) -> Self {
        self.measures.set(measure, value);
        self
    }

    #[cfg(any(feature = "postgres", feature = "redis"))]
    pub(crate) const fn with_measures(mut self, measures: Measures) -> Self {
        self.measures = measures;
        self
    }

    /// Healthy, degraded or unhealthy.
    #[must_use]
    pub const fn status(&self) -> ComponentStatus {
        self.status
    }

    /// Why.
    #[must_use]
    pub const fn reason(&self) -> Reason {
        self.reason
    }

    /// The driver's words, for the log.
    #[must_use]
    pub fn message(&self) -> Option<&str> {
        self.message.as_deref()
    }

    /// The numbers that were read.
    #[must_use]
    pub const fn measures(&self) -> &Measures {
        &self.measures
    }

    /// How the run ended, as a label.
    #[must_use]
    pub const fn outcome(&self) -> CheckOutcome {
        match (self.status, self.reason) {
            (ComponentStatus::Healthy, _) => CheckOutcome::Ok,
            (ComponentStatus::Degraded, _) => CheckOutcome::Degraded,
            (_, Reason::Timeout) => CheckOutcome::Timeout,
            (_, Reason::Panicked) => CheckOutcome::Panicked,
            _ => CheckOutcome::Failed,
        }
    }
}

impl From<Result<(), Reason>> for CheckResult {
    fn from(result: Result<(), Reason>) -> Self {
        result.map_or_else(Self::failed, |()| Self::ok())
    }
}

impl From<Reason> for CheckResult {
    fn from(reason: Reason) -> Self {
        Self::failed(reason)
    }
}

// The message may hold a password, and `{:?}` gets everywhere.
impl fmt::Debug for CheckResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CheckResult")
            .field("status", &self.status)
            .field("reason", &self.reason)
            .finish_non_exhaustive()
    }
}
