//! The peers, each as its documentation puts it together, with two checks that work.

use axum::Router;
use axum::routing::get;
use axum_health::health_check;
use axum_health::indicator::Named;
use axum_health::indicators::PingHealthIndicator;
use health_checks::axum::RouterExt;
use health_checks::{HealthCheckOptions, HealthCheckResult, HealthChecks};
use tower::ServiceExt;

use super::IDLE;
use super::served::served;
use crate::{Case, Subject};

pub const HEALTH_CHECKS: &str = "health_checks.full";
pub const HEALTH_CHECKS_LIVE: &str = "health_checks.live";
pub const AXUM_HEALTH: &str = "axum_health.full";

pub const CASES: &[Case] = &[
    Case { name: HEALTH_CHECKS, floor: IDLE, begin: || routed(health_checks(), "/health") },
    Case { name: HEALTH_CHECKS_LIVE, floor: IDLE, begin: || routed(health_checks(), "/live") },
    Case { name: AXUM_HEALTH, floor: IDLE, begin: || routed(axum_health(), "/health") },
];

fn routed(router: Router, path: &'static str) -> Subject {
    served(path, move |request| router.clone().oneshot(request))
}

fn health_checks() -> Router {
    let checks = HealthChecks::builder()
        .add_fn("postgres", HealthCheckResult::healthy)
        .add_fn("redis", HealthCheckResult::healthy)
        .build();
    Router::new().map_health_checks("/health", checks.clone(), HealthCheckOptions::json()).map_health_checks(
        "/live",
        checks,
        HealthCheckOptions::liveness(),
    )
}

fn axum_health() -> Router {
    let health = axum_health::service::Health::builder()
        .with_indicator(PingHealthIndicator.named("postgres".to_owned()))
        .with_indicator(PingHealthIndicator.named("redis".to_owned()))
        .build();
    Router::new().route("/health", get(health_check)).layer(health)
}
