//! A tier that was checked, with its keys.

use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use campotech_core::Mode;
use http::{HeaderValue, StatusCode};

use super::builder::{Algorithm, Condition, CostOf, Counts, PlanOf, Tier};
use super::debt::{Debts, Decay};
use super::kept::{Ask, Limiter, NoRoom};
use super::lease::Lease;
use super::matcher::{Matcher, Reading};
use super::outage::Outage;
use crate::ConfigError;
use crate::path_pattern::PathReadings;
use crate::rate_limit::ban::{Ban, BanState};
use crate::rate_limit::header;
use crate::rate_limit::key::{Key, KeyValue};
use crate::rate_limit::quota::Quota;
use crate::rate_limit::standing::{Rule, Standing, Taken};
use crate::rate_limit::store::{Planned, Store};
use crate::rate_limit::view::RequestView;

/// A tier that was checked, with its keys.
pub(in crate::rate_limit) struct ReadyTier {
    pub(in crate::rate_limit) name: String,
    /// What the values of its standings begin with.
    pub(in crate::rate_limit) standing_beginning: Box<str>,
    pub(in crate::rate_limit) mode: Mode,
    pub(in crate::rate_limit) algorithm: Algorithm,
    pub(in crate::rate_limit) outage: Outage,
    pub(in crate::rate_limit) refuses_without_key: bool,
    pub(in crate::rate_limit) also: Option<Arc<Self>>,
    pub(in crate::rate_limit) lease: Option<Arc<Lease>>,
    matcher: Matcher,
    key: Arc<dyn Key>,
    /// The tier's own quota, then those of its plans.
    plans: Box<[Plan]>,
    plan: Option<PlanOf>,
    exempt: Option<Condition>,
    cost: Option<CostOf>,
    counts: Option<Counts>,
    limiter: Limiter,
    debts: Arc<Debts>,
    max_keys: usize,
    bans: Option<Bans>,
}

#[derive(Debug)]
struct Plan {
    name: String,
    quota: Quota,
    policy: HeaderValue,
}

#[derive(Debug)]
struct Bans {
    ban: Ban,
    store: Arc<Store<KeyValue, BanState>>,
}

const HIGHEST_MAX_KEYS: usize = 1_000_000_000;
const LONGEST_NAME: usize = 32;
const MOST_PLANS: usize = 200;
/// A batch that is more of the limit would let too much pass.
const SMALLEST_SHARE_OF_BATCH: u32 = 10;

