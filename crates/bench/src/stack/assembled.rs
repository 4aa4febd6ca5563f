//! What is put together of the peers' crates today, each as its documentation shows it.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::routing::get;
use axum_prometheus::metrics_exporter_prometheus::PrometheusHandle;
use http::{Request, StatusCode};
use tower::ServiceBuilder;
use tower_governor::GovernorLayer;
use tower_governor::governor::GovernorConfigBuilder;
use tower_helmet::HelmetLayer;
use tower_http::cors::{Any, CorsLayer};
use tower_http::limit::RequestBodyLimitLayer;
use tower_http::request_id::{MakeRequestUuid, PropagateRequestIdLayer, SetRequestIdLayer};
use tower_http::timeout::TimeoutLayer;

use super::{bare, request};
use crate::peers::prometheus_pair;
use crate::service::driven;
use crate::{Case, Subject};

pub const GET: &str = "stack.assembled.get";
pub const POST: &str = "stack.assembled.post";

pub const CASES: &[Case] = &[
    Case { name: GET, floor: bare::GET, begin: || stack(request::get) },
    Case { name: POST, floor: bare::POST, begin: || stack(request::post) },
];

fn stack(request: fn() -> Request<Body>) -> Subject {
    let (router, handle) = router();
    let mut subject = driven(router, request);
    Box::new(move |requests| {
        subject(requests);
        handle.run_upkeep();
    })
}

/// The routes within it all, and what has metrics kept up.
///
/// # Panics
/// A quota is none.
pub fn router() -> (Router, &'static PrometheusHandle) {
    let (metrics, handle) = prometheus_pair();
    let quota = GovernorConfigBuilder::default().per_nanosecond(1).burst_size(1_000_000_000).finish();
    let rendered = handle.clone();
    // The limit is in a layer of its own: it gives the handler another type of body.
    let router = bare::routes()
        .route("/metrics", get(move || std::future::ready(rendered.render())))
        .layer(RequestBodyLimitLayer::new(64 * 1_024))
        .layer(
            ServiceBuilder::new()
                .layer(metrics.clone())
                .layer(SetRequestIdLayer::x_request_id(MakeRequestUuid))
                .layer(PropagateRequestIdLayer::x_request_id())
                .layer(HelmetLayer::with_defaults())
                .layer(CorsLayer::new().allow_origin(Any).allow_methods(Any).allow_headers(Any))
                .layer(GovernorLayer::new(Arc::new(quota.expect("a quota"))))
                .layer(TimeoutLayer::with_status_code(StatusCode::REQUEST_TIMEOUT, Duration::from_secs(30))),
        )
        .with_state(());
    (router, handle)
}
