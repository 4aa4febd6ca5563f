//! Why a server gave no answer.

use crate::{CheckResult, Reason};

/// A reason, the driver's words for the log, and whether the connection itself is the matter.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) reason: Reason,
    pub(crate) message: String,
    /// The connection ended, which for an old one may be nothing but its age.
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
