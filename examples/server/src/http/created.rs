//! The answer to whoever created something: 201, where it is, and what it looks like.

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::header::LOCATION;
use http::{HeaderValue, StatusCode};
use serde::Serialize;
use uuid::Uuid;

/// 201 with `Location: <list>/<id>`.
pub(super) fn created<V: Serialize>(list: &str, id: Uuid, view: V) -> Response {
    let mut response = (StatusCode::CREATED, Json(view)).into_response();
    // A path and a UUID are visible ASCII, so there always is one.
    if let Ok(location) = HeaderValue::from_str(&format!("{list}/{id}")) {
        response.headers_mut().insert(LOCATION, location);
    }
    response
}
