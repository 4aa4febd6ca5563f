//! How much may be in flight.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use campotech_core::{Mode, NoObserver, Observer};
use tower_layer::Layer;

use super::OverloadService;
use super::limit::Limit;
use crate::ConfigError;
use crate::rate_limit::seconds_up;

/// Answers 503 when too many requests are in flight, or when the service inside is not ready; clones share the limit.
///
/// A request is in flight until the last frame of its response body was handed to the transport, or the body was dropped;
/// an upgrade, until it is answered; a refusal (4xx, 5xx) with a body of known size up to 16 KiB, until it is answered,
/// because the work is done and who doesn't read it must not hold a place by that. No client network
/// ([`ClientIp::network`](campotech_core::ClientIp::network)) gets more than its share of the limit; a request without a
/// `ClientIp` counts towards the limit only. Mount probes and metrics outside of it, so that they answer under load.
///
/// # Defaults
/// A share of an eighth of the limit and at least 16 for each network, `Retry-After: 1`, enforced, no observer.
#[derive(Debug, Clone)]
pub struct OverloadLayer {
    pub(super) limit: Arc<Limit>,
    pub(super) observer: Arc<dyn Observer>,
    pub(super) mode: Mode,
    pub(super) share: usize,
    pub(super) retry_after: u64,
}

/// A network's part of the limit, and what it gets of a small one.
const SHARE: usize = 8;
const SMALLEST_SHARE: usize = 16;

impl OverloadLayer {
    /// Allows so many requests in flight, over all clones and connections.
    ///
    /// # Errors
    /// [`ConfigError::Range`] for 0.
    pub fn new(max_in_flight: usize) -> Result<Self, ConfigError> {
        if max_in_flight == 0 {
            return Err(ConfigError::Range("the number of requests in flight", "1 or more"));
        }
        let limit = Arc::new(Limit::new(max_in_flight));
        let share = (max_in_flight / SHARE).max(SMALLEST_SHARE);
        Ok(Self { limit, observer: Arc::new(NoObserver), mode: Mode::Enforce, share, retry_after: 1 })
    }

    /// Allows so many requests in flight of one client network. The limit or more: any network may take all.
    #[must_use]
    pub const fn with_share(mut self, share: NonZeroUsize) -> Self {
        self.share = share.get();
        self
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
        self.limit.in_flight()
    }
}

impl<S> Layer<S> for OverloadLayer {
    type Service = OverloadService<S>;

    fn layer(&self, inner: S) -> OverloadService<S> {
        OverloadService::new(inner, self.clone())
    }
}
