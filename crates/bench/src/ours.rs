//! The layers of this house, each over a service that does nothing.

use std::time::Duration;

use campotech_metrics::Metrics;
use campotech_security::client_ip::{ClientIpLayer, TrustedProxies};
use campotech_security::deadline::HandlerDeadlineLayer;
use campotech_security::headers::SecurityHeadersLayer;
use campotech_security::inspect::InspectLayer;
use campotech_security::overload::OverloadLayer;
use campotech_security::request_id::RequestIdLayer;
use campotech_sentry::{SentryGuard, SentryLayer};
use tower::Layer;

use crate::service::{Nothing, driven, get};
use crate::{Case, Subject};

/// The floor of every layer.
pub const NOTHING: &str = "nothing";

pub const CASES: &[Case] = &[
    Case { name: NOTHING, floor: NOTHING, begin: || driven(Nothing, get) },
    layer("metrics.layer", metrics),
    layer("metrics.ops_layer", ops),
    layer("sentry.layer_without_dsn", || {
        driven(SentryLayer::new(&SentryGuard::disabled()).layer(Nothing), get)
    }),
    layer("security.client_ip", || driven(ClientIpLayer::new(TrustedProxies::none()).layer(Nothing), get)),
    layer("security.request_id", || driven(RequestIdLayer::new().layer(Nothing), get)),
    layer("security.headers", || driven(SecurityHeadersLayer::new().layer(Nothing), get)),
    layer("security.inspect", || driven(InspectLayer::new().layer(Nothing), get)),
    layer("security.overload", || driven(OverloadLayer::new(1_000).expect("a limit").layer(Nothing), get)),
    layer("security.deadline", || {
        driven(HandlerDeadlineLayer::new(Duration::from_secs(10)).expect("a deadline").layer(Nothing), get)
    }),
];

const fn layer(name: &'static str, begin: fn() -> Subject) -> Case {
    Case { name, floor: NOTHING, begin }
}

fn metrics() -> Subject {
    driven(measured().layer().layer(Nothing), get)
}

fn ops() -> Subject {
    driven(measured().ops_layer().layer(Nothing), get)
}

fn measured() -> Metrics {
    Metrics::builder("bench", "1").build().expect("metrics")
}
