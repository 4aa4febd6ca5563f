//! The layers of this house, each over a service that does nothing.

use std::sync::OnceLock;
use std::time::Duration;

use campotech_metrics::Metrics;
use campotech_security::client_ip::{ClientIpLayer, TrustedProxies};
use campotech_security::cors::{CrossOriginLayer, OriginList};
use campotech_security::csrf::CsrfLayer;
use campotech_security::deadline::HandlerDeadlineLayer;
use campotech_security::headers::{EmbedderPolicy, HeaderProfile, OpenerPolicy, SecurityHeadersLayer};
use campotech_security::identity::IdentityLayer;
use campotech_security::inspect::InspectLayer;
use campotech_security::overload::OverloadLayer;
use campotech_security::request_id::RequestIdLayer;
use campotech_sentry::{SentryConfig, SentryGuard, SentryLayer};
use http::HeaderValue;
use http::header::{
    HeaderName, STRICT_TRANSPORT_SECURITY, X_DNS_PREFETCH_CONTROL, X_FRAME_OPTIONS, X_XSS_PROTECTION,
};
use tower::Layer;

use crate::service::{Nothing, driven, get};
use crate::{Case, Subject};

/// The floor of every layer.
pub const NOTHING: &str = "nothing";

/// The headers of this house.
pub const HEADERS: &str = "security.headers";

/// As many headers as tower-helmet sets.
pub const FOURTEEN_HEADERS: &str = "security.headers.fourteen";

pub const CASES: &[Case] = &[
    Case { name: NOTHING, floor: NOTHING, begin: || driven(Nothing, get) },
    layer("metrics.layer", metrics),
    layer("metrics.ops_layer", ops),
    layer("sentry.layer_without_dsn", || {
        driven(SentryLayer::new(&SentryGuard::disabled()).layer(Nothing), get)
    }),
    layer("sentry.layer", || driven(SentryLayer::new(sentry_client()).layer(Nothing), get)),
    layer("security.client_ip", || driven(ClientIpLayer::new(TrustedProxies::none()).layer(Nothing), get)),
    layer("security.identity", || driven(identity().layer(Nothing), get)),
    layer("security.request_id", || driven(RequestIdLayer::new().layer(Nothing), get)),
    layer("security.cors", || {
        let origins = OriginList::parse("https://app.example.com,https://*.example.org").expect("origins");
        driven(CrossOriginLayer::new(origins).layer(Nothing), get)
    }),
    layer("security.cors_without_list", || {
        driven(CrossOriginLayer::new(OriginList::none()).layer(Nothing), get)
    }),
    layer("security.csrf", || driven(CsrfLayer::new().layer(Nothing), get)),
    layer(HEADERS, || driven(SecurityHeadersLayer::new().layer(Nothing), get)),
    layer(FOURTEEN_HEADERS, || driven(SecurityHeadersLayer::new().with_api(fourteen()).layer(Nothing), get)),
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

/// The names of tower-helmet's defaults, long values where it has long ones.
fn fourteen() -> HeaderProfile {
    let more = [
        (HeaderName::from_static("expect-ct"), "max-age=0"),
        (HeaderName::from_static("origin-agent-cluster"), "?1"),
        (STRICT_TRANSPORT_SECURITY, "max-age=15552000; includeSubDomains"),
        (X_DNS_PREFETCH_CONTROL, "off"),
        (HeaderName::from_static("x-download-options"), "noopen"),
        (X_FRAME_OPTIONS, "SAMEORIGIN"),
        (HeaderName::from_static("x-permitted-cross-domain-policies"), "none"),
        (X_XSS_PROTECTION, "0"),
    ];
    let profile = HeaderProfile::api()
        .with_opener_policy(OpenerPolicy::SameOrigin)
        .with_embedder_policy(EmbedderPolicy::RequireCorp);
    more.into_iter()
        .fold(profile, |profile, (name, value)| profile.with_header(name, HeaderValue::from_static(value)))
}

fn measured() -> Metrics {
    Metrics::builder("bench", "1").build().expect("metrics")
}

fn identity() -> IdentityLayer {
    IdentityLayer::new(ClientIpLayer::new(TrustedProxies::none()), RequestIdLayer::new())
}
