//! Why a server gave no answer.

#[cfg(any(feature = "http-check", feature = "network", feature = "postgres"))]
use std::io;

use crate::{CheckResult, Reason};

/// A reason, the driver's words for the log, and whether the connection itself is the matter.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) reason: Reason,
    pub(crate) message: String,
    /// The connection ended, which for an old one may be nothing but its age.
    #[cfg_attr(
        not(any(feature = "http-check", feature = "postgres", feature = "redis")),
        expect(dead_code, reason = "others keep no connection")
    )]
    pub(crate) ended: bool,
}

impl Failure {
    pub(crate) fn new(reason: Reason, message: impl Into<String>) -> Self {
        Self { reason, message: message.into(), ended: false }
    }
}

impl From<Failure> for CheckResult {
    fn from(failure: Failure) -> Self {
        Self::failed(failure.reason).with_message(failure.message)
    }
}

/// What the system's error of a connection means.
#[cfg(any(feature = "http-check", feature = "network", feature = "postgres"))]
pub(crate) fn of_io(error: &io::Error) -> Reason {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => Reason::Refused,
        io::ErrorKind::TimedOut => Reason::Timeout,
        _ => Reason::Unreachable,
    }
}
