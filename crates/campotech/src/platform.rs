//! The one object that a service sets up.

use std::pin::Pin;
use std::sync::Arc;

use axum::Router;
use campotech_health::Component;
use campotech_metrics::Metrics;
use campotech_security::rate_limit::{Algorithm, Tier};
use campotech_sentry::SentryGuard;

use crate::config::{Env, Settings};
use crate::error::PlatformError;
use crate::lifecycle::{DrainSignal, DrainTrigger, Drained, Signals};
use crate::logs::{self, LogGuard};
use crate::maintenance::MaintenanceSignals;
use crate::otlp::Traces;
use crate::status::StatusFact;
use crate::wire;
use crate::wire::guards::Additions;

/// The largest body of a webhook: Meta sends up to 1 MiB.
const WEBHOOK_BODY: usize = 1 << 20;

/// What a service is, as metrics, health and the status page show it.
///
/// ```
/// const SERVICE: campotech::Service = campotech::Service::new("billing", env!("CARGO_PKG_VERSION"));
/// assert_eq!(SERVICE.with_revision(option_env!("GIT_COMMIT")).name, "billing");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Service {
    /// The name, such as `campotech-server`.
    pub name: &'static str,
    /// The version, such as `env!("CARGO_PKG_VERSION")`.
    pub version: &'static str,
    /// The revision of its source, where whoever built it said so; for `build_info` and the release of error tracking.
    pub revision: Option<&'static str>,
}

impl Service {
    /// A service of this name and version.
    #[must_use]
    pub const fn new(name: &'static str, version: &'static str) -> Self {
        Self { name, version, revision: None }
    }

    /// With the revision of its source, if whoever built it said so.
    #[must_use]
    pub const fn with_revision(mut self, revision: Option<&'static str>) -> Self {
        self.revision = revision;
        self
    }
}

pub(crate) type Hook = Box<dyn FnOnce() -> Pin<Box<dyn Future<Output = ()> + Send>> + Send>;

/// Everything around a service's routes: configuration, logs, metrics, health, errors, limits, listeners, drain.
///
/// # Defaults
/// Those of the variables (see [`PLATFORM_VARIABLES`](crate::config::PLATFORM_VARIABLES)); no checks; a `standard` tier
/// for every route that no other tier takes.
pub struct Platform {
    pub(crate) service: Service,
    pub(crate) settings: Settings,
    pub(crate) metrics: Metrics,
    pub(crate) sentry: SentryGuard,
    pub(crate) log_guard: LogGuard,
    pub(crate) traces: Traces,
    pub(crate) signals: Signals,
    pub(crate) maintenance: MaintenanceSignals,
    pub(crate) checks: Vec<Component>,
    pub(crate) additions: Additions,
    pub(crate) facts: Vec<StatusFact>,
    pub(crate) hooks: Vec<Hook>,
    pub(crate) drain: (DrainTrigger, DrainSignal),
}

impl From<&'static str> for Service {
    fn from(name: &'static str) -> Self {
        Self { name, version: "unversioned", revision: None }
    }
}

