//! Who is logged in.

use axum::extract::FromRequestParts;
use http::HeaderMap;
use http::header::AUTHORIZATION;
use http::request::Parts;
use uuid::Uuid;

use super::ApiError;
use crate::app::App;
use crate::auth::Token;
use crate::domain::Session;

/// The user that the request's bearer token belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Viewer(pub(crate) Uuid);

impl Viewer {
    /// The user of a presented token.
    pub(crate) async fn of_token(app: &App, presented: &str) -> Result<Self, ApiError> {
        session(app, presented).await.map(|session| Self(session.user_id))
    }
}

impl FromRequestParts<App> for Viewer {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        Self::of_token(app, bearer(&parts.headers).ok_or(ApiError::Unauthorized)?).await
    }
}

/// The live session of a presented token.
pub(super) async fn session(app: &App, presented: &str) -> Result<Session, ApiError> {
    let hash = Token::hash_presented(presented).ok_or(ApiError::Unauthorized)?;
    app.store().session_by_token_hash(hash, app.now()).await?.ok_or(ApiError::Unauthorized)
}

/// The bearer token of the one `Authorization` header.
pub(super) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let (Some(value), None) = (values.next(), values.next()) else { return None };
    let (scheme, token) = value.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}
