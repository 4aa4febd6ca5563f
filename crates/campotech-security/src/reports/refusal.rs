//! Why reports are refused.

use std::time::Duration;

use campotech_core::{AnswerBody, Problem, kinds};
use http::header::{ACCEPT, ALLOW, CONNECTION, RETRY_AFTER};
use http::request::Parts;
use http::{HeaderValue, Response, Version};

/// A closed reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    /// It is no `POST`.
    Method,
    /// It is no report by its media type.
    MediaType,
    /// More reports came lately than are taken; more are after so long.
    Quota(Duration),
    /// It is larger than reports are.
    Size,
    /// It failed half-way.
    Incomplete,
    /// It is not written as reports are.
    Syntax,
}

impl Refusal {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Method => "method",
            Self::MediaType => "media_type",
            Self::Quota(_) => "quota",
            Self::Size => "size",
            Self::Incomplete => "incomplete",
            Self::Syntax => "syntax",
        }
    }

    /// The answer; `read` says whether the body has come to its end.
    pub(super) fn answer<B>(self, parts: &Parts, read: bool) -> Response<AnswerBody<B>> {
        let mut problem = match self {
            Self::Method => {
                Problem::new(&kinds::METHOD_NOT_ALLOWED).with_header(ALLOW, HeaderValue::from_static("POST"))
            }
            Self::MediaType => {
                let types = HeaderValue::from_static("application/reports+json, application/csp-report");
                Problem::new(&kinds::UNSUPPORTED_MEDIA_TYPE).with_header(ACCEPT, types)
            }
            Self::Quota(wait) => {
                let whole = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
                Problem::new(&kinds::QUOTA_EXCEEDED).with_header(RETRY_AFTER, HeaderValue::from(whole.max(1)))
            }
            Self::Size => Problem::new(&kinds::PAYLOAD_TOO_LARGE),
            Self::Incomplete | Self::Syntax => Problem::new(&kinds::BAD_REQUEST),
        };
        // What was not read would be taken for the next request; HTTP/2 has streams for that, and no such header.
        if !read && parts.version <= Version::HTTP_11 {
            problem = problem.with_header(CONNECTION, HeaderValue::from_static("close"));
        }
        problem.answer(&parts.headers, &parts.extensions)
    }
}
