//! Why a webhook is refused.

use campotech_core::{Problem, ProblemKind, kinds};
use http::header::{ACCEPT_ENCODING, WWW_AUTHENTICATE};
use http::{HeaderValue, StatusCode};

use super::scheme::Scheme;

/// A refused webhook, to be answered with its [`problem`](WebhookError::problem).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[error("{reason}")]
pub struct WebhookError {
    pub(super) scheme: Scheme,
    pub(super) reason: WebhookReason,
}

/// A closed reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum WebhookReason {
    /// There is no secret to verify with.
    #[error("the webhook has no secret")]
    NotConfigured,
    /// There is no signature, or a part of what is signed is not there.
    #[error("the request carries no signature")]
    Missing,
    /// A header is there twice, or is not what the scheme writes.
    #[error("the signature is malformed")]
    Malformed,
    /// The signature belongs to other content or another secret.
    #[error("the signature does not match")]
    Mismatch,
    /// It was signed too long ago.
    #[error("the signature is too old")]
    Stale,
    /// It was signed in the future.
    #[error("the signature is of a time to come")]
    Early,
    /// It was here before, and was taken.
    #[error("the request was here before")]
    Replayed,
    /// It is here already, and not yet taken.
    #[error("the same request is under way")]
    UnderWay,
    /// No more can be remembered.
    #[error("the replay store is full")]
    StoreFull,
    /// What was here before can't be asked.
    #[error("the replay store does not answer")]
    Store,
    /// A signed body has no coding.
    #[error("the body has a content coding")]
    Coding,
    /// The body is larger than one that is verified.
    #[error("the body is too large")]
    Size,
    /// The layer got a body that nobody has read: the payload layer belongs around it.
    #[error("the body was not read before its signature")]
    Unread,
}

impl WebhookError {
    /// Why.
    #[must_use]
    pub const fn reason(self) -> WebhookReason {
        self.reason
    }

    /// A stable code: that of the reason.
    #[must_use]
    pub const fn code(self) -> &'static str {
        self.reason.code()
    }

    /// 401, the same for whatever is wrong with the signature, its time or its being here again; 409 while the same one
    /// is under way; 413 and 415 for the body; 503 without a secret or a store.
    #[must_use]
    pub fn problem(self) -> Problem {
        let problem = Problem::new(self.reason.kind());
        match self.reason {
            WebhookReason::Coding => {
                problem.with_header(ACCEPT_ENCODING, HeaderValue::from_static("identity"))
            }
            _ if problem.status() == StatusCode::UNAUTHORIZED => {
                problem.with_header(WWW_AUTHENTICATE, HeaderValue::from_static(self.scheme.challenge()))
            }
            _ => problem,
        }
    }
}

impl WebhookReason {
    /// A stable code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::NotConfigured => "not_configured",
            Self::Missing => "missing",
            Self::Malformed => "malformed",
            Self::Mismatch => "mismatch",
            Self::Stale => "stale",
            Self::Early => "early",
            Self::Replayed => "replayed",
            Self::UnderWay => "under_way",
            Self::StoreFull => "store_full",
            Self::Store => "store",
            Self::Coding => "coding",
            Self::Size => "size",
            Self::Unread => "unread",
        }
    }

    const fn kind(self) -> &'static ProblemKind {
        match self {
            Self::Missing | Self::Malformed | Self::Mismatch | Self::Stale | Self::Early | Self::Replayed => {
                &kinds::UNAUTHORIZED
            }
            Self::UnderWay => &kinds::CONFLICT,
            Self::NotConfigured | Self::StoreFull | Self::Store => &kinds::UNAVAILABLE,
            Self::Coding => &kinds::UNSUPPORTED_MEDIA_TYPE,
            Self::Size => &kinds::PAYLOAD_TOO_LARGE,
            Self::Unread => &kinds::INTERNAL,
        }
    }
}
