//! Which tier decides, and what it decided.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Instant;

use campotech_core::{ClientNetwork, Clock, NoObserver, Observer, RateLimitVerdict, SystemClock};
use tower_layer::Layer;

use super::RateLimitService;
use super::shared::{Asked, SharedLimits};
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
/// The machine's clock, no observer, quotas of this process alone.
#[derive(Debug, Clone)]
pub struct RateLimitLayer<C = SystemClock> {
    pub(super) tiers: Arc<Tiers>,
    pub(super) observer: Arc<dyn Observer>,
    clock: C,
    start: Instant,
    shared: Option<SharedLimits>,
}

#[derive(Debug)]
pub(super) struct Tiers {
    routed: Vec<Arc<ReadyTier>>,
    default: Option<Arc<ReadyTier>>,
}

/// The tiers that a request is counted by: one, or two where its path has two readings.
pub(super) type TiersOf<'t> = [Option<&'t Arc<ReadyTier>>; 2];

/// What those tiers say, each in its place.
pub(super) type Standings = [Option<Standing>; 2];

/// What the answer tells of those that enforce, or the one that refuses.
pub(super) type Decided<'t> = Result<Standings, (&'t ReadyTier, Standing)>;

impl RateLimitLayer {
    /// Limits by `tiers`, asked in their order.
    ///
    /// # Errors
    /// A quota out of range, a malformed route, a name that is malformed or there twice, a second tier without routes.
    pub fn new(tiers: impl IntoIterator<Item = Tier>) -> Result<Self, ConfigError> {
        let mut names = HashSet::new();
        let mut ready = Tiers { routed: Vec::new(), default: None };
        for tier in tiers {
            let tier = Arc::new(tier.ready()?);
            if !names.insert(tier.name.clone()) {
                return Err(ConfigError::DuplicateTier(tier.name.clone()));
            }
            if !tier.patterns.is_empty() {
                ready.routed.push(tier);
            } else if ready.default.is_some() {
                return Err(ConfigError::SecondDefaultTier(tier.name.clone()));
            } else {
                ready.default = Some(tier);
            }
        }
        let clock = SystemClock;
        Ok(Self {
            tiers: Arc::new(ready),
            observer: Arc::new(NoObserver),
            clock,
            start: clock.now(),
            shared: None,
        })
    }
}

impl<C: Clock> RateLimitLayer<C> {
    /// The names of the tiers, in the order in which they are asked.
    pub fn tiers(&self) -> impl Iterator<Item = &str> {
        self.tiers.routed.iter().chain(&self.tiers.default).map(|tier| &*tier.name)
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
        RateLimitLayer { tiers: self.tiers, observer: self.observer, clock, start, shared: self.shared }
    }

    /// Lets a store decide that other replicas ask too; without an answer from it, this replica's share of the quota
    /// decides.
    ///
    /// A decision by the share is reported as [`RateLimitVerdict::StoreError`] in addition to what it was.
    ///
    /// # Panics
    /// Requests then need a tokio runtime with time enabled.
    #[must_use]
    pub fn with_shared(mut self, shared: SharedLimits) -> Self {
        self.shared = Some(shared);
        self
    }

    /// Asks the shared store, where there is one that may answer.
    pub(super) fn ask(&self, tiers: &TiersOf<'_>, client: ClientNetwork) -> Option<Asked> {
        self.shared.as_ref()?.ask(client, tiers)
    }

    /// Takes over what the shared store decided, and reports it.
    ///
    /// # Errors
    /// The tier that refuses.
    pub(super) fn settle<'t>(
        &self,
        tiers: &TiersOf<'t>,
        client: ClientNetwork,
        answer: Standings,
    ) -> Decided<'t> {
        let told = || tiers.iter().copied().zip(answer).filter_map(|(tier, told)| Some((tier?, told?)));
        for (tier, standing) in told() {
            if !standing.allowed && tier.mode.enforces() {
                self.report(tier, standing);
                return Err((tier, standing));
            }
        }
        let (now, replicas) = (self.now(), self.replicas());
        for (tier, standing) in told() {
            let own = if standing.allowed { tier.record(client, now, replicas) } else { None };
            self.report(tier, own.unwrap_or(standing));
            if let Some(own) = own.filter(|_| tier.mode.enforces()) {
                return Err((tier, own));
            }
        }
        let enforcing = |tier: Option<&Arc<ReadyTier>>| tier.is_some_and(|tier| tier.mode.enforces());
        let [first, second] = answer;
        Ok([first.filter(|_| enforcing(tiers[0])), second.filter(|_| enforcing(tiers[1]))])
    }

    /// Asks `tiers` for one request of `client` and reports what came of it.
    ///
    /// # Errors
    /// The tier that refuses. Of several none counts a request that another one refuses.
    pub(super) fn decide<'t>(&self, tiers: &TiersOf<'t>, client: ClientNetwork) -> Decided<'t> {
        let (now, replicas) = (self.now(), self.replicas());
        if let [Some(first), Some(second)] = *tiers {
            for tier in [first, second] {
                let standing = tier.look(client, now, replicas);
                if !standing.allowed && tier.mode.enforces() {
                    self.report_own(tier, standing);
                    return Err((tier, standing));
                }
            }
        }
        let mut standings = [None; 2];
        for (tier, slot) in tiers.iter().zip(&mut standings) {
            let Some(tier) = *tier else { continue };
            let standing = tier.take(client, now, replicas);
            self.report_own(tier, standing);
            if tier.mode.enforces() {
                if !standing.allowed {
                    return Err((tier, standing));
                }
                *slot = Some(standing);
            }
        }
        Ok(standings)
    }

    fn now(&self) -> u64 {
        let now = self.clock.now().saturating_duration_since(self.start);
        u64::try_from(now.as_nanos()).unwrap_or(u64::MAX)
    }

    fn replicas(&self) -> u32 {
        self.shared.as_ref().map_or(1, SharedLimits::replicas)
    }

    fn report_own(&self, tier: &ReadyTier, standing: Standing) {
        if self.shared.is_some() {
            self.observer.rate_limit(&tier.name, RateLimitVerdict::StoreError);
        }
        self.report(tier, standing);
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
