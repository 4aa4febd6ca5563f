//! The handle.

use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::{broadcast, watch};
use tokio::task::AbortHandle;

use super::supervisor::supervise;
use super::{HealthBuilder, ReadinessLatch};
use crate::error::{StartError, WatchError};
use crate::service::{Details, HealthLayer, HealthService};
use crate::state::{HealthEvent, Phase, Scope, Shared, Snapshot};
use crate::watchdog::Watchdog;

/// The health of a service: its checks, its phase, and what is served of them. Clones share everything.
///
/// The checks end with [`stop`](Self::stop), or when the last handle and the last service made of one are dropped.
#[derive(Debug, Clone)]
pub struct Health(Arc<Shared>);

impl Health {
    /// Starts to describe the health of `service` in `version`, which are both public.
    pub fn builder(service: impl Into<Arc<str>>, version: impl Into<Arc<str>>) -> HealthBuilder {
        HealthBuilder::new(service.into(), version.into())
    }

    pub(super) fn of(shared: Shared) -> Self {
        Self(Arc::new(shared))
    }

    /// Starts one background task per check on the current tokio runtime, whose time must be enabled, and one that starts
    /// them again should they end.
    ///
    /// Does nothing while they run; starts them again where the runtime they ran on is gone.
    ///
    /// # Errors
    /// [`StartError`] outside a runtime, and after [`stop`](Self::stop).
    pub fn start(&self) -> Result<(), StartError> {
        let runtime = Handle::try_current().map_err(|_| StartError::NoRuntime)?;
        let mut tasks = self.0.tasks.lock();
        if self.0.is_stopped() {
            return Err(StartError::Stopped);
        }
        if tasks.supervisor.as_ref().is_none_or(AbortHandle::is_finished) {
            tasks.supervisor = Some(runtime.spawn(supervise(Arc::downgrade(&self.0))).abort_handle());
        }
        drop(tasks);
        self.0.mark_started();
        Ok(())
    }

    /// Watches a runtime from a thread of its own: as long as no worker has got to a new task for `threshold`, `/live` and all
    /// other routes answer 503.
    ///
    /// That can only be seen where the routes are served from another runtime, such as that of an admin listener: on the one that
    /// stalls, nobody answers. A process that was stopped as a whole, or got no processor, is no stall.
    ///
    /// # Errors
    /// [`WatchError`] on a threshold of zero, and where there is no thread.
    pub fn watch(&self, runtime: &Handle, threshold: Duration) -> Result<Watchdog, WatchError> {
        Watchdog::start(Arc::downgrade(&self.0), runtime.clone(), threshold)
    }

    /// Ends the checks for good; not ready from now on.
    pub fn stop(&self) {
        self.0.stop();
    }

    /// Not ready from now on, for good, whatever the checks find; they go on. Comes before the listener is closed.
    pub fn drain(&self) {
        self.0.drain();
    }

    /// Not ready while it is on.
    pub fn set_maintenance(&self, on: bool) {
        self.0.set_maintenance(on);
    }

    /// Whether maintenance is on, whatever else is.
    #[must_use]
    pub fn is_in_maintenance(&self) -> bool {
        self.0.is_in_maintenance()
    }

    /// Not ready before the latch is dropped. Take it before the work that must be done first.
    pub fn latch(&self, name: &'static str) -> ReadinessLatch {
        ReadinessLatch { shared: Arc::downgrade(&self.0), id: self.0.latch(name), name }
    }

    /// Whether traffic is welcome: serving, healthy or degraded, and on a runtime that does its work.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.0.glance(Scope::Everything).is_ready()
    }

    /// Where the service is in its life.
    #[must_use]
    pub fn phase(&self) -> Phase {
        self.0.phase().0
    }

    /// Everything that is known now. Runs no check.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        self.0.snapshot(Scope::Everything)
    }

    /// The age of the oldest result, or the time since the start for a check without one.
    #[must_use]
    pub fn snapshot_age(&self) -> Duration {
        self.0.age()
    }

    /// The snapshot after each change of a state, a reason or the phase. A result that grows stale is no event: ask
    /// [`snapshot`](Self::snapshot) for what holds now.
    #[must_use]
    pub fn subscribe(&self) -> watch::Receiver<Arc<Snapshot>> {
        self.0.subscribe()
    }

    /// Each change from now on, one by one. A listener that is 256 events behind misses the oldest, and is told how many.
    ///
    /// ```
    /// use campotech_health::{Health, HealthEvent, Phase};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let health = Health::builder("jobs-api", "1.4.2").build()?;
    /// let mut events = health.events();
    /// health.drain();
    /// assert_eq!(events.try_recv()?, HealthEvent::Phase { from: Phase::Starting, to: Phase::Draining });
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn events(&self) -> broadcast::Receiver<HealthEvent> {
        self.0.events()
    }

    /// The probe routes as a service.
    #[must_use]
    pub fn service(&self, details: Details) -> HealthService {
        HealthService::new(Arc::clone(&self.0), details)
    }

    /// The probe routes in front of another service, such as a whole application that is no axum `Router`.
    ///
    /// ```
    /// use campotech_health::{Details, Health};
    /// use tower::ServiceBuilder;
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let health = Health::builder("jobs-api", "1.4.2").build()?;
    /// let service = ServiceBuilder::new()
    ///     .layer(health.layer(Details::Hidden))
    ///     .service_fn(|_request: http::Request<String>| async {
    ///         Ok::<_, std::convert::Infallible>(http::Response::new(String::from("hello")))
    ///     });
    /// # drop(service);
    /// # Ok(())
    /// # }
    /// ```
    pub fn layer(&self, details: Details) -> HealthLayer {
        HealthLayer::new(self.service(details))
    }

    /// The state for a gRPC server.
    #[cfg(feature = "grpc")]
    pub fn grpc(&self, details: Details) -> crate::GrpcHealth {
        crate::GrpcHealth::new(Arc::clone(&self.0), details)
    }

    /// The probe routes, each under its own template.
    #[cfg(feature = "axum")]
    pub fn router(&self, details: Details) -> axum::Router {
        let service = self.service(details);
        service
            .templates()
            .iter()
            .fold(axum::Router::new(), |router, template| router.route_service(template, service.clone()))
    }
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
