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
    /// The settings of one component can't work.
    #[error("component {name}: {error}")]
    Component {
        /// The component.
        name: String,
        /// What is wrong with its settings.
        error: Box<ConfigError>,
    },
    /// A group's or tag's name is no label.
    #[error("the name of a group is not 1 to 63 characters a-z, 0-9, '_', '-' that start with a letter")]
    InvalidGroup,
    /// Two groups, or a group and a tag, have the same name.
    #[error("two groups are named {name}")]
    DuplicateGroup {
        /// The name.
        name: String,
    },
    /// A group has no member, or one that is no component.
    #[error("the members of group {name} are not one or more of the components")]
    InvalidMembers {
        /// The group's name.
        name: String,
    },
    /// The URL of an HTTP check can't be used. It is not repeated, it may hold a password.
    #[error("the url of check {name} {problem}")]
    InvalidUrl {
        /// The check's name.
        name: String,
        /// What is wrong with the URL.
        problem: &'static str,
    },
    /// What a check connects to is no host and port.
    #[error("the address of check {name} {problem}")]
    InvalidAddress {
        /// The check's name.
        name: String,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// A ratio is not above 0 and at most 1.
    #[error("{setting} is not above 0 and at most 1")]
    InvalidRatio {
        /// The setting.
        setting: &'static str,
    },
    /// The name of a table or column is none that could be asked for safely.
    #[error("{setting} is not 1 to 63 characters a-z, A-Z, 0-9, '_' that don't start with a digit")]
    InvalidIdentifier {
        /// The setting.
        setting: &'static str,
    },
    /// The range of expected statuses of an HTTP check holds none.
    #[error("the expected statuses of check {name} are not a range within 100 to 599")]
    InvalidStatusRange {
        /// The check's name.
        name: String,
    },
}

/// Why a runtime can't be watched.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WatchError {
    /// A threshold of zero, which everything is over.
    #[error("the threshold of a stall is zero")]
    ZeroThreshold,
    /// There is no thread to be had.
    #[error("the watchdog has no thread")]
    Thread(#[source] std::io::Error),
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
    pub fn code(&self) -> &'static str {
        match self {
            Self::InvalidName { .. } => "invalid_name",
            Self::DuplicateName { .. } => "duplicate_name",
            Self::ZeroDuration { .. } => "zero_duration",
            Self::TimeoutTooLong { .. } => "timeout_too_long",
            Self::ReprobeTooLong { .. } => "reprobe_too_long",
            Self::MaxAgeTooShort { .. } => "max_age_too_short",
            Self::Component { error, .. } => error.code(),
            Self::InvalidGroup => "invalid_group",
            Self::DuplicateGroup { .. } => "duplicate_group",
            Self::InvalidMembers { .. } => "invalid_members",
            Self::InvalidUrl { .. } => "invalid_url",
            Self::InvalidAddress { .. } => "invalid_address",
            Self::InvalidRatio { .. } => "invalid_ratio",
            Self::InvalidIdentifier { .. } => "invalid_identifier",
            Self::InvalidStatusRange { .. } => "invalid_status_range",
        }
    }
}

impl WatchError {
    /// A stable code for logs and tests.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::ZeroThreshold => "zero_threshold",
            Self::Thread(_) => "no_thread",
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
