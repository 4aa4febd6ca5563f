//! The handle.

use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::task::AbortHandle;

use super::prober::probe;
use super::{HealthBuilder, ReadinessLatch};
use crate::error::StartError;
use crate::service::{Details, HealthService};
use crate::state::{Phase, Scope, Shared, Snapshot, is_ready};

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

    /// Starts one background task per check on the current tokio runtime, whose time must be enabled.
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
        tasks.resize_with(self.0.plan.components.len(), || None);
        for (index, task) in tasks.iter_mut().enumerate() {
            if task.as_ref().is_none_or(AbortHandle::is_finished) {
                *task = Some(runtime.spawn(probe(Arc::downgrade(&self.0), index)).abort_handle());
            }
        }
        drop(tasks);
        self.0.mark_started();
        Ok(())
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

    /// Not ready before the latch is dropped. Take it before the work that must be done first.
    pub fn latch(&self, name: &'static str) -> ReadinessLatch {
        ReadinessLatch { shared: Arc::downgrade(&self.0), id: self.0.latch(name), name }
    }

    /// Whether traffic is welcome: serving, and healthy or degraded.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        let (status, phase) = self.0.glance(Scope::Everything);
        is_ready(status, phase)
    }

    /// Where the service is in its life.
    #[must_use]
    pub fn phase(&self) -> Phase {
        self.0.glance(Scope::Everything).1
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

    /// The probe routes as a service.
    #[must_use]
    pub fn service(&self, details: Details) -> HealthService {
        HealthService::new(Arc::clone(&self.0), details)
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
