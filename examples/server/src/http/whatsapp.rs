//! Meta's callbacks: verified over the raw bytes, committed, then answered.

use axum::Extension;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use campotech::core::{Decision, Language, Mode, Observer, RawBody, RequestContext};
use campotech::validate::check_json;

use super::ApiError;
use crate::app::App;
use crate::whatsapp::Delivery;

const ROUTE: &str = "/webhooks/whatsapp";

/// Answers the challenge of whoever knows the verify token.
pub(crate) async fn handshake(State(app): State<App>, RawQuery(query): RawQuery) -> Result<String, ApiError> {
    let webhook = app.webhook().ok_or(ApiError::NotConfigured)?;
    webhook.verify_token.handshake(query.as_deref()).map_err(|error| {
        app.metrics().decision(Decision::found("webhook", Mode::Enforce, error.code()));
        ApiError::Problem(error.problem())
    })
}

/// 200 once every message in it is committed; anything but 200 makes Meta send it again.
pub(crate) async fn callback(
    State(app): State<App>,
    headers: HeaderMap,
    body: Option<Extension<RawBody>>,
) -> Result<StatusCode, ApiError> {
    // A request without a body has none to sign.
    let body = body.map(|Extension(body)| body).unwrap_or_default();
    let webhook = app.webhook().ok_or(ApiError::NotConfigured)?;
    webhook.signature.verify(&headers, None, &body.0).map_err(|error| ApiError::Problem(error.problem()))?;
    check_json(&headers).map_err(|rejection| rejection.problem(Language::negotiate(&headers)))?;
    let mut delivery = Delivery::parse(&body.0);
    for message in &mut delivery.messages {
        message.brought_by = RequestContext::current();
    }
    for _ in 0..delivery.unknown {
        app.metrics().validation_failure(Some(ROUTE), "whatsapp.unknown");
    }
    if !delivery.messages.is_empty() {
        app.store().accept_messages(delivery.messages, app.now()).await?;
    }
    Ok(StatusCode::OK)
}
