//! Whom guards and checks tell what they did. Metrics implement it; leaves know only this trait.

use std::fmt;
use std::time::Duration;

use crate::guard::Decision;

/// What a rate-limit tier decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RateLimitVerdict {
    /// Within the quota.
    Allowed,
    /// Over the quota and refused.
    Limited,
    /// Over the quota of a tier that only reports.
    Shadow,
    /// The shared store did not decide, so this replica's share did; reported in addition to what it decided.
    StoreError,
}

/// The state of a component, worst last; the number is the value of `health_status`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum ComponentStatus {
    /// Not known: no result yet, or none that is fresh enough.
    Unknown = 0,
    /// It does not work.
    Unhealthy = 1,
    /// It works, but worse than it should.
    Degraded = 2,
    /// It works.
    Healthy = 3,
}

/// How one run of a check ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CheckOutcome {
    /// It found a working dependency.
    Ok,
    /// It found a dependency that works, but worse than it should.
    Degraded,
    /// It found a dependency that does not work.
    Failed,
    /// It was not done by its deadline.
    Timeout,
    /// It panicked.
    Panicked,
}

/// One run of a health check.
#[derive(Debug, Clone, Copy)]
pub struct CheckReport<'a> {
    /// The component's registered name.
    pub component: &'a str,
    /// How the run ended.
    pub outcome: CheckOutcome,
    /// How long it took.
    pub duration: Duration,
}

/// A component's change of state, after thresholds.
#[derive(Debug, Clone, Copy)]
pub struct StateChange<'a> {
    /// The component's registered name.
    pub component: &'a str,
    /// The state it left.
    pub from: ComponentStatus,
    /// The state it is in now.
    pub to: ComponentStatus,
}

/// Receives what guards, limits, checks and validation report.
///
/// Called on the request path: an implementation neither blocks nor allocates for a label it has seen before. All
/// names are registered or closed ones, so an implementation may use them as labels.
pub trait Observer: fmt::Debug + Send + Sync + 'static {
    /// A guard decided on a request.
    fn decision(&self, decision: Decision) {
        let _ = decision;
    }

    /// A rate-limit tier decided on a request.
    fn rate_limit(&self, tier: &str, verdict: RateLimitVerdict) {
        let _ = (tier, verdict);
    }

    /// Input of `route` (a template, or `None` where none matched) was refused with `code`.
    fn validation_failure(&self, route: Option<&str>, code: &str) {
        let _ = (route, code);
    }

    /// A health check ran.
    fn check(&self, report: CheckReport<'_>) {
        let _ = report;
    }

    /// A component changed its state.
    fn state_change(&self, change: StateChange<'_>) {
        let _ = change;
    }
}

/// Observes nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoObserver;

impl Observer for NoObserver {}

impl<O: Observer + ?Sized> Observer for std::sync::Arc<O> {
    fn decision(&self, decision: Decision) {
        (**self).decision(decision);
    }

    fn rate_limit(&self, tier: &str, verdict: RateLimitVerdict) {
        (**self).rate_limit(tier, verdict);
    }

    fn validation_failure(&self, route: Option<&str>, code: &str) {
        (**self).validation_failure(route, code);
    }

    fn check(&self, report: CheckReport<'_>) {
        (**self).check(report);
    }

    fn state_change(&self, change: StateChange<'_>) {
        (**self).state_change(change);
    }
}

impl RateLimitVerdict {
    /// The label: `allowed`, `limited`, `shadow`, `store_error`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Allowed => "allowed",
            Self::Limited => "limited",
            Self::Shadow => "shadow",
            Self::StoreError => "store_error",
        }
    }
}

impl ComponentStatus {
    /// The label: `unknown`, `unhealthy`, `degraded`, `healthy`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Unhealthy => "unhealthy",
            Self::Degraded => "degraded",
            Self::Healthy => "healthy",
        }
    }
}

impl CheckOutcome {
    /// The label: `ok`, `degraded`, `failed`, `timeout`, `panicked`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Degraded => "degraded",
            Self::Failed => "failed",
            Self::Timeout => "timeout",
            Self::Panicked => "panicked",
        }
    }
}