impl Platform {
    /// A platform as this process's environment has it.
    ///
    /// # Errors
    /// A line for each variable that is wrong.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    pub fn from_env(service: impl Into<Service>) -> Result<Self, PlatformError> {
        let mut env = Env::process();
        let settings = Settings::read(&mut env);
        env.finish()?;
        Self::new(service, settings)
    }

    /// A platform with settings that were read together with the service's own. Signals are listened for from here on,
    /// so that one during a slow start ends it well.
    ///
    /// # Errors
    /// If a part can't be built.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    pub fn new(service: impl Into<Service>, settings: Settings) -> Result<Self, PlatformError> {
        let service = service.into();
        let signals = Signals::listen().map_err(PlatformError::Signals)?;
        let maintenance = MaintenanceSignals::listen().map_err(PlatformError::Signals)?;
        let sentry = wire::sentry_settings::init(&settings, service)?;
        let traces = Traces::start(&settings.traces, service)?;
        let log_guard = logs::install(&settings, &traces, &sentry);
        let mut metrics = Metrics::builder(service.name, service.version);
        if let Some(revision) = service.revision {
            metrics = metrics.with_revision(revision);
        }
        let metrics = metrics.build().map_err(PlatformError::build("metrics"))?;
        wire::log_metrics::publish(&metrics, &log_guard)?;
        traces.publish(&metrics)?;
        wire::sentry_metrics::publish(&metrics, &sentry)?;
        let report_only = settings.report_only.clone();
        let platform = Self {
            service,
            settings,
            metrics,
            sentry,
            log_guard,
            traces,
            signals,
            maintenance,
            checks: Vec::new(),
            additions: Additions::default(),
            facts: Vec::new(),
            hooks: Vec::new(),
            drain: DrainSignal::pair(),
        };
        if report_only.is_empty() {
            return Ok(platform);
        }
        tracing::warn!(guards = %report_only, "these guards refuse nothing");
        Ok(platform.fact("guards that refuse nothing", move || report_only.to_string()))
    }

    /// Watches a dependency.
    #[must_use]
    pub fn check(mut self, check: impl Into<Component>) -> Self {
        self.checks.push(check.into());
        self
    }

    /// Adds a rate-limit tier; the first whose routes match decides.
    #[must_use]
    pub fn tier(mut self, tier: Tier) -> Self {
        self.additions.tiers.push(tier);
        self
    }

    /// Puts these paths into the tier `auth`: exactly `CAMPOTECH_RATE_AUTH` in any window.
    #[must_use]
    pub fn auth_routes(self, globs: impl IntoIterator<Item = &'static str>) -> Self {
        let tier = Tier::new("auth", self.settings.rate_auth, Algorithm::SlidingLog).routes(globs);
        self.tier(tier)
    }

    /// Puts the paths of `glob` into the tier `webhook` (`CAMPOTECH_RATE_WEBHOOK`), with bodies of up to 1 MiB and
    /// without content codings: a signature is over the bytes as they were sent.
    #[must_use]
    pub fn webhook_routes(mut self, glob: &'static str) -> Self {
        self.additions.signed.push(glob);
        let tier = Tier::new("webhook", self.settings.rate_webhook, Algorithm::Gcra).routes([glob]);
        self.body_limit(glob, WEBHOOK_BODY).tier(tier)
    }

    /// Lets pages of all sites load what is under the paths of `glob`, such as pictures for everybody. Elsewhere a browser's `GET` for a
    /// page of another site is 403, but for links that are followed and origins of `CAMPOTECH_CORS_ORIGINS`.
    #[must_use]
    pub fn open_reads(mut self, glob: &'static str) -> Self {
        self.additions.open.push(glob);
        self
    }

    /// Takes bodies of up to `bytes` under the paths of `glob`, such as `/webhooks/*`.
    #[must_use]
    pub fn body_limit(mut self, glob: &'static str, bytes: usize) -> Self {
        self.additions.body_limits.push((glob, bytes));
        self
    }

    /// Asks browsers for reports where a page violates its content security policy, takes them at `path` (such as `/api/v1/reports`), and
    /// counts them by directive: `security_decisions_total{guard="csp"}`. The route goes the whole path, as the service's own do,
    /// but its bodies are not inspected: reports of attacks hold attacks.
    #[must_use]
    pub const fn csp_reports(mut self, path: &'static str) -> Self {
        self.additions.reports = Some(path);
        self
    }

    /// Shows a fact of the service on the status page. One that begins with a number is drawn over time, too, and
    /// `12 of 20` with what it may be. It is asked on the runtime's threads, too, so it must not block. One that panics is
    /// a dash on the page.
    #[must_use]
    pub fn fact(mut self, name: &'static str, value: impl Fn() -> String + Send + Sync + 'static) -> Self {
        self.facts.push(StatusFact { name, value: Arc::new(value) });
        self
    }

    /// Runs `hook` when the last request is answered, before error tracking is flushed; bounded by the drain deadline.
    #[must_use]
    pub fn on_drained<F, Fut>(mut self, hook: F) -> Self
    where
        F: FnOnce() -> Fut + Send + 'static,
        Fut: Future<Output = ()> + Send + 'static,
    {
        self.hooks.push(Box::new(move || Box::pin(hook())));
        self
    }

    /// The metrics, for business metrics and for the service's own.
    #[must_use]
    pub const fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    /// The settings in force.
    #[must_use]
    pub const fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Tells long-lived handlers that the service drains.
    #[must_use]
    pub fn drain_signal(&self) -> DrainSignal {
        self.drain.1.clone()
    }

    /// Serves `routes` until SIGTERM or SIGINT, and drains.
    ///
    /// # Errors
    /// If a part can't be built or a listener can't be bound.
    ///
    /// # Panics
    /// If `routes` has one of the ops routes (`/live` `/ready` `/health` `/metrics` `/status`) itself.
    pub async fn serve(self, routes: Router) -> Result<Drained, PlatformError> {
        Ok(self.bind(routes).await?.run().await)
    }
}

impl std::fmt::Debug for Platform {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Platform").field("service", &self.service).finish_non_exhaustive()
    }
}
