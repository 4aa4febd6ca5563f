//! Configuration -> guards: every layer of the path, built once and told whom to report to.

use std::sync::Arc;

use campotech_core::{Mode, Observer};
use campotech_metrics::Metrics;
use campotech_security::ConfigError;
use campotech_security::client_ip::ClientIpLayer;
use campotech_security::cors::{CrossOriginLayer, OriginList};
use campotech_security::csrf::CsrfLayer;
use campotech_security::deadline::HandlerDeadlineLayer;
use campotech_security::headers::{HeaderProfile, ReportingEndpoint, SecurityHeadersLayer};
use campotech_security::identity::IdentityLayer;
use campotech_security::inspect::{Detection, InspectLayer};
use campotech_security::overload::OverloadLayer;
use campotech_security::payload::PayloadLayer;
use campotech_security::rate_limit::shared::SharedLimits;
use campotech_security::rate_limit::{Algorithm, RateLimitLayer, Tier};
use campotech_security::request_id::RequestIdLayer;
use campotech_sentry::{SentryGuard, SentryLayer};

use super::attack_evidence::EvidenceLog;
use crate::config::{DetectionMode, Guard, Settings};
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
    pub(crate) open: Vec<&'static str>,
    pub(crate) reports: Option<&'static str>,
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
    let mode = |guard| settings.report_only.mode(guard);
    let origins = settings.cors_origins.clone().unwrap_or_else(OriginList::none);
    Ok(Stack {
        identity: IdentityLayer::new(
            ClientIpLayer::new(settings.trusted_proxies.clone()).with_observer(told()),
            RequestIdLayer::new().with_sampling(settings.traces.sampling()).with_observer(told()),
        ),
        metrics: metrics.clone(),
        headers: headers(additions.reports).map_err(PlatformError::build("reports"))?,
        cors: CrossOriginLayer::new(origins.clone()).with_observer(told()),
        csrf: csrf(origins, &additions.open)
            .map_err(PlatformError::build("csrf"))?
            .with_mode(mode(Guard::Csrf))
            .with_isolation(mode(Guard::Csrf))
            .with_observer(told()),
        errors: SentryLayer::new(sentry).with_server_errors(true),
        overload: OverloadLayer::new(IN_FLIGHT)
            .map_err(PlatformError::build("overload"))?
            .with_mode(mode(Guard::Overload))
            .with_observer(told()),
        rate_limit: rate_limit(settings, additions.tiers, additions.shared)?.with_observer(told()),
        deadline: HandlerDeadlineLayer::new(settings.request_deadline)
            .map_err(PlatformError::build("CAMPOTECH_REQUEST_DEADLINE"))?
            .with_mode(mode(Guard::Deadline))
            .with_observer(told()),
        payload: payload(settings, &additions.body_limits, &additions.signed)
            .map_err(PlatformError::build("payload"))?
            .with_mode(mode(Guard::Payload))
            .with_observer(told()),
        inspect: inspect(settings, &additions.signed, additions.reports)
            .map_err(PlatformError::build("inspect"))?
            .with_mode(mode(Guard::Inspect))
            .with_observer(told()),
    })
}

/// Pages alone load what may violate a policy.
fn headers(reports: Option<&'static str>) -> Result<SecurityHeadersLayer, ConfigError> {
    let layer = SecurityHeadersLayer::new();
    let Some(path) = reports else { return Ok(layer) };
    Ok(layer.with_html(HeaderProfile::html().with_reports(&ReportingEndpoint::new("csp", path)?)))
}

fn rate_limit(
    settings: &Settings,
    mut tiers: Vec<Tier>,
    shared: Option<SharedLimits>,
) -> Result<RateLimitLayer, PlatformError> {
    if !tiers.iter().any(|tier| tier.name() == "standard") {
        tiers.push(Tier::new("standard", settings.rate_standard, Algorithm::Gcra));
    }
    let enforces = settings.report_only.mode(Guard::RateLimit).enforces();
    let tiers = tiers.into_iter().map(|tier| if enforces { tier } else { tier.shadow_all() });
    let layer = RateLimitLayer::new(tiers).map_err(PlatformError::build("rate limit"))?;
    Ok(shared.into_iter().fold(layer, RateLimitLayer::with_shared))
}

fn csrf(origins: OriginList, open: &[&'static str]) -> Result<CsrfLayer, ConfigError> {
    let layer = CsrfLayer::new().with_trusted_origins(origins);
    open.iter().try_fold(layer, |layer, pattern| layer.without_isolation_for(pattern))
}

fn inspect(
    settings: &Settings,
    signed: &[&'static str],
    reports: Option<&'static str>,
) -> Result<InspectLayer, ConfigError> {
    let detecting = |mode| {
        let detection = Detection::new().with_mode(mode).with_evidence(Arc::new(EvidenceLog));
        InspectLayer::new().with_detection(detection)
    };
    let layer = match settings.detection {
        DetectionMode::Off => InspectLayer::new().without_detection(),
        DetectionMode::Report => detecting(Mode::ReportOnly),
        DetectionMode::Block => detecting(settings.report_only.mode(Guard::Inspect)),
    };
    // A browser's report of an attack holds it.
    signed.iter().copied().chain(reports).try_fold(layer, InspectLayer::without_body_for)
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
