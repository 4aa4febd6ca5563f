//! Configuration -> guards: every layer of the path, built once and told whom to report to.

use std::sync::Arc;

use campotech_core::Observer;
use campotech_metrics::Metrics;
use campotech_security::ConfigError;
use campotech_security::client_ip::ClientIpLayer;
use campotech_security::cors::{CrossOriginLayer, OriginList};
use campotech_security::csrf::CsrfLayer;
use campotech_security::deadline::HandlerDeadlineLayer;
use campotech_security::headers::SecurityHeadersLayer;
use campotech_security::inspect::InspectLayer;
use campotech_security::overload::OverloadLayer;
use campotech_security::payload::PayloadLayer;
use campotech_security::rate_limit::shared::SharedLimits;
use campotech_security::rate_limit::{Algorithm, RateLimitLayer, Tier};
use campotech_security::request_id::RequestIdLayer;
use campotech_sentry::{SentryGuard, SentryLayer};

use crate::config::Settings;
use crate::error::PlatformError;
use crate::stack::Stack;

/// Requests at once before more are shed. Each may hold a body of the largest size.
const IN_FLIGHT: usize = 1_024;

/// What the service adds to the settings.
#[derive(Debug, Default)]
pub(crate) struct Additions {
    pub(crate) tiers: Vec<Tier>,
    pub(crate) body_limits: Vec<(&'static str, usize)>,
    pub(crate) signed: Vec<&'static str>,
    pub(crate) shared: Option<SharedLimits>,
}

pub(crate) fn stack(
    settings: &Settings,
    metrics: &Metrics,
    sentry: &SentryGuard,
    observer: &Arc<dyn Observer>,
    additions: Additions,
) -> Result<Stack, PlatformError> {
    let told = || Arc::clone(observer);
    let origins = settings.cors_origins.clone().unwrap_or_else(OriginList::none);
    Ok(Stack {
        client_ip: ClientIpLayer::new(settings.trusted_proxies.clone()).with_observer(told()),
        request_id: RequestIdLayer::new().with_sampling(settings.traces.sampling()).with_observer(told()),
        metrics: metrics.clone(),
        headers: SecurityHeadersLayer::new(),
        cors: CrossOriginLayer::new(origins.clone()).with_observer(told()),
        csrf: CsrfLayer::new().with_trusted_origins(origins).with_observer(told()),
        errors: SentryLayer::new(sentry).with_server_errors(true),
        overload: OverloadLayer::new(IN_FLIGHT)
            .map_err(PlatformError::build("overload"))?
            .with_observer(told()),
        rate_limit: rate_limit(settings, additions.tiers, additions.shared)?.with_observer(told()),
        deadline: HandlerDeadlineLayer::new(settings.request_deadline)
            .map_err(PlatformError::build("CAMPOTECH_REQUEST_DEADLINE"))?
            .with_observer(told()),
        payload: payload(settings, &additions.body_limits, &additions.signed)
            .map_err(PlatformError::build("payload"))?
            .with_observer(told()),
        inspect: inspect(&additions.signed).map_err(PlatformError::build("inspect"))?.with_observer(told()),
        observer: told(),
    })
}

fn rate_limit(
    settings: &Settings,
    mut tiers: Vec<Tier>,
    shared: Option<SharedLimits>,
) -> Result<RateLimitLayer, PlatformError> {
    if !tiers.iter().any(|tier| tier.name() == "standard") {
        tiers.push(Tier::new("standard", settings.rate_standard, Algorithm::Gcra));
    }
    let layer = RateLimitLayer::new(tiers).map_err(PlatformError::build("rate limit"))?;
    Ok(shared.into_iter().fold(layer, RateLimitLayer::with_shared))
}

fn inspect(signed: &[&'static str]) -> Result<InspectLayer, ConfigError> {
    signed.iter().try_fold(InspectLayer::new(), |layer, pattern| layer.without_body_for(pattern))
}

fn payload(
    settings: &Settings,
    limits: &[(&'static str, usize)],
    signed: &[&'static str],
) -> Result<PayloadLayer<axum::body::Body>, ConfigError> {
    let mut layer = PayloadLayer::new(settings.max_body).with_deadline(settings.request_deadline)?;
    for (pattern, limit) in limits {
        layer = layer.with_limit_for(pattern, *limit)?;
    }
    for pattern in signed {
        layer = layer.without_decoding_for(pattern)?;
    }
    Ok(layer)
}
