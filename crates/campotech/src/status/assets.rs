//! The page and what it loads.

use std::sync::Arc;

use axum::response::{Html, IntoResponse};
use axum::routing::get;
use axum::{Extension, Json, Router};
use campotech_security::headers::CspNonce;
use http::Uri;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};

use super::{Page, charts};

/// uPlot 1.6.32, as published; its licence (MIT) lies beside it.
const UPLOT: &str = include_str!("assets/uplot.js");
const UPLOT_CSS: &str = include_str!("assets/uplot.css");
const CHARTS: &str = include_str!("assets/charts.js");

/// Scripts change with the program only.
const KEPT: &str = "max-age=3600";

/// `/status`, and the files below it.
pub(crate) fn routes(page: &Arc<Page>) -> Router {
    let (shown, drawn) = (Arc::clone(page), Arc::clone(page));
    Router::new()
        .route("/status", get(move |uri| status(Arc::clone(&shown), uri)))
        .route("/status/history.json", get(move || history(Arc::clone(&drawn))))
        .route("/status/uplot.js", get(|| file("text/javascript", UPLOT)))
        .route("/status/uplot.css", get(|| file("text/css", UPLOT_CSS)))
        .route("/status/charts.js", get(|| file("text/javascript", CHARTS)))
}

/// With `?still` it stays as it is, for those who need longer (WCAG 2.2.1).
async fn status(page: Arc<Page>, uri: Uri) -> impl IntoResponse {
    let nonce = CspNonce::generate();
    let html = Html(page.render(nonce.as_str(), uri.query() == Some("still")));
    ([(CACHE_CONTROL, "no-store")], Extension(nonce), html)
}

async fn history(page: Arc<Page>) -> impl IntoResponse {
    ([(CACHE_CONTROL, "no-store")], Json(charts::columns(&page.history)))
}

async fn file(kind: &'static str, text: &'static str) -> impl IntoResponse {
    ([(CONTENT_TYPE, kind), (CACHE_CONTROL, KEPT)], text)
}
