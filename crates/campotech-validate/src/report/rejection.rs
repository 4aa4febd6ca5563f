//! The refusal that a report ends in.

use std::error::Error;
use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use campotech_core::{AnswerBody, FaultLocation, Language, Problem, ProblemKind, RequestId, kinds};
use http::header::{ACCEPT, ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_TYPE, RETRY_AFTER};
use http::{Extensions, HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode};

use super::{Code, Issue, ObserverExtension, Source, Violation, codes};

const ACCEPT_PATCH: HeaderName = HeaderName::from_static("accept-patch");

/// Refused input: which kind of problem it is and every fault, in no language yet.
#[derive(Debug, Clone, PartialEq)]
pub struct Rejection(Box<Parts>);

#[derive(Debug, Clone, PartialEq)]
struct Parts {
    kind: &'static ProblemKind,
    issues: Vec<Issue>,
    truncated: bool,
    headers: Vec<(HeaderName, HeaderValue)>,
    cause: Option<Cause>,
}

/// What kept a rule from being checked.
#[derive(Clone)]
struct Cause(Arc<dyn Error + Send + Sync>);

impl Rejection {
    /// A refusal of a well-formed body for one more reason, found by the handler: a 422.
    ///
    /// `pointer` is in fragment form and in wire names, such as `#/email`.
    #[must_use]
    pub fn of_body(pointer: &str, violation: impl Into<Violation>) -> Self {
        Self::one(&kinds::VALIDATION, FaultLocation::Pointer(pointer.to_owned()), violation.into())
    }

    /// A refusal of a query parameter for a reason found by the handler: a 400.
    #[must_use]
    pub fn of_query(name: &'static str, violation: impl Into<Violation>) -> Self {
        Self::one(&kinds::INVALID_PARAMETERS, FaultLocation::Query(name.into()), violation.into())
    }

    /// A refusal of a header for a reason found by the handler: a 400.
    #[must_use]
    pub fn of_header(name: &'static str, violation: impl Into<Violation>) -> Self {
        Self::one(&kinds::INVALID_PARAMETERS, FaultLocation::Header(name.into()), violation.into())
    }

    pub(crate) fn of_input(source: Source, issues: Vec<Issue>, truncated: bool) -> Self {
        let kind = match source {
            Source::Body => &kinds::VALIDATION,
            Source::Query | Source::Path | Source::Header => &kinds::INVALID_PARAMETERS,
        };
        Self::new(kind, issues, truncated)
    }

    pub(crate) fn of_findings(issues: Vec<Issue>, truncated: bool, conflicts: bool) -> Self {
        let kind = if conflicts { &kinds::CONFLICT } else { &kinds::VALIDATION };
        Self::new(kind, issues, truncated)
    }

    pub(crate) fn unavailable(cause: Box<dyn Error + Send + Sync>) -> Self {
        let mut rejection = Self::new(&kinds::UNAVAILABLE, Vec::new(), false);
        rejection.0.headers.push((RETRY_AFTER, HeaderValue::from_static("5")));
        rejection.0.cause = Some(Cause(cause.into()));
        rejection
    }

    pub(crate) fn malformed(violation: Violation) -> Self {
        Self::one(&kinds::BAD_REQUEST, FaultLocation::Pointer("#".to_owned()), violation)
    }

    pub(crate) fn malformed_at(issue: Issue) -> Self {
        Self::new(&kinds::BAD_REQUEST, vec![issue], false)
    }

    pub(crate) fn malformed_header(name: &'static str, code: &'static Code) -> Self {
        Self::one(&kinds::BAD_REQUEST, FaultLocation::Header(name.into()), code.into())
    }

    #[cfg(feature = "axum")]
    pub(crate) fn undecodable_path() -> Self {
        let place = FaultLocation::Path("*".into());
        Self::one(&kinds::INVALID_PARAMETERS, place, (&codes::ENCODING).into())
    }

