//! Why a body is refused.

use campotech_core::{AnswerBody, Problem, ProblemKind, kinds};
use http::header::{ACCEPT_ENCODING, CONNECTION};
use http::request::Parts;
use http::{HeaderValue, Response, Version};

/// A closed reason.
#[cfg_attr(not(feature = "decompression"), expect(dead_code, reason = "some of them are about decoding"))]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    /// More was announced than is taken.
    DeclaredSize,
    /// More came than is taken.
    Size,
    /// It was not done by its deadline.
    Deadline,
    /// It came too slowly.
    Rate,
    /// It has a coding that is not read.
    Coding,
    /// It is too large once decoded.
    DecodedSize,
    /// It grows too much when it is decoded.
    Ratio,
    /// It is not what its coding says.
    Corrupt,
    /// It failed half-way: the client went away.
    Incomplete,
}

impl Refusal {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::DeclaredSize => "declared_size",
            Self::Size => "size",
            Self::Deadline => "deadline",
            Self::Rate => "rate",
            Self::Coding => "coding",
            Self::DecodedSize => "decoded_size",
            Self::Ratio => "ratio",
            Self::Corrupt => "corrupt",
            Self::Incomplete => "incomplete",
        }
    }

    const fn kind(self) -> &'static ProblemKind {
        match self {
            Self::DeclaredSize | Self::Size | Self::DecodedSize | Self::Ratio => &kinds::PAYLOAD_TOO_LARGE,
            Self::Deadline | Self::Rate => &kinds::REQUEST_TIMEOUT,
            Self::Coding => &kinds::UNSUPPORTED_MEDIA_TYPE,
            Self::Corrupt | Self::Incomplete => &kinds::BAD_REQUEST,
        }
    }

    /// Whether the body had been read to its end.
    const fn was_read(self) -> bool {
        matches!(self, Self::DecodedSize | Self::Ratio | Self::Corrupt)
    }

    pub(super) fn answer<B>(self, parts: &Parts, accepted: &'static str) -> Response<AnswerBody<B>> {
        let mut problem = Problem::new(self.kind());
        if self == Self::Coding {
            problem = problem.with_header(ACCEPT_ENCODING, HeaderValue::from_static(accepted));
        }
        // What was not read would be taken for the next request; HTTP/2 has streams for that, and no such header.
        if !self.was_read() && parts.version <= Version::HTTP_11 {
            problem = problem.with_header(CONNECTION, HeaderValue::from_static("close"));
        }
        problem.answer(&parts.headers, &parts.extensions)
    }
}