impl ReadyTier {
    pub(in crate::rate_limit) fn new(tier: Tier) -> Result<Self, ConfigError> {
        let fine = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'_' | b'-');
        if !(1..=LONGEST_NAME).contains(&tier.name.len()) || !tier.name.bytes().all(fine) {
            return Err(ConfigError::TierName(tier.name));
        }
        check_max_keys(tier.max_keys)?;
        if tier.algorithm == Algorithm::InFlight && tier.counts.is_some() {
            return Err(ConfigError::Range("what a tier of requests under way counts", "all of them"));
        }
        check_plans(&tier)?;
        check_lease(&tier)?;
        let matcher = Matcher::new(&tier)?;
        let quotas =
            [("", tier.quota)].into_iter().chain(tier.plans.iter().map(|(name, quota)| (&**name, *quota)));
        let limiter = Limiter::new(tier.algorithm, quotas.clone().map(|(_, quota)| quota), tier.max_keys)?;
        let plans = quotas.map(|(name, quota)| Plan {
            name: name.to_owned(),
            quota,
            policy: header::policy(&tier.name, quota, tier.algorithm),
        });
        Ok(Self {
            plans: plans.collect(),
            also: tier.also.map(|second| Self::second(*second)).transpose()?.map(Arc::new),
            lease: tier.lease.map(|batch| Arc::new(Lease::new(batch, tier.max_keys))),
            bans: tier.ban.map(|ban| Bans { ban, store: Arc::new(Store::new(tier.max_keys)) }),
            standing_beginning: header::beginning(&tier.name),
            name: tier.name,
            mode: tier.mode,
            algorithm: tier.algorithm,
            outage: tier.outage,
            refuses_without_key: tier.refuses_without_key,
            matcher,
            key: tier.key,
            plan: tier.plan,
            exempt: tier.exempt,
            cost: tier.cost,
            counts: tier.counts,
            limiter,
            debts: Arc::new(Debts::new(tier.max_keys)),
            max_keys: tier.max_keys,
        })
    }

    /// The second tier of another.
    fn second(tier: Tier) -> Result<Self, ConfigError> {
        let second = Self::new(tier)?;
        if second.matcher.has_routes() || second.also.is_some() {
            return Err(ConfigError::SecondTier(second.name));
        }
        Ok(second)
    }

    /// Takes over the keys of a tier that this one replaces.
    pub(in crate::rate_limit) fn adopt(&mut self, other: &Self) {
        if self.max_keys == other.max_keys {
            self.limiter.adopt(&other.limiter);
            self.debts = Arc::clone(&other.debts);
            // What a tier has only reported bans nobody.
            if let (Some(bans), Some(before)) = (&mut self.bans, &other.bans)
                && self.mode == other.mode
            {
                bans.store = Arc::clone(&before.store);
            }
            if let (Some(lease), Some(other)) = (&mut self.lease, &other.lease)
                && lease.batch() == other.batch()
            {
                *lease = Arc::clone(other);
            }
        }
    }

    /// Whether it is for every request.
    pub(in crate::rate_limit) fn is_default(&self) -> bool {
        self.matcher.is_any()
    }

    pub(in crate::rate_limit) fn fits(
        &self,
        request: &RequestView<'_>,
        path: &PathReadings<'_>,
        reading: Reading,
    ) -> bool {
        self.matcher.fits(request, path, reading)
    }

    /// Whether a second tier, which has no routes, is for it.
    pub(in crate::rate_limit) fn fits_beside_its_path(&self, request: &RequestView<'_>) -> bool {
        self.matcher.fits_beside_its_path(request)
    }

    pub(in crate::rate_limit) fn exempts(&self, request: &RequestView<'_>) -> bool {
        self.exempt.as_ref().is_some_and(|exempt| exempt(request))
    }

    /// What is asked of it for `request`; nothing where the request has no key.
    pub(in crate::rate_limit) fn ask(&self, request: &RequestView<'_>) -> Option<Ask> {
        Some(Ask {
            key: self.key.key(request)?,
            plan: self.plan.as_ref().and_then(|plan| plan(request)).map_or(0, |name| self.plan_named(name)),
            cost: self.cost.as_ref().map_or(1, |cost| cost(request)),
        })
    }

    fn plan_named(&self, name: &str) -> u8 {
        let at = self.plans.iter().skip(1).position(|plan| plan.name == name);
        at.and_then(|at| u8::try_from(at + 1).ok()).unwrap_or(0)
    }

    pub(in crate::rate_limit) fn quota(&self, plan: u8) -> Quota {
        self.plan(plan).quota
    }

    pub(in crate::rate_limit) fn policy(&self, plan: u8) -> &HeaderValue {
        &self.plan(plan).policy
    }

    fn plan(&self, plan: u8) -> &Plan {
        self.plans.get(usize::from(plan)).unwrap_or(&self.plans[0])
    }

    /// Whether the shared store may decide for it.
    pub(in crate::rate_limit) const fn is_shared(&self) -> bool {
        !matches!(self.algorithm, Algorithm::InFlight)
    }

    /// Whether only some answers count.
    pub(in crate::rate_limit) const fn waits_for_answer(&self) -> bool {
        self.counts.is_some()
    }

    pub(in crate::rate_limit) fn counts(&self, status: StatusCode) -> bool {
        self.counts.as_ref().is_none_or(|counts| counts(status))
    }

    /// Asks, of the share of one of so many `replicas`. A key that there is no room to count is refused.
    pub(in crate::rate_limit) fn take(&self, ask: Ask, now: u64, replicas: u32) -> Result<Taken, NoRoom> {
        self.limiter.take(ask, now, replicas)
    }

    /// What a request would find.
    pub(in crate::rate_limit) fn look(&self, ask: Ask, now: u64, replicas: u32) -> Result<Standing, NoRoom> {
        self.limiter.look(ask, now, replicas)
    }

    /// Counts what the shared store admitted here, and says when it counts from; gives back the refusal where that was too much.
    pub(in crate::rate_limit) fn record(&self, ask: Ask, now: u64, replicas: u32) -> Result<u64, Standing> {
        if self.debts.are_recent(ask, self.decay(ask), now) {
            let own = self.look(ask, now, replicas).unwrap_or_else(|NoRoom(own)| own);
            if !own.allowed {
                return Err(own);
            }
        }
        self.limiter.record(ask, now, replicas)
    }

    /// Takes back at `now` what was counted at `at`.
    pub(in crate::rate_limit) fn give_back(&self, ask: Ask, at: u64, now: u64, replicas: u32) {
        self.limiter.give_back(ask, at, now, replicas);
    }

    /// What passed without the shared store does not count after all.
    pub(in crate::rate_limit) fn forgive(&self, ask: Ask, now: u64) {
        self.debts.forgive(ask, self.decay(ask), now);
    }

    /// Remembers what passed without the shared store.
    pub(in crate::rate_limit) fn owe(&self, ask: Ask, now: u64) {
        self.debts.owe(ask, self.decay(ask), now);
    }

    /// What the shared store is to be told with a question; within `patience` nobody else tells it.
    pub(in crate::rate_limit) fn tell(&self, ask: Ask, now: u64, patience: Duration) -> u32 {
        self.debts.tell(ask, self.decay(ask), now, patience)
    }

    /// The shared store was told.
    pub(in crate::rate_limit) fn told(&self, ask: Ask, owed: u32, now: u64) {
        if owed > 0 {
            self.debts.told(ask, owed, now);
        }
    }

    fn decay(&self, ask: Ask) -> Decay {
        Decay { quota: self.quota(ask.plan), algorithm: self.algorithm }
    }

    /// How long the key is still banned.
    pub(in crate::rate_limit) fn banned(&self, key: KeyValue, now: u64) -> Option<Duration> {
        let Bans { ban, store } = self.bans.as_ref()?;
        let looked = store.peek(|_| *ban, Planned::only(&key), now, |ban, state| ban.look(state, now, 1));
        looked.ok().flatten().filter(|standing| !standing.allowed).map(|standing| standing.wait)
    }

    /// Bans a key that was refused, if that is what the tier does; says for how long.
    pub(in crate::rate_limit) fn strike(&self, key: KeyValue, now: u64) -> Option<Duration> {
        let Bans { ban, store } = self.bans.as_ref()?;
        // Without room for one more ban its quota is what refuses it.
        store.with(|_| *ban, Planned::only(&key), now, |ban, state| ban.strike(state, now)).ok()
    }
}

