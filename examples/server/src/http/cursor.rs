//! Pages of a list: signed cursors, `next`, and `Link`.

use std::time::Duration;

use axum::Json;
use axum::response::{IntoResponse, Response};
use campotech::core::{Language, kinds};
use campotech::validate::{Cursor, CursorKeys};
use http::header::LINK;
use http::{HeaderMap, HeaderValue};
use serde::Serialize;
use uuid::Uuid;

use super::ApiError;
use crate::app::App;
use crate::store::{Page, PageKey};

/// A list that was left lying for a day is better read anew.
const LIFETIME: Duration = Duration::from_secs(24 * 60 * 60);

/// What a cursor is good for: one list of one viewer with one filter.
#[derive(Debug)]
pub(super) struct Scope {
    pub(super) list: &'static str,
    pub(super) viewer: Uuid,
    pub(super) filter: Option<&'static str>,
}

#[derive(Serialize)]
struct Wire<V> {
    items: Vec<V>,
    next: Option<String>,
}

impl Scope {
    fn text(&self) -> String {
        format!("{}/{}/{}", self.list, self.viewer, self.filter.unwrap_or_default())
    }
}

/// The place that a cursor of this scope stands for.
pub(super) fn open(
    app: &App,
    scope: &Scope,
    cursor: Option<&Cursor>,
    headers: &HeaderMap,
) -> Result<Option<PageKey>, ApiError> {
    let Some(cursor) = cursor else { return Ok(None) };
    keys(app)?
        .open(cursor, &scope.text())
        .map(Some)
        .map_err(|error| ApiError::Problem(error.rejection().problem(Language::negotiate(headers))))
}

/// Without the key of all replicas a cursor would lead nowhere on the others.
fn keys(app: &App) -> Result<&CursorKeys, ApiError> {
    app.cursors().ok_or_else(|| ApiError::Problem((&kinds::UNAVAILABLE).into()))
}

/// The page as `{items, next}`, with the next one in `Link` too (RFC 8288).
pub(super) fn answer<T, V: Serialize>(
    app: &App,
    scope: &Scope,
    path: &str,
    limit: usize,
    page: Page<T>,
    view: impl Fn(T) -> V,
) -> Result<Response, ApiError> {
    let next = match page.next {
        Some(key) => Some(keys(app)?.seal(&key, &scope.text(), LIFETIME)?.to_string()),
        None => None,
    };
    let link = next.as_ref().map(|cursor| {
        let filter = scope.filter.map(|filter| format!("&status={filter}")).unwrap_or_default();
        format!("<{path}?limit={limit}&cursor={cursor}{filter}>; rel=\"next\"")
    });
    let items = page.items.into_iter().map(view).collect();
    let mut response = Json(Wire { items, next }).into_response();
    if let Some(link) = link.and_then(|link| HeaderValue::from_str(&link).ok()) {
        response.headers_mut().insert(LINK, link);
    }
    Ok(response)
}
