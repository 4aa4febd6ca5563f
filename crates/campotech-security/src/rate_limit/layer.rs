//! What is limited, and how it is set up.

use std::fmt;
use std::sync::Arc;
use std::time::Instant;

use arc_swap::ArcSwap;
use campotech_core::{Clock, NoObserver, Observer, SystemClock};
use parking_lot::Mutex;
use tower_layer::Layer;

use super::RateLimitService;
use super::header::Legacy;
use super::lists::{Lists, NetworkList};
use super::shared::SharedLimits;
use super::tier::Tier;
use super::tiers::Tiers;
use crate::ConfigError;

/// Limits requests by tiers; clones share the counts.
///
/// The first tier with a route that fits the path decides; where none does, the tier without routes; without one, the
/// request is not limited. A path that can be read in two ways, such as `/webhooks/..%2flogin`, is counted by the tier of
/// either reading, and both must admit it. Answers of a limited route carry `RateLimit-Policy` and `RateLimit`; a refusal is a 429 with
/// `Retry-After`. A request without a key (for networks: without a [`ClientIp`](campotech_core::ClientIp), as the client-ip layer
/// is missing) is answered 503, never put in a bucket with others.
///
/// # Defaults
/// The machine's clock, no observer, quotas of this process alone, no lists, no headers of older conventions.
#[derive(Clone)]
pub struct RateLimitLayer<C = SystemClock> {
    pub(super) tiers: Arc<Current>,
    pub(super) observer: Arc<dyn Observer>,
    pub(super) clock: C,
    pub(super) start: Instant,
    pub(super) shared: Option<SharedLimits>,
    pub(super) lists: Option<Arc<Lists>>,
    pub(super) legacy: Option<Legacy>,
}

/// The tiers of now; whoever replaces them does so alone, so that none inherits from what is gone already.
pub(super) struct Current {
    tiers: ArcSwap<Tiers>,
    replacing: Mutex<()>,
}

impl RateLimitLayer {
    /// Limits by `tiers`, asked in their order.
    ///
    /// # Errors
    /// A quota out of range, a malformed route, a name that is malformed or there twice, a second tier for all requests,
    /// plans that nobody gives, a lease that is too large.
    pub fn new(tiers: impl IntoIterator<Item = Tier>) -> Result<Self, ConfigError> {
        let tiers = ArcSwap::from_pointee(Tiers::new(tiers, None)?);
        let clock = SystemClock;
        Ok(Self {
            tiers: Arc::new(Current { tiers, replacing: Mutex::new(()) }),
            observer: Arc::new(NoObserver),
            clock,
            start: clock.now(),
            shared: None,
            lists: None,
            legacy: None,
        })
    }
}

impl<C: Clock> RateLimitLayer<C> {
    /// The names of the tiers, in the order in which they are asked.
    #[must_use]
    pub fn tiers(&self) -> Vec<String> {
        self.tiers.load().names().map(str::to_owned).collect()
    }

    /// Limits by other tiers from now on, in all clones.
    ///
    /// A tier keeps its keys and what they have used where one of the same name, algorithm and number of keys was there
    /// before; the new quota counts for them at once. Requests under way end by the tiers that they began with.
    ///
    /// # Errors
    /// As [`new`](RateLimitLayer::new); then nothing changes.
    pub fn replace(&self, tiers: impl IntoIterator<Item = Tier>) -> Result<(), ConfigError> {
        let _alone = self.tiers.replacing.lock();
        let next = Tiers::new(tiers, Some(&self.tiers.load()))?;
        self.tiers.tiers.store(Arc::new(next));
        Ok(())
    }

    /// Reports every decision to `observer`.
    #[must_use]
    pub fn with_observer(mut self, observer: Arc<dyn Observer>) -> Self {
        self.observer = observer;
        self
    }

    /// Tells the time by `clock`.
    #[must_use]
    pub fn with_clock<D: Clock>(self, clock: D) -> RateLimitLayer<D> {
        let start = clock.now();
        RateLimitLayer {
            tiers: self.tiers,
            observer: self.observer,
            clock,
            start,
            shared: self.shared,
            lists: self.lists,
            legacy: self.legacy,
        }
    }

    /// Lets a store decide that other replicas ask too; without an answer from it, each tier's
    /// [`Outage`](super::Outage) decides.
    ///
    /// A decision without the store is reported as [`StoreError`](campotech_core::RateLimitVerdict::StoreError) in
    /// addition to what it was.
    ///
    /// # Panics
    /// Requests then need a tokio runtime with time enabled.
    #[must_use]
    pub fn with_shared(mut self, shared: SharedLimits) -> Self {
        self.shared = Some(shared);
        self
    }

    /// Lets clients of these networks pass without being counted.
    #[must_use]
    pub fn with_allowed(mut self, networks: NetworkList) -> Self {
        self.lists_mut().allowed = networks;
        self
    }

    /// Refuses clients of these networks with 403, whatever else holds.
    #[must_use]
    pub fn with_denied(mut self, networks: NetworkList) -> Self {
        self.lists_mut().denied = networks;
        self
    }

    /// Sends `X-RateLimit-Limit`, `-Remaining` and `-Reset` too, of the tier with the least left.
    #[must_use]
    pub const fn with_legacy_headers(mut self, reset: Legacy) -> Self {
        self.legacy = Some(reset);
        self
    }

    fn lists_mut(&mut self) -> &mut Lists {
        Arc::make_mut(self.lists.get_or_insert_default())
    }
}

impl Current {
    pub(super) fn load(&self) -> arc_swap::Guard<Arc<Tiers>> {
        self.tiers.load()
    }
}

impl<S, C: Clone> Layer<S> for RateLimitLayer<C> {
    type Service = RateLimitService<S, C>;

    fn layer(&self, inner: S) -> RateLimitService<S, C> {
        RateLimitService { inner, layer: Arc::new(self.clone()) }
    }
}

// The clients on the lists may be personal.
impl<C> fmt::Debug for RateLimitLayer<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RateLimitLayer")
            .field("tiers", &*self.tiers.load())
            .field("shared", &self.shared)
            .field("legacy", &self.legacy)
            .finish_non_exhaustive()
    }
}
