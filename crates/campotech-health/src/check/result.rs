//! What a run of a check found.

use std::fmt;

use campotech_core::{CheckOutcome, ComponentStatus};

use crate::Reason;

/// What a run found: a status, a reason from the closed set, and perhaps a message that goes to the log only.
#[derive(Clone, PartialEq, Eq)]
pub struct CheckResult {
    status: ComponentStatus,
    reason: Reason,
    message: Option<String>,
}

impl CheckResult {
    /// It works.
    #[must_use]
    pub const fn ok() -> Self {
        Self { status: ComponentStatus::Healthy, reason: Reason::Ok, message: None }
    }

    /// It works, but worse than it should.
    #[must_use]
    pub const fn degraded(reason: Reason) -> Self {
        Self { status: ComponentStatus::Degraded, reason, message: None }
    }

    /// It does not work.
    #[must_use]
    pub const fn failed(reason: Reason) -> Self {
        Self { status: ComponentStatus::Unhealthy, reason, message: None }
    }

    /// Adds the driver's words. They go to `tracing` and never into an answer.
    #[must_use]
    pub fn with_message(mut self, message: impl fmt::Display) -> Self {
        self.message = Some(message.to_string());
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

// The message may hold a password, and `{:?}` gets everywhere.
impl fmt::Debug for CheckResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CheckResult")
            .field("status", &self.status)
            .field("reason", &self.reason)
            .finish_non_exhaustive()
    }
}