    pub(crate) fn too_large() -> Self {
        let violation = Violation::new(&codes::BODY_TOO_LARGE);
        Self::one(&kinds::PAYLOAD_TOO_LARGE, FaultLocation::Pointer("#".to_owned()), violation)
    }

    pub(crate) fn content_type(code: &'static Code, accepted: &'static str) -> Self {
        let place = FaultLocation::Header(CONTENT_TYPE.as_str().into());
        let violation = Violation::new(code).with("accepted", accepted);
        let mut rejection = Self::one(&kinds::UNSUPPORTED_MEDIA_TYPE, place, violation);
        rejection.0.headers.push((ACCEPT, HeaderValue::from_static(accepted)));
        rejection
    }

    pub(crate) fn content_encoding() -> Self {
        let place = FaultLocation::Header(CONTENT_ENCODING.as_str().into());
        let mut rejection =
            Self::one(&kinds::UNSUPPORTED_MEDIA_TYPE, place, (&codes::CONTENT_ENCODING).into());
        rejection.0.headers.push((ACCEPT_ENCODING, HeaderValue::from_static("identity")));
        rejection
    }

    fn one(kind: &'static ProblemKind, location: FaultLocation, violation: Violation) -> Self {
        Self::new(kind, vec![Issue::new(location, violation)], false)
    }

    fn new(kind: &'static ProblemKind, issues: Vec<Issue>, truncated: bool) -> Self {
        Self(Box::new(Parts { kind, issues, truncated, headers: Vec::new(), cause: None }))
    }

    /// The refusal as a request with this method is answered: `Accept-Patch` beside `Accept` for a PATCH (RFC 5789,
    /// section 2.2).
    ///
    /// The extractors and the layer do this by themselves.
    #[must_use]
    pub fn for_method(mut self, method: &Method) -> Self {
        let headers = &mut self.0.headers;
        let find = |name| headers.iter().find(|header| header.0 == name).map(|header| header.1.clone());
        if *method == Method::PATCH
            && let (Some(accepted), None) = (find(ACCEPT), find(ACCEPT_PATCH))
        {
            headers.push((ACCEPT_PATCH, accepted));
        }
        self
    }

    /// The kind of problem.
    #[must_use]
    pub fn kind(&self) -> &'static ProblemKind {
        self.0.kind
    }

    /// The status it is answered with.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.0.kind.status
    }

    /// The faults, in the order of the fields, each field's rules after all types.
    #[must_use]
    pub fn issues(&self) -> &[Issue] {
        &self.0.issues
    }

    /// Whether there were more faults than are listed.
    #[must_use]
    pub fn truncated(&self) -> bool {
        self.0.truncated
    }

    /// The problem, its faults told in `language`.
    #[must_use]
    pub fn problem(&self, language: Language) -> Problem {
        let faults = self.0.issues.iter().map(|issue| issue.fault(language)).collect();
        let problem = Problem::new(self.0.kind).with_faults(faults, self.0.truncated);
        self.0
            .headers
            .iter()
            .cloned()
            .fold(problem, |problem, (name, value)| problem.with_header(name, value))
    }

    /// Answers the request with these headers and extensions, and tells its observer.
    #[must_use]
    pub fn answer<B>(&self, headers: &HeaderMap, extensions: &Extensions) -> Response<AnswerBody<B>> {
        self.respond(headers, extensions).map(AnswerBody::answer)
    }

    pub(crate) fn respond(&self, headers: &HeaderMap, extensions: &Extensions) -> Response<Bytes> {
        ObserverExtension::report(extensions, self);
        let language = Language::negotiate(headers);
        self.problem(language).into_response_in(language, RequestId::of(extensions))
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "refused input: {} ({})", self.0.kind.code(), self.0.issues.len())
    }
}

impl Error for Rejection {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.0.cause.as_ref().map(|cause| &*cause.0 as _)
    }
}

impl PartialEq for Cause {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

// A store's error may repeat what it was asked: it is shown to those only who ask for the source.
impl fmt::Debug for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Cause")
    }
}
