//! The limit and the permits under it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use campotech_core::{Mode, NoObserver, Observer};
use tower_layer::Layer;

use super::OverloadService;
use crate::ConfigError;
use crate::rate_limit::seconds_up;

/// Answers 503 when too many requests are in flight, or when the service inside is not ready; clones share the limit.
///
/// A request is in flight until its response body has ended or was dropped; an upgrade, until it is handed over. Mount
/// probes and metrics outside of it, so that they answer under load.
///
/// # Defaults
/// `Retry-After: 1`, enforced, no observer.
#[derive(Debug, Clone)]
pub struct OverloadLayer {
    pub(super) limit: Arc<Limit>,
    pub(super) observer: Arc<dyn Observer>,
    pub(super) mode: Mode,
    pub(super) retry_after: u64,
}

#[derive(Debug)]
pub(super) struct Limit {
    max_in_flight: usize,
    in_flight: AtomicUsize,
}

/// One request in flight.
#[derive(Debug)]
pub(super) struct Permit(Arc<Limit>);

impl OverloadLayer {
    /// Allows so many requests in flight, over all clones and connections.
    ///
    /// # Errors
    /// [`ConfigError::Range`] for 0.
    pub fn new(max_in_flight: usize) -> Result<Self, ConfigError> {
        if max_in_flight == 0 {
            return Err(ConfigError::Range("the number of requests in flight", "1 or more"));
        }
        let limit = Arc::new(Limit { max_in_flight, in_flight: AtomicUsize::new(0) });
        Ok(Self { limit, observer: Arc::new(NoObserver), mode: Mode::Enforce, retry_after: 1 })
    }

    /// Reports every decision to `observer`.
    #[must_use]
    pub fn with_observer(mut self, observer: Arc<dyn Observer>) -> Self {
        self.observer = observer;
        self
    }

    /// Sheds, or only reports what would be shed.
    #[must_use]
    pub const fn with_mode(mut self, mode: Mode) -> Self {
        self.mode = mode;
        self
    }

    /// What `Retry-After` says, in whole seconds, rounded up and at least 1.
    #[must_use]
    pub const fn with_retry_after(mut self, retry_after: Duration) -> Self {
        self.retry_after = seconds_up(retry_after);
        self
    }

    /// How many requests are in flight now.
    #[must_use]
    pub fn in_flight(&self) -> usize {
        self.limit.in_flight.load(Ordering::Relaxed)
    }
}

impl Limit {
    /// A permit, and whether it is within the limit.
    pub(super) fn enter(self: &Arc<Self>) -> (Permit, bool) {
        let before = self.in_flight.fetch_add(1, Ordering::Relaxed);
        (Permit(Arc::clone(self)), before < self.max_in_flight)
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.0.in_flight.fetch_sub(1, Ordering::Relaxed);
    }
}

impl<S> Layer<S> for OverloadLayer {
    type Service = OverloadService<S>;

    fn layer(&self, inner: S) -> OverloadService<S> {
        OverloadService::new(inner, self.clone())
    }
}
