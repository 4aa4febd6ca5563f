//! From a platform that is set up to one that listens.

use std::sync::Arc;

use axum::Router;
use campotech_core::Observer;
use campotech_health::Health;
use campotech_security::reports::ReportSink;
use campotech_serve::{Server, Tls, shutdown_pair};

use crate::admin::Admin;
use crate::bound::Bound;
use crate::config::Guard;
use crate::error::PlatformError;
use crate::listener::Listener;
use crate::ops::{self, Face};
use crate::platform::Platform;
use crate::status::{History, Page};
use crate::wire;
use crate::wire::tls_files::TlsFiles;

/// Connections beyond the most, from which probes are answered and all others refused.
pub(crate) const RESERVE: usize = 64;

impl Platform {
    /// Builds everything and listens; nothing is accepted before [`Bound::run`].
    ///
    /// # Errors
    /// If a part can't be built or a listener can't be bound.
    ///
    /// # Panics
    /// If `routes` has one of the ops routes (`/live` `/ready` `/health` `/metrics` `/status`) or the route of
    /// [`csp_reports`](Self::csp_reports) itself.
    pub async fn bind(mut self, routes: Router) -> Result<Bound, PlatformError> {
        let observer: Arc<dyn Observer> = Arc::new(self.metrics.clone());
        let health = self.health(&observer)?;
        let additions = std::mem::take(&mut self.additions);
        let routes = match additions.reports {
            Some(path) => routes.route_service(path, ReportSink::new().with_observer(Arc::clone(&observer))),
            None => routes,
        };
        let stack = wire::guards::stack(&self.settings, &self.metrics, &self.sentry, &observer, additions)?;

        let listener = Listener::bind("CAMPOTECH_LISTEN", self.settings.listen)?;
        let admin_listener = self
            .settings
            .admin_listen
            .map(|addr| Listener::bind("CAMPOTECH_ADMIN_LISTEN", addr))
            .transpose()?;
        let (addr, admin_addr) = (listener.addr(), admin_listener.as_ref().map(Listener::addr));
        let face = Face::of_public(addr, admin_addr);
        let page = Arc::new(Page {
            health: health.clone(),
            history: History::start(
                self.metrics.clone(),
                health.clone(),
                std::mem::take(&mut self.facts),
                stack.rate_limit.tiers().iter().map(String::as_str),
            )
            .map_err(PlatformError::Thread)?,
        });
        let public_ops = ops::routes(face, &health, &self.metrics, &page);
        // The fallback of the router that is merged in stays, so requests that match nothing go the whole path too.
        // With its state: without, axum would put the layers around a handler anew for every request.
        let router = stack.around_ops(public_ops).merge(stack.around(routes)).with_state(());
        let tls = wire::tls_files::load(self.settings.tls.as_ref())?;
        let server = self.server(listener, face, tls.as_ref().map(TlsFiles::tls), &observer)?;
        wire::serve_metrics::publish(&self.metrics, &server.stats(), self.settings.max_connections)?;
        wire::runtime_metrics::publish(&self.metrics)?;
        health.start().map_err(PlatformError::build("health"))?;
        let watchdog = wire::runtime_stall::watch(&self.metrics, &health)?;
        // Last, so that nothing that fails leaves its thread behind.
        let admin_ops = || stack.around_ops(ops::admin_routes(&health, &self.metrics, &page)).with_state(());
        let admin = admin_listener.map(|listener| Admin::spawn(listener, admin_ops())).transpose()?;
        Ok(Bound {
            addr,
            admin_addr,
            face,
            signals: self.signals,
            maintenance: self.maintenance,
            watchdog,
            drain_delay: self.settings.drain_delay,
            drain_deadline: self.settings.drain_deadline,
            server,
            tls,
            router,
            health,
            rate_limits: stack.rate_limit.clone(),
            sentry: self.sentry,
            log_guard: self.log_guard,
            traces: self.traces,
            hooks: self.hooks,
            drain: self.drain.0,
            shutdown: shutdown_pair(),
            admin,
        })
    }

    fn server(
        &self,
        listener: Listener,
        face: Face,
        tls: Option<Tls>,
        observer: &Arc<dyn Observer>,
    ) -> Result<Server, PlatformError> {
        let settings = &self.settings;
        let mut server = Server::from_listener(listener.into_tokio()?)
            .map_err(PlatformError::build("CAMPOTECH_LISTEN"))?
            .with_max_connections(settings.max_connections)
            .with_max_connections_per_network(settings.client_connections)
            .with_uncounted_networks(settings.uncounted.clone())
            .with_reserve(RESERVE, face.paths().iter().copied())
            .map_err(PlatformError::build("CAMPOTECH_LISTEN"))?
            .with_max_age(settings.connection_max_age)
            .map_err(PlatformError::build("CAMPOTECH_CONNECTION_MAX_AGE"))?
            .with_mode(settings.report_only.mode(Guard::Connections))
            .with_observer(Arc::clone(observer));
        if let Some(proxy) = settings.proxy_protocol.clone() {
            server = server.with_proxy_protocol(proxy);
        }
        Ok(match tls {
            Some(tls) => server.with_tls(tls),
            None => server,
        })
    }

    fn health(&mut self, observer: &Arc<dyn Observer>) -> Result<Health, PlatformError> {
        let mut builder =
            Health::builder(self.service.name, self.service.version).with_observer(Arc::clone(observer));
        let external = wire::external_checks::components(&self.settings)?;
        for check in self.checks.drain(..).chain(external) {
            builder = builder.check(check);
        }
        let health = builder.build().map_err(PlatformError::build("health"))?;
        wire::health_age::publish(&self.metrics, &health)?;
        Ok(health)
    }
}
