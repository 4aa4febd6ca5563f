//! The routes that operators and probes use.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::routing::any_service;
use campotech_health::{Details, Health};
use campotech_metrics::Metrics;

use crate::maintenance;
use crate::status::{self, Page};

/// What a listener shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Face {
    /// Everything: metrics, status page, components.
    Operators,
    /// The three probes without details.
    Public,
}

impl Face {
    /// The paths that are answered also where the listener is full.
    pub(crate) const fn paths(self) -> &'static [&'static str] {
        match self {
            Self::Operators => {
                &["/live", "/ready", "/health", "/health/*", "/metrics", "/status", "/status/*"]
            }
            Self::Public => &["/live", "/ready", "/health"],
        }
    }

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
            let health = health.router(Details::Shown);
            health.route("/metrics", any_service(metrics.endpoint())).merge(status::routes(page))
        }
    }
}

/// The routes of the admin listener: all of them, the maintenance switch, and the CPU profile where it is built in.
pub(crate) fn admin_routes(health: &Health, metrics: &Metrics, page: &Arc<Page>) -> Router {
    let routes = routes(Face::Operators, health, metrics, page).merge(maintenance::router(health));
    #[cfg(feature = "cpu-profile")]
    let routes = routes.merge(crate::profile::router());
    routes
}
