//! What handlers fail with, as problems.

use axum::response::{IntoResponse, Response};
use campotech::core::{Localized, Problem, ProblemKind, kinds};
use campotech::validate::CursorError;
use http::header::{CONNECTION, RETRY_AFTER, SEC_WEBSOCKET_VERSION, UPGRADE, WWW_AUTHENTICATE};
use http::{HeaderValue, StatusCode};

use crate::auth::PasswordError;
use crate::store::{Conflict, StoreError};

static UPGRADE_REQUIRED: ProblemKind = ProblemKind {
    uri: "urn:campotech:problem:upgrade-required",
    status: StatusCode::UPGRADE_REQUIRED,
    title: Localized {
        en: "Upgrade required",
        es: "Se requiere otro protocolo",
        es_ar: "Hace falta otro protocolo",
    },
    detail: Localized {
        en: "Connect with a WebSocket.",
        es: "Conéctese con un WebSocket.",
        es_ar: "Conectate con un WebSocket.",
    },
};

/// Why a handler has no answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ApiError {
    /// No token, or none that is known.
    #[error("not logged in")]
    Unauthorized,
    /// Address and password do not belong together.
    #[error("wrong credentials")]
    WrongCredentials,
    /// Too many failures of this account.
    #[error("the account has no failures left")]
    AccountLocked(Problem),
    /// A signature, a token of the handshake, or an origin that is not ours.
    #[error("not allowed")]
    Forbidden,
    /// The request doesn't ask for the WebSocket that is there.
    #[error("not an upgrade")]
    NotAnUpgrade,
    /// The webhook has no secrets.
    #[error("the webhook is not configured")]
    NotConfigured,
    /// The store has no answer.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Passwords can't be hashed right now.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// A list can't say where it goes on.
    #[error(transparent)]
    Cursor(#[from] CursorError),
    /// Any other problem.
    #[error("{}", .0.kind().code())]
    Problem(Problem),
}

impl From<Problem> for ApiError {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

impl ApiError {
    fn problem(self) -> Problem {
        match self {
            Self::Unauthorized => Problem::new(&kinds::UNAUTHORIZED)
                .with_header(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer")),
            Self::WrongCredentials => Problem::new(&kinds::UNAUTHORIZED)
                .with_detail(Localized {
                    en: "Address or password is wrong.",
                    es: "La dirección o la contraseña no es correcta.",
                    es_ar: "La dirección o la contraseña no es correcta.",
                })
                .with_header(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer")),
            Self::Forbidden => Problem::new(&kinds::FORBIDDEN),
            // RFC 9110, 15.5.22: what to upgrade to is said; RFC 6455, 4.4: and in which version.
            Self::NotAnUpgrade => Problem::new(&UPGRADE_REQUIRED)
                .with_header(CONNECTION, HeaderValue::from_static("upgrade"))
                .with_header(UPGRADE, HeaderValue::from_static("websocket"))
                .with_header(SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13")),
            Self::NotConfigured => Problem::new(&kinds::UNAVAILABLE),
            Self::Store(StoreError::NotFound) => Problem::new(&kinds::NOT_FOUND),
            Self::Store(StoreError::Conflict(Conflict::EmailTaken)) => Problem::new(&kinds::CONFLICT)
                .with_detail(Localized {
                    en: "This address is taken.",
                    es: "Esta dirección ya está registrada.",
                    es_ar: "Esta dirección ya está registrada.",
                }),
            Self::Store(StoreError::Conflict(_)) => Problem::new(&kinds::CONFLICT).with_detail(Localized {
                en: "The job can't go from its status to this one.",
                es: "El trabajo no puede pasar de su estado a este.",
                es_ar: "El trabajo no puede pasar de su estado a este.",
            }),
            Self::Store(error) => {
                tracing::error!(error = &error as &dyn std::error::Error, "the store has no answer");
                Problem::new(&kinds::UNAVAILABLE).with_header(RETRY_AFTER, HeaderValue::from_static("5"))
            }
            Self::Password(PasswordError::Busy) => Problem::new(&kinds::TEMPORARY_REDUCED_CAPACITY)
                .with_header(RETRY_AFTER, HeaderValue::from_static("1")),
            Self::Password(error) => {
                tracing::error!(%error, "a password can't be hashed");
                Problem::new(&kinds::INTERNAL)
            }
            Self::Cursor(error) => {
                tracing::error!(%error, "a cursor can't be sealed");
                Problem::new(&kinds::INTERNAL)
            }
            Self::AccountLocked(problem) | Self::Problem(problem) => problem,
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        self.problem().into_response()
    }
}
