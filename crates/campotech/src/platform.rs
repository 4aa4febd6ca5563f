//! The one object that a service sets up.

use std::net::{SocketAddr, TcpListener as StdListener};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use campotech_core::Observer;
use campotech_health::{Component, Health};
use campotech_metrics::Metrics;
use campotech_security::rate_limit::Tier;
use campotech_sentry::SentryGuard;
use campotech_serve::{Server, Shutdown, Trigger, shutdown_pair};
use tokio::time::{Instant, timeout, timeout_at};

use crate::config::{Env, Settings};
use crate::error::PlatformError;
use crate::lifecycle::{DrainSignal, DrainTrigger, Drained, Signals};
use crate::ops::{self, Face};
use crate::status::{History, Page, StatusFact};
use crate::wire::guards::Additions;
use crate::{admin, logs, wire};

/// A service's name and version, as metrics, health and the status page show them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Service {
    /// The name, such as `campotech-server`.
    pub name: &'static str,
    /// The version, such as `env!("CARGO_PKG_VERSION")`.
    pub version: &'static str,
}

type Hook = Box<dyn FnOnce() -> Pin<Box<dyn Future<Output = ()> + Send>> + Send>;

/// Everything around a service's routes: configuration, logs, metrics, health, errors, limits, listeners, drain.
///
/// # Defaults
/// Those of the variables (see [`PLATFORM_VARIABLES`](crate::config::PLATFORM_VARIABLES)); no checks; a `standard` tier
/// for every route that no other tier takes.
pub struct Platform {
    service: Service,
    settings: Settings,
    metrics: Metrics,
    sentry: SentryGuard,
    checks: Vec<Component>,
    additions: Additions,
    facts: Vec<StatusFact>,
    hooks: Vec<Hook>,
    drain: (DrainTrigger, DrainSignal),
}

/// A platform that listens, and does not serve yet.
pub struct Bound {
    addr: SocketAddr,
    admin_addr: Option<SocketAddr>,
    face: Face,
    signals: Signals,
    settings: Settings,
    server: Server,
    router: Router,
    health: Health,
    sentry: SentryGuard,
    hooks: Vec<Hook>,
    drain: DrainTrigger,
    shutdown: (Trigger, Shutdown),
    admin: Option<Admin>,
}

struct Admin {
    thread: std::thread::JoinHandle<()>,
    trigger: Trigger,
}

impl From<&'static str> for Service {
    fn from(name: &'static str) -> Self {
        Self { name, version: "unversioned" }
    }
}

impl Platform {
    /// A platform as this process's environment has it.
    ///
    /// # Errors
    /// A line for each variable that is wrong.
    pub fn from_env(service: impl Into<Service>) -> Result<Self, PlatformError> {
        let mut env = Env::process();
        let settings = Settings::read(&mut env);
        env.finish()?;
        Self::new(service, settings)
    }

    /// A platform with settings that were read together with the service's own.
    ///
    /// # Errors
    /// If a part can't be built.
    pub fn new(service: impl Into<Service>, settings: Settings) -> Result<Self, PlatformError> {
        let service = service.into();
        let sentry = wire::sentry_settings::init(&settings, service)?;
        logs::install(&settings, &sentry);
        let metrics = Metrics::builder(service.name, service.version)
            .build()
            .map_err(|error| PlatformError::build("metrics", &error))?;
        Ok(Self {
            service,
            settings,
            metrics,
            sentry,
            checks: Vec::new(),
            additions: Additions::default(),
            facts: Vec::new(),
            hooks: Vec::new(),
            drain: DrainSignal::pair(),
        })
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

    /// Takes bodies of up to `bytes` under the paths of `glob`, such as `/webhooks/*`.
    #[must_use]
    pub fn body_limit(mut self, glob: &'static str, bytes: usize) -> Self {
        self.additions.body_limits.push((glob, bytes));
        self
    }

    /// Refuses content codings under the paths of `glob`: a signature is over the bytes as they were sent.
    #[must_use]
    pub fn signed(mut self, glob: &'static str) -> Self {
        self.additions.signed.push(glob);
        self
    }

    /// Shows a fact of the service on the status page.
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
        self.drain.1.handle()
    }

    /// Serves `routes` until SIGTERM or SIGINT, and drains.
    ///
    /// # Errors
    /// If a part can't be built or a listener can't be bound.
    pub async fn serve(self, routes: Router) -> Result<Drained, PlatformError> {
        Ok(self.bind(routes).await?.run().await)
    }