fn check_plans(tier: &Tier) -> Result<(), ConfigError> {
    let mut names = HashSet::new();
    let distinct = tier.plans.iter().all(|(name, _)| !name.is_empty() && names.insert(name));
    if distinct && tier.plans.len() <= MOST_PLANS && (tier.plans.is_empty() || tier.plan.is_some()) {
        Ok(())
    } else {
        Err(ConfigError::Plans(tier.name.clone()))
    }
}

fn check_lease(tier: &Tier) -> Result<(), ConfigError> {
    let Some(batch) = tier.lease else { return Ok(()) };
    let quotas = tier.plans.iter().map(|(_, quota)| quota).chain([&tier.quota]);
    let small = |quota: &Quota| batch >= 1 && batch.saturating_mul(SMALLEST_SHARE_OF_BATCH) <= quota.limit();
    if tier.algorithm == Algorithm::InFlight || tier.counts.is_some() || !quotas.clone().all(small) {
        return Err(ConfigError::Lease(tier.name.clone()));
    }
    Ok(())
}

pub(in crate::rate_limit) const fn check_max_keys(max_keys: usize) -> Result<(), ConfigError> {
    match max_keys {
        1..=HIGHEST_MAX_KEYS => Ok(()),
        _ => Err(ConfigError::Range("the number of keys", "1 to 1000000000")),
    }
}

// Without what can't be shown.
impl fmt::Debug for ReadyTier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReadyTier")
            .field("name", &self.name)
            .field("mode", &self.mode)
            .field("algorithm", &self.algorithm)
            .field("plans", &self.plans)
            .finish_non_exhaustive()
    }
}
