//! A tier as it is described.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use campotech_core::Mode;
use http::{Method, StatusCode};

use super::outage::Outage;
use crate::rate_limit::ban::Ban;
use crate::rate_limit::key::{Key, NetworkKey};
use crate::rate_limit::quota::Quota;
use crate::rate_limit::view::RequestView;

/// How a quota is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Algorithm {
    /// Exactly the limit in any window.
    SlidingLog,
    /// The limit at once, then one every window / limit: at most twice the limit in any window.
    Gcra,
    /// The limit at once, each until the end of its answer; there is no window. Each process counts its own.
    InFlight,
}

/// A quota, how it is kept, whom it counts, and the requests it is for; a tier without routes, methods and condition is the
/// default.
///
/// # Defaults
/// All requests, counted by [`NetworkKey`], each as one, whatever their answer; enforced; at most 100 000 keys; no bans; the
/// local share while a shared store is away.
#[derive(Clone)]
pub struct Tier {
    pub(super) name: String,
    pub(super) quota: Quota,
    pub(super) algorithm: Algorithm,
    pub(super) routes: Vec<String>,
    pub(super) methods: Vec<Method>,
    pub(super) condition: Option<Condition>,
    pub(super) key: Arc<dyn Key>,
    pub(super) refuses_without_key: bool,
    pub(super) plans: Vec<(String, Quota)>,
    pub(super) plan: Option<PlanOf>,
    pub(super) exempt: Option<Condition>,
    pub(super) cost: Option<CostOf>,
    pub(super) counts: Option<Counts>,
    pub(super) ban: Option<Ban>,
    pub(super) also: Option<Box<Tier>>,
    pub(super) outage: Outage,
    pub(super) lease: Option<u32>,
    pub(super) mode: Mode,
    pub(super) max_keys: usize,
}

