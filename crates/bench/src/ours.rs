//! The layers of this house, each over a service that does nothing.

use std::sync::OnceLock;
use std::time::Duration;

use campotech_metrics::Metrics;
use campotech_security::client_ip::{ClientIpLayer, TrustedProxies};
use campotech_security::deadline::HandlerDeadlineLayer;
use campotech_security::headers::SecurityHeadersLayer;
use campotech_security::inspect::InspectLayer;
use campotech_security::overload::OverloadLayer;
use campotech_security::request_id::RequestIdLayer;
use campotech_sentry::{SentryConfig, SentryGuard, SentryLayer};
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
    layer("sentry.layer", || driven(SentryLayer::new(sentry_client()).layer(Nothing), get)),
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

/// The client of this process, with a DSN that nobody listens at and no traces.
///
/// # Panics
/// The DSN is none.
pub fn sentry_client() -> &'static SentryGuard {
    static CLIENT: OnceLock<SentryGuard> = OnceLock::new();
    CLIENT.get_or_init(|| {
        let config = SentryConfig::new().with_dsn("http://key@127.0.0.1:9/1").expect("a DSN");
        campotech_sentry::init(config).expect("a client")
    })
}

fn measured() -> Metrics {
    Metrics::builder("bench", "1").build().expect("metrics")
}
