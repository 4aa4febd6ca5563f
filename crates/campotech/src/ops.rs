//! The routes that operators and probes use.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::response::{Html, IntoResponse};
use axum::routing::{any_service, get};
use axum::{Extension, Router};
use campotech_health::{Details, Health};
use campotech_metrics::Metrics;
use campotech_security::headers::CspNonce;
use http::Uri;
use http::header::{CACHE_CONTROL, REFRESH};

use crate::status::Page;

/// What a listener shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Face {
    /// Everything: metrics, status page, components.
    Operators,
    /// The three probes without details.
    Public,
}

impl Face {
    /// What the public listener shows: everything only where nobody but this machine reaches it.
    pub(crate) fn of_public(addr: SocketAddr, admin: Option<SocketAddr>) -> Self {
        match (admin, addr.ip().is_loopback()) {
            (None, true) => Self::Operators,
            (Some(_), _) => Self::Public,
            (None, false) => {
                tracing::warn!(
                    "the listener is not a loopback address and CAMPOTECH_ADMIN_LISTEN is not set: \
                     no metrics, no status page, no health details are served"
                );
                Self::Public
            }
        }
    }
}

/// The ops routes as one router, without their path.
pub(crate) fn routes(face: Face, health: &Health, metrics: &Metrics, page: &Arc<Page>) -> Router {
    match face {
        Face::Public => health.router(Details::Hidden),
        Face::Operators => {
            let page = Arc::clone(page);
            health
                .router(Details::Shown)
                .route("/metrics", any_service(metrics.endpoint()))
                .route("/status", get(move |uri| status(Arc::clone(&page), uri)))
        }
    }
}

/// The routes of the admin listener: all of them, and the CPU profile where it is built in.
pub(crate) fn admin_routes(health: &Health, metrics: &Metrics, page: &Arc<Page>) -> Router {
    let routes = routes(Face::Operators, health, metrics, page);
    #[cfg(feature = "cpu-profile")]
    let routes = routes.merge(crate::profile::router());
    routes
}

/// Loads again by itself, for which it needs no script; not with `?still`, for those who need longer (WCAG 2.2.1).
async fn status(page: Arc<Page>, uri: Uri) -> impl IntoResponse {
    let nonce = CspNonce::generate();
    let still = uri.query() == Some("still");
    let html = Html(page.render(nonce.as_str(), still));
    let again = (!still).then_some([(REFRESH, "5")]);
    ([(CACHE_CONTROL, "no-store")], again, Extension(nonce), html)
}
