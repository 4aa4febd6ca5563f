//! A kind of problem: what RFC 9457 calls a problem type.

use http::StatusCode;

use super::Localized;

/// A closed kind of problem. Make yours a `static`, beside those of [`kinds`](super::kinds).
#[derive(Debug, PartialEq, Eq)]
pub struct ProblemKind {
    /// The URI of the type: `urn:campotech:problem:<name>`, or a registered one.
    pub uri: &'static str,
    /// The status it is answered with.
    pub status: StatusCode,
    /// What it is called.
    pub title: Localized,
    /// What happened and what to do, without a trace of the input.
    pub detail: Localized,
}

impl ProblemKind {
    /// The last part of the URI, a stable code for logs and tests: `not-found`.
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.uri.rsplit([':', '#', '/']).next().unwrap_or(self.uri)
    }
}