    /// Builds everything and listens; nothing is accepted before [`Bound::run`].
    ///
    /// # Errors
    /// If a part can't be built or a listener can't be bound.
    pub async fn bind(mut self, routes: Router) -> Result<Bound, PlatformError> {
        let signals = Signals::listen().map_err(PlatformError::Thread)?;
        let observer: Arc<dyn Observer> = Arc::new(self.metrics.clone());
        let health = self.health(&observer)?;
        let additions = std::mem::take(&mut self.additions);
        let stack = wire::guards::stack(&self.settings, &self.metrics, &self.sentry, &observer, additions)?;
        let settings = self.settings;

        let listener = listen("CAMPOTECH_LISTEN", settings.listen)?;
        let addr = listener.local_addr().unwrap_or(settings.listen);
        let history = History::start(self.metrics.clone());
        let page = Arc::new(Page { health: health.clone(), history, facts: self.facts });
        let alone = settings.admin_listen.is_none() && addr.ip().is_loopback();
        let face = if alone { Face::Operators } else { Face::Public };
        if settings.admin_listen.is_none() && !alone {
            tracing::warn!(
                "the listener is not a loopback address and CAMPOTECH_ADMIN_LISTEN is not set: \
                 no metrics, no status page, no health details are served"
            );
        }
        let ops = |face| stack.around_ops(ops::routes(face, &health, &self.metrics, &page));
        let admin = match settings.admin_listen {
            Some(wanted) => Some(start_admin(wanted, ops(Face::Operators))?),
            None => None,
        };
        // The fallback of the router that is merged in stays, so requests that match nothing go the whole path too.
        let router = ops(face).merge(stack.around(routes));
        let listener = tokio::net::TcpListener::from_std(listener)
            .map_err(|source| PlatformError::Listen { variable: "CAMPOTECH_LISTEN", addr, source })?;
        let server = Server::from_listener(listener)
            .map_err(|error| PlatformError::build("CAMPOTECH_LISTEN", &error))?
            .with_max_connections(settings.max_connections);
        wire::serve_metrics::publish(&self.metrics, &server.stats())?;
        wire::runtime_metrics::publish(&self.metrics)?;
        health.start().map_err(|error| PlatformError::build("health", &error))?;
        Ok(Bound {
            addr,
            admin_addr: admin.as_ref().map(|(addr, _)| *addr),
            face,
            signals,
            settings,
            server,
            router,
            health,
            sentry: self.sentry,
            hooks: std::mem::take(&mut self.hooks),
            drain: self.drain.0,
            shutdown: shutdown_pair(),
            admin: admin.map(|(_, admin)| admin),
        })
    }

    fn health(&mut self, observer: &Arc<dyn Observer>) -> Result<Health, PlatformError> {
        let mut builder =
            Health::builder(self.service.name, self.service.version).with_observer(Arc::clone(observer));
        for check in std::mem::take(&mut self.checks) {
            builder = builder.check(check);
        }
        for check in wire::external_checks::components(&self.settings)? {
            builder = builder.check(check);
        }
        let health = builder.build().map_err(|error| PlatformError::build("health", &error))?;
        wire::health_age::publish(&self.metrics, &health)?;
        Ok(health)
    }
}

impl Bound {
    /// Where the public listener is.
    #[must_use]
    pub const fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Where the admin listener is.
    #[must_use]
    pub const fn admin_addr(&self) -> Option<SocketAddr> {
        self.admin_addr
    }

    /// Where the status page and the metrics are, if anywhere.
    #[must_use]
    pub fn operators_addr(&self) -> Option<SocketAddr> {
        self.admin_addr.or((self.face == Face::Operators).then_some(self.addr))
    }

    /// The health of the service.
    #[must_use]
    pub const fn health(&self) -> &Health {
        &self.health
    }

    /// Accepts and serves until SIGTERM or SIGINT; then `/ready` is 503 at once, the listener stays open for the drain
    /// delay, requests in flight are answered, and at the drain deadline whatever is left is cut.
    ///
    /// A second signal ends the delay.
    pub async fn run(self) -> Drained {
        let Self {
            mut signals, settings, server, router, health, sentry, hooks, drain, shutdown, admin, ..
        } = self;
        let (trigger, shutdown) = shutdown;
        let server = server.with_drain_deadline(settings.drain_deadline - settings.drain_delay);
        let mut serving = tokio::spawn(server.serve(router, shutdown));

        signals.next().await;
        let deadline = Instant::now() + settings.drain_deadline;
        health.drain();
        trigger.leave();
        tracing::info!(delay = ?settings.drain_delay, deadline = ?settings.drain_deadline, "draining");
        let _ = timeout(settings.drain_delay, signals.next()).await;
        drain.pull();
        trigger.drain();
        let report = timeout_at(deadline + Duration::from_secs(1), &mut serving).await;
        serving.abort();
        let drained = match report {
            Ok(Ok(report)) => Drained { finished: report.finished, aborted: report.aborted },
            _ => Drained { finished: 0, aborted: 0 },
        };
        for hook in hooks {
            // Even at the deadline a hook gets a moment: what it stops may hold a lock that the next start needs.
            let until = deadline.max(Instant::now() + Duration::from_secs(1));
            if timeout_at(until, hook()).await.is_err() {
                tracing::warn!("a part of the service did not stop in time");
            }
        }
        wire::drain_flush::flush(sentry).await;
        if let Some(admin) = admin {
            admin.trigger.drain();
            let _ =
                timeout(Duration::from_secs(1), tokio::task::spawn_blocking(|| admin.thread.join())).await;
        }
        tracing::info!(finished = drained.finished, aborted = drained.aborted, "drained");
        drained
    }
}

fn listen(variable: &'static str, addr: SocketAddr) -> Result<StdListener, PlatformError> {
    let bound =
        StdListener::bind(addr).and_then(|listener| listener.set_nonblocking(true).map(|()| listener));
    bound.map_err(|source| PlatformError::Listen { variable, addr, source })
}

fn start_admin(wanted: SocketAddr, router: Router) -> Result<(SocketAddr, Admin), PlatformError> {
    let listener = listen("CAMPOTECH_ADMIN_LISTEN", wanted)?;
    let addr = listener.local_addr().unwrap_or(wanted);
    let (trigger, shutdown) = shutdown_pair();
    let thread = admin::spawn(listener, router, shutdown)?;
    Ok((addr, Admin { thread, trigger }))
}

impl std::fmt::Debug for Platform {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Platform").field("service", &self.service).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Bound {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Bound")
            .field("addr", &self.addr)
            .field("admin_addr", &self.admin_addr)
            .finish_non_exhaustive()
    }
}
