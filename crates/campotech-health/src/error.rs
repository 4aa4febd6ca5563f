//! What can be wrong with a configuration.

use std::time::Duration;

/// Why no [`Health`](crate::Health) could be built. Names nothing that might be a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// A component's name is no label.
    #[error(
        "the name of component {position} is not 1 to 63 characters a-z, 0-9, '_', '-' that start with a letter"
    )]
    InvalidName {
        /// Which one, counted from 1 in the order of registration.
        position: usize,
    },
    /// Two components have the same name.
    #[error("two components are named {name}")]
    DuplicateName {
        /// The name.
        name: String,
    },
    /// A duration is zero.
    #[error("{setting} is zero")]
    ZeroDuration {
        /// The setting.
        setting: &'static str,
    },
    /// A run could take so long that the next one is due.
    #[error("the timeout {timeout:?} is not below half of the interval {interval:?}")]
    TimeoutTooLong {
        /// The timeout of a run.
        timeout: Duration,
        /// The time from run to run.
        interval: Duration,
    },
    /// The time to the next run after a failure is longer than after a success.
    #[error("the re-probe delay {reprobe:?} is longer than the interval {interval:?}")]
    ReprobeTooLong {
        /// The time to the next run after a failure.
        reprobe: Duration,
        /// The time from run to run.
        interval: Duration,
    },
    /// Results would be called stale before the next one can be there.
    #[error("the maximum age {max_age:?} is below {needed:?}, when the next result is there at the latest")]
    MaxAgeTooShort {
        /// The maximum age of a result.
        max_age: Duration,
        /// The least that works with interval and timeout.
        needed: Duration,
    },
    /// The URL of an HTTP check can't be used. It is not repeated, it may hold a password.
    #[error("the url of check {name} {problem}")]
    InvalidUrl {
        /// The check's name.
        name: String,
        /// What is wrong with the URL.
        problem: &'static str,
    },
    /// The range of expected statuses of an HTTP check holds none.
    #[error("the expected statuses of check {name} are not a range within 100 to 599")]
    InvalidStatusRange {
        /// The check's name.
        name: String,
    },
}

/// Why the checks could not be started.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// Called outside a tokio runtime.
    #[error("health checks need a tokio runtime to run on")]
    NoRuntime,
    /// Stopped for good.
    #[error("health checks were stopped")]
    Stopped,
}

impl ConfigError {
    /// A stable code for logs and tests.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::InvalidName { .. } => "invalid_name",
            Self::DuplicateName { .. } => "duplicate_name",
            Self::ZeroDuration { .. } => "zero_duration",
            Self::TimeoutTooLong { .. } => "timeout_too_long",
            Self::ReprobeTooLong { .. } => "reprobe_too_long",
            Self::MaxAgeTooShort { .. } => "max_age_too_short",
            Self::InvalidUrl { .. } => "invalid_url",
            Self::InvalidStatusRange { .. } => "invalid_status_range",
        }
    }
}

impl StartError {
    /// A stable code for logs and tests.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NoRuntime => "no_runtime",
            Self::Stopped => "stopped",
        }
    }
}
