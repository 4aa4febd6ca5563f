//! The contract, for programs and for people.

use axum::Extension;
use axum::extract::State;
use axum::response::{Html, IntoResponse};
use campotech::security::headers::CspNonce;
use http::header::CONTENT_TYPE;

use crate::app::App;
use crate::openapi;

pub(crate) async fn document(State(app): State<App>) -> impl IntoResponse {
    ([(CONTENT_TYPE, "application/json")], app.document().text().clone())
}

pub(crate) async fn page(State(app): State<App>) -> impl IntoResponse {
    let nonce = CspNonce::generate();
    (Extension(nonce), Html(openapi::page(app.document().value(), nonce.as_str())))
}
