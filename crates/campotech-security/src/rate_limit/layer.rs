//! Which tier decides, and what it decided.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Instant;

use campotech_core::{ClientNetwork, Clock, NoObserver, Observer, RateLimitVerdict, SystemClock};
use tower_layer::Layer;

use super::RateLimitService;
use super::standing::Standing;
use super::tier::{ReadyTier, Tier};
use crate::ConfigError;
use crate::path_pattern::{PathPattern, PathReadings};

/// Limits the requests of each client network (an IPv4 address, an IPv6 /64); clones share the counts.
///
/// The first tier with a route that fits the path decides; where none does, the tier without routes; without one, the
/// request is not limited. A path that can be read in two ways, such as `/webhooks/..%2flogin`, is counted by the tier of
/// either reading, and both must admit it. Answers of a limited route carry `RateLimit-Policy` and `RateLimit`; a refusal is a 429 with
/// `Retry-After`. A request without a [`ClientIp`](campotech_core::ClientIp) is answered 503, never put in a bucket with
/// others: the client-ip layer is missing.
///
/// # Defaults
/// The machine's clock, no observer.
#[derive(Debug, Clone)]
pub struct RateLimitLayer<C = SystemClock> {
    pub(super) tiers: Arc<Tiers>,
    pub(super) observer: Arc<dyn Observer>,
    clock: C,
    start: Instant,
}

#[derive(Debug)]
pub(super) struct Tiers {
    routed: Vec<ReadyTier>,
    default: Option<ReadyTier>,
}

/// The tiers that a request is counted by: one, or two where its path has two readings.
pub(super) type TiersOf<'t> = [Option<&'t ReadyTier>; 2];

impl RateLimitLayer {
    /// Limits by `tiers`, asked in their order.
    ///
    /// # Errors
    /// A quota out of range, a malformed route, a name that is malformed or there twice, a second tier without routes.
    pub fn new(tiers: impl IntoIterator<Item = Tier>) -> Result<Self, ConfigError> {
        let mut names = HashSet::new();
        let mut ready = Tiers { routed: Vec::new(), default: None };
        for tier in tiers {
            let tier = tier.ready()?;
            if !names.insert(tier.name.clone()) {
                return Err(ConfigError::DuplicateTier(tier.name));
            }
            if !tier.patterns.is_empty() {
                ready.routed.push(tier);
            } else if ready.default.is_some() {
                return Err(ConfigError::SecondDefaultTier(tier.name));
            } else {
                ready.default = Some(tier);
            }
        }
        let clock = SystemClock;
        Ok(Self { tiers: Arc::new(ready), observer: Arc::new(NoObserver), clock, start: clock.now() })
    }
}

impl<C: Clock> RateLimitLayer<C> {
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
        RateLimitLayer { tiers: self.tiers, observer: self.observer, clock, start }
    }

    /// Asks `tiers` for one request of `client` and reports what came of it.
    ///
    /// # Errors
    /// The tier that refuses. Of several none counts a request that another one refuses.
    pub(super) fn decide<'t>(
        &self,
        tiers: &TiersOf<'t>,
        client: ClientNetwork,
    ) -> Result<[Option<Standing>; 2], (&'t ReadyTier, Standing)> {
        let now = self.clock.now().saturating_duration_since(self.start);
        let now = u64::try_from(now.as_nanos()).unwrap_or(u64::MAX);
        if let [Some(first), Some(second)] = *tiers {
            for tier in [first, second] {
                let standing = tier.look(client, now);
                if !standing.allowed && tier.mode.enforces() {
                    self.report(tier, standing);
                    return Err((tier, standing));
                }
            }
        }
        let mut standings = [None; 2];
        for (tier, slot) in tiers.iter().zip(&mut standings) {
            let Some(tier) = *tier else { continue };
            let standing = tier.take(client, now);
            self.report(tier, standing);
            if tier.mode.enforces() {
                if !standing.allowed {
                    return Err((tier, standing));
                }
                *slot = Some(standing);
            }
        }
        Ok(standings)
    }

    fn report(&self, tier: &ReadyTier, standing: Standing) {
        let verdict = match (standing.allowed, tier.mode.enforces()) {
            (true, _) => RateLimitVerdict::Allowed,
            (false, true) => RateLimitVerdict::Limited,
            (false, false) => RateLimitVerdict::Shadow,
        };
        self.observer.rate_limit(&tier.name, verdict);
    }
}

impl Tiers {
    /// The tiers of a path: one for each of its readings, none twice.
    pub(super) fn of(&self, path: &str) -> TiersOf<'_> {
        let default = self.default.as_ref();
        if self.routed.is_empty() {
            return [default, None];
        }
        let readings = PathReadings::new(path);
        let first = |fits: &dyn Fn(&PathPattern) -> bool| {
            self.routed.iter().find(|tier| tier.patterns.iter().any(fits)).or(default)
        };
        let sent = first(&|pattern| readings.raw_fits(pattern));
        if !readings.is_ambiguous() {
            return [sent, None];
        }
        let resolved = first(&|pattern| readings.resolved_fits(pattern).unwrap_or(false));
        match (sent, resolved) {
            (Some(one), Some(other)) if !std::ptr::eq(one, other) => [sent, resolved],
            _ => [sent.or(resolved), None],
        }
    }
}

impl<S, C: Clone> Layer<S> for RateLimitLayer<C> {
    type Service = RateLimitService<S, C>;

    fn layer(&self, inner: S) -> RateLimitService<S, C> {
        RateLimitService { inner, layer: self.clone() }
    }
}
