//! Keys and how each of them is kept.

use std::sync::Arc;
use std::time::Duration;

use crate::ConfigError;
use crate::rate_limit::concurrency::{InFlight, InFlightState};
use crate::rate_limit::gcra::{Gcra, GcraState};
use crate::rate_limit::key::KeyValue;
use crate::rate_limit::quota::Quota;
use crate::rate_limit::sliding_log::{SlidingLog, SlidingLogState};
use crate::rate_limit::standing::{SharedRule, Standing, Taken};
use crate::rate_limit::store::{Full, Planned, Store};

use super::Algorithm;

/// The keys of a tier.
#[derive(Debug)]
pub(super) enum Limiter {
    Log(Kept<SlidingLog, SlidingLogState>),
    Gcra(Kept<Gcra, GcraState>),
    InFlight(Kept<InFlight, InFlightState>),
}

/// The rules of all plans, and the states they are for.
#[derive(Debug)]
pub(super) struct Kept<R, V> {
    rules: Box<[R]>,
    store: Arc<Store<KeyValue, V>>,
}

/// What is asked for, and by whom.
#[derive(Debug, Clone, Copy)]
pub(in crate::rate_limit) struct Ask {
    pub(in crate::rate_limit) key: KeyValue,
    pub(in crate::rate_limit) plan: u8,
    pub(in crate::rate_limit) cost: u32,
}

/// There is no room to count the key, through no fault of its own.
#[derive(Debug, Clone, Copy)]
pub(in crate::rate_limit) struct NoRoom(pub(in crate::rate_limit) Standing);

/// The longest that the store's decision takes to arrive.
const LATE_NANOS: u64 = 1_000_000_000;

/// Calls `$call` with the tier's keys, whatever their kind.
macro_rules! each {
    ($limiter:expr, $kept:ident => $call:expr) => {
        match $limiter {
            Limiter::Log($kept) => $call,
            Limiter::Gcra($kept) => $call,
            Limiter::InFlight($kept) => $call,
        }
    };
}

impl Limiter {
    pub(super) fn new(
        algorithm: Algorithm,
        quotas: impl Iterator<Item = Quota>,
        max_keys: usize,
    ) -> Result<Self, ConfigError> {
        Ok(match algorithm {
            Algorithm::SlidingLog => Self::Log(Kept::new(quotas.map(SlidingLog::new), max_keys)?),
            Algorithm::Gcra => Self::Gcra(Kept::new(quotas.map(Gcra::new), max_keys)?),
            Algorithm::InFlight => {
                let rule = |quota: Quota| quota.check().map(|()| InFlight::new(quota.limit()));
                Self::InFlight(Kept::new(quotas.map(rule), max_keys)?)
            }
        })
    }

    /// Takes over the keys of `other`, where they are of the same kind.
    pub(super) fn adopt(&mut self, other: &Self) {
        match (self, other) {
            (Self::Log(kept), Self::Log(other)) => kept.adopt(other),
            (Self::Gcra(kept), Self::Gcra(other)) => kept.adopt(other),
            (Self::InFlight(kept), Self::InFlight(other)) => kept.adopt(other),
            _ => {}
        }
    }

    pub(super) fn take(&self, ask: Ask, now: u64, replicas: u32) -> Result<Taken, NoRoom> {
        each!(self, kept => kept.take(ask, now, replicas))
    }

    pub(super) fn look(&self, ask: Ask, now: u64, replicas: u32) -> Result<Standing, NoRoom> {
        each!(self, kept => kept.look(ask, now, replicas))
    }

    pub(super) fn give_back(&self, ask: Ask, at: u64, now: u64, replicas: u32) {
        each!(self, kept => kept.give_back(ask, at, now, replicas));
    }

    /// Counts what the shared store admitted here, and says when it counts from.
    ///
    /// Gives back the refusal where an exact quota was used up by this replica alone: the store knows nothing of what was
    /// decided here while it was silent.
    pub(super) fn record(&self, ask: Ask, now: u64, replicas: u32) -> Result<u64, Standing> {
        match self {
            Self::Log(kept) => {
                // What was counted here was counted there a little earlier.
                let own = kept.peek(ask, now, now.saturating_add(LATE_NANOS));
                match own.filter(|own| !own.allowed) {
                    Some(own) => Err(own),
                    None => Ok(kept.record(ask, now, replicas)),
                }
            }
            Self::Gcra(kept) => Ok(kept.record(ask, now, replicas)),
            Self::InFlight(_) => Ok(now),
        }
    }
}

impl<R: SharedRule> Kept<R, R::State> {
    fn new(
        rules: impl Iterator<Item = Result<R, ConfigError>>,
        max_keys: usize,
    ) -> Result<Self, ConfigError> {
        Ok(Self { rules: rules.collect::<Result<_, _>>()?, store: Arc::new(Store::new(max_keys)) })
    }

    fn adopt(&mut self, other: &Self) {
        self.store = Arc::clone(&other.store);
        self.store.rules_changed();
    }

    /// A plan that is gone is the first one.
    fn rule(&self, plan: u8, replicas: u32) -> R {
        self.rules.get(usize::from(plan)).unwrap_or(&self.rules[0]).share(replicas)
    }

    fn take(&self, ask: Ask, now: u64, replicas: u32) -> Result<Taken, NoRoom> {
        let rules = |plan| self.rule(plan, replicas);
        Ok(self.store.with(rules, ask.planned(), now, |rule, state| rule.take(state, now, ask.cost))?)
    }

    fn look(&self, ask: Ask, now: u64, replicas: u32) -> Result<Standing, NoRoom> {
        let rules = |plan| self.rule(plan, replicas);
        let known =
            self.store.peek(rules, ask.planned(), now, |rule, state| rule.look(state, now, ask.cost))?;
        Ok(known.unwrap_or_else(|| self.rule(ask.plan, replicas).look(&R::State::default(), now, ask.cost)))
    }

    /// What a key that is known finds at `then`, by the whole limit.
    fn peek(&self, ask: Ask, now: u64, then: u64) -> Option<Standing> {
        let looked = self.store.peek(
            |plan| self.rule(plan, 1),
            ask.planned(),
            now,
            |rule, state| rule.look(state, then, ask.cost),
        );
        looked.ok().flatten()
    }

    fn record(&self, ask: Ask, now: u64, replicas: u32) -> u64 {
        let rules = |plan| self.rule(plan, 1);
        // Without room for the key its share starts anew, should this tier come to decide.
        let recorded = self
            .store
            .with(rules, ask.planned(), now, |rule, state| rule.record(state, now, ask.cost, replicas));
        recorded.unwrap_or(now)
    }

    fn give_back(&self, ask: Ask, at: u64, now: u64, replicas: u32) {
        let rules = |plan| self.rule(plan, 1);
        let _ = self.store.peek(rules, ask.planned(), now, |rule, state| {
            rule.give_back(state, ask.cost, at, now, replicas);
        });
    }
}

impl Ask {
    const fn planned(&self) -> Planned<'_, KeyValue> {
        Planned { key: &self.key, plan: self.plan }
    }
}

impl From<Full> for NoRoom {
    fn from(full: Full) -> Self {
        let wait = if full.wait.is_zero() { Duration::from_nanos(1) } else { full.wait };
        Self(Standing { allowed: false, remaining: 0, wait })
    }
}