pub(super) type Condition = Arc<dyn Fn(&RequestView<'_>) -> bool + Send + Sync>;
pub(super) type CostOf = Arc<dyn Fn(&RequestView<'_>) -> u32 + Send + Sync>;
pub(super) type PlanOf = Arc<dyn for<'r> Fn(&RequestView<'r>) -> Option<&'r str> + Send + Sync>;
pub(super) type Counts = Arc<dyn Fn(StatusCode) -> bool + Send + Sync>;

pub(in crate::rate_limit) const MAX_KEYS: usize = 100_000;

impl Tier {
    /// A tier with a name for headers and metrics: 1 to 32 of `a-z 0-9 _ -`.
    #[must_use]
    pub fn new(name: impl Into<String>, quota: Quota, algorithm: Algorithm) -> Self {
        Self {
            name: name.into(),
            quota,
            algorithm,
            routes: Vec::new(),
            methods: Vec::new(),
            condition: None,
            key: Arc::new(NetworkKey::new()),
            refuses_without_key: true,
            plans: Vec::new(),
            plan: None,
            exempt: None,
            cost: None,
            counts: None,
            ban: None,
            also: None,
            outage: Outage::default(),
            lease: None,
            mode: Mode::Enforce,
            max_keys: MAX_KEYS,
        }
    }

    /// `auth`: exactly `limit` in any `window`.
    #[must_use]
    pub fn auth(limit: u32, window: Duration) -> Self {
        Self::new("auth", Quota::unchecked(limit, window), Algorithm::SlidingLog)
    }

    /// `standard`: `limit` at once, then one every `window / limit`.
    #[must_use]
    pub fn standard(limit: u32, window: Duration) -> Self {
        Self::new("standard", Quota::unchecked(limit, window), Algorithm::Gcra)
    }

    /// `webhook`: `limit` at once, then one every `window / limit`.
    #[must_use]
    pub fn webhook(limit: u32, window: Duration) -> Self {
        Self::new("webhook", Quota::unchecked(limit, window), Algorithm::Gcra)
    }

    /// At most `limit` requests of a key under way at the same time, each until the end of its answer.
    #[must_use]
    pub fn in_flight(name: impl Into<String>, limit: u32) -> Self {
        Self::new(name, Quota::per_second(limit), Algorithm::InFlight)
    }

    /// Adds routes as patterns of whole path segments: `*` is any one segment, and at the end any rest, also none.
    ///
    /// Patterns meet the decoded path, without regard to a trailing slash, empty segments or dots.
    #[must_use]
    pub fn routes<P: Into<String>>(mut self, patterns: impl IntoIterator<Item = P>) -> Self {
        self.routes.extend(patterns.into_iter().map(Into::into));
        self
    }

    /// Is for these methods only.
    #[must_use]
    pub fn methods(mut self, methods: impl IntoIterator<Item = Method>) -> Self {
        self.methods.extend(methods);
        self
    }

    /// Is for requests with `condition` only.
    #[must_use]
    pub fn when(mut self, condition: impl Fn(&RequestView<'_>) -> bool + Send + Sync + 'static) -> Self {
        self.condition = Some(Arc::new(condition));
        self
    }

    /// Counts by `key`.
    #[must_use]
    pub fn key(mut self, key: impl Key) -> Self {
        self.key = Arc::new(key);
        self
    }

    /// Lets a request without a key pass uncounted; else it is answered 503.
    #[must_use]
    pub const fn skip_without_key(mut self) -> Self {
        self.refuses_without_key = false;
        self
    }

    /// Adds a plan: another quota for the keys that [`plan_of`](Self::plan_of) gives its name.
    #[must_use]
    pub fn plan(mut self, name: impl Into<String>, quota: Quota) -> Self {
        self.plans.push((name.into(), quota));
        self
    }

    /// Says which plan a request's key has; without one, or with one that is unknown, the tier's own quota holds.
    ///
    /// A key that changes its plan keeps what it has used.
    #[must_use]
    pub fn plan_of(
        mut self,
        plan: impl for<'r> Fn(&RequestView<'r>) -> Option<&'r str> + Send + Sync + 'static,
    ) -> Self {
        self.plan = Some(Arc::new(plan));
        self
    }

    /// Lets requests with `condition` pass uncounted by this tier, such as those of our own monitoring; a second tier has exemptions of
    /// its own.
    #[must_use]
    pub fn exempt(mut self, condition: impl Fn(&RequestView<'_>) -> bool + Send + Sync + 'static) -> Self {
        self.exempt = Some(Arc::new(condition));
        self
    }

    /// Counts a request as much as `cost` says; 0 always passes, and more than the limit never does.
    #[must_use]
    pub fn cost(mut self, cost: impl Fn(&RequestView<'_>) -> u32 + Send + Sync + 'static) -> Self {
        self.cost = Some(Arc::new(cost));
        self
    }

    /// Counts only requests whose answer `counts`, such as failed log-ins.
    ///
    /// A request takes its place before its outcome is known and gives it back afterwards, so that never more of them than
    /// the quota fail, however many try at once. Without an answer (the client went away) it counts.
    #[must_use]
    pub fn count_only(mut self, counts: impl Fn(StatusCode) -> bool + Send + Sync + 'static) -> Self {
        self.counts = Some(Arc::new(counts));
        self
    }

    /// Keeps out a key that went over its quota.
    #[must_use]
    pub const fn ban(mut self, ban: Ban) -> Self {
        self.ban = Some(ban);
        self
    }

    /// Counts the same requests by a second tier too, such as one of wider networks; both must admit them.
    #[must_use]
    pub fn and(mut self, second: Self) -> Self {
        self.also = Some(Box::new(second));
        self
    }

    /// What to do while the shared store is away.
    #[must_use]
    pub const fn outage(mut self, outage: Outage) -> Self {
        self.outage = outage;
        self
    }

    /// Takes requests from the shared store in batches of `batch` and decides by what is left of one, without asking.
    ///
    /// Up to `batch` more per replica pass in a window than would otherwise; what of a batch is not used within the time
    /// that it takes to come back is lost. Only where no second tier has to admit, too. After a refusal a key is asked for again when a batch may have come back.
    #[must_use]
    pub const fn lease(mut self, batch: u32) -> Self {
        self.lease = Some(batch);
        self
    }

    /// Refuses nobody: what it would have refused is reported, and clients see no headers of it.
    #[must_use]
    pub const fn shadow(mut self) -> Self {
        self.mode = Mode::ReportOnly;
        self
    }

    /// As [`shadow`](Self::shadow), with its second tier.
    #[must_use]
    pub fn shadow_all(mut self) -> Self {
        self.also = self.also.map(|second| Box::new(second.shadow_all()));
        self.shadow()
    }

    /// Keeps at most so many keys: 45 to 60 bytes each, and for an exact tier 8 for each request of its window.
    #[must_use]
    pub const fn max_keys(mut self, max_keys: usize) -> Self {
        self.max_keys = max_keys;
        self
    }

    /// The name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The quota.
    #[must_use]
    pub const fn quota(&self) -> Quota {
        self.quota
    }

    /// How it is kept.
    #[must_use]
    pub const fn algorithm(&self) -> Algorithm {
        self.algorithm
    }
}

// Without what can't be shown.
impl fmt::Debug for Tier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tier")
            .field("name", &self.name)
            .field("quota", &self.quota)
            .field("algorithm", &self.algorithm)
            .field("routes", &self.routes)
            .field("methods", &self.methods)
            .field("plans", &self.plans)
            .field("also", &self.also)
            .field("outage", &self.outage)
            .field("lease", &self.lease)
            .field("mode", &self.mode)
            .field("max_keys", &self.max_keys)
            .finish_non_exhaustive()
    }
}
