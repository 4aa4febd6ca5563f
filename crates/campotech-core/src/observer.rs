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

/// What a health check can read of its dependency besides how it is; the unit is part of the name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Measure {
    /// When the dependency's certificate ends, in seconds since the Unix epoch.
    CertificateExpiry,
    /// How far a replica is behind, in seconds.
    ReplicationLag,
    /// The age of the oldest transaction that is open, in seconds.
    OldestTransaction,
    /// What is used of a limit, such as memory, disk or a pool: 0 to 1.
    UsedRatio,
    /// Entries that wait in a queue.
    QueueDepth,
    /// The age of the oldest entry that waits in a queue, in seconds.
    QueueAge,
}

/// A number that a health check has read.
#[derive(Debug, Clone, Copy)]
pub struct Measurement<'a> {
    /// The component's registered name.
    pub component: &'a str,
    /// What was read.
    pub measure: Measure,
    /// Its value, in the measure's unit.
    pub value: f64,
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

    /// A health check has read a number.
    fn measurement(&self, measurement: Measurement<'_>) {
        let _ = measurement;
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

    fn measurement(&self, measurement: Measurement<'_>) {
        (**self).measurement(measurement);
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

impl Measure {
    /// Every measure.
    pub const ALL: [Self; 6] = [
        Self::CertificateExpiry,
        Self::ReplicationLag,
        Self::OldestTransaction,
        Self::UsedRatio,
        Self::QueueDepth,
        Self::QueueAge,
    ];

    /// The name with its unit, such as `replication_lag_seconds`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CertificateExpiry => "certificate_expiry_timestamp_seconds",
            Self::ReplicationLag => "replication_lag_seconds",
            Self::OldestTransaction => "oldest_transaction_seconds",
            Self::UsedRatio => "used_ratio",
            Self::QueueDepth => "queue_depth",
            Self::QueueAge => "queue_age_seconds",
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
