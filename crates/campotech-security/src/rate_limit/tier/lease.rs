//! Batches that this replica has taken from the shared store.

use std::time::Duration;

use crate::rate_limit::key::KeyValue;
use crate::rate_limit::quota::Quota;
use crate::rate_limit::shared::Taken;
use crate::rate_limit::standing::{Rule, Standing};
use crate::rate_limit::store::{Planned, Store};

use super::kept::Ask;

/// The batches of a tier's keys.
#[derive(Debug)]
pub(in crate::rate_limit) struct Lease {
    batch: u32,
    store: Store<KeyValue, LeaseState>,
}

/// What is left of a key's batch, and what is known of the next.
#[derive(Debug, Clone, Copy, Default)]
struct LeaseState {
    left: u32,
    /// When what is left is lost.
    until: u64,
    /// Before that the store has no batch to give.
    dry_until: u64,
    /// Until then somebody has asked for a batch.
    asking_until: u64,
}

/// What is known here.
#[derive(Debug, Clone, Copy)]
pub(in crate::rate_limit) enum Known {
    /// The request was counted, or is refused.
    Standing(Standing),
    /// The store is to be asked for as much.
    Ask(u32),
}

/// States are not limits: any may be forgotten, the emptiest first.
#[derive(Debug, Clone, Copy)]
struct Forget {
    now: u64,
}

impl Lease {
    pub(super) fn new(batch: u32, max_keys: usize) -> Self {
        Self { batch, store: Store::new(max_keys) }
    }

    pub(super) const fn batch(&self) -> u32 {
        self.batch
    }

    /// Decides by what is left; `patience` is how long the store may take to answer.
    pub(in crate::rate_limit) fn decide(
        &self,
        ask: Ask,
        quota: Quota,
        now: u64,
        patience: Duration,
    ) -> Known {
        let come_back = self.come_back(quota);
        let decided = self.store.with(
            |_| Forget { now },
            Planned::only(&ask.key),
            now,
            |_, state| {
                if now >= state.until {
                    state.left = 0;
                }
                if state.left >= ask.cost {
                    state.left -= ask.cost;
                    let wait = Duration::from_nanos(come_back);
                    return Known::Standing(Standing { allowed: true, remaining: state.left, wait });
                }
                if now < state.dry_until {
                    let wait = Duration::from_nanos(state.dry_until - now);
                    return Known::Standing(Standing { allowed: false, remaining: 0, wait });
                }
                if now < state.asking_until {
                    return Known::Ask(ask.cost);
                }
                state.asking_until = now.saturating_add(nanos(patience));
                Known::Ask(self.batch.max(ask.cost))
            },
        );
        decided.unwrap_or(Known::Ask(ask.cost))
    }

    /// Keeps what the store gave of what it was asked for, the request's own cost among it.
    pub(in crate::rate_limit) fn keep(&self, ask: Ask, quota: Quota, asked: u32, told: Taken, now: u64) {
        let (Taken { standing, count: granted, .. }, come_back) = (told, self.come_back(quota));
        let _ = self.store.with(
            |_| Forget { now },
            Planned::only(&ask.key),
            now,
            |_, state| {
                if now >= state.until {
                    state.left = 0;
                }
                if asked > ask.cost {
                    state.asking_until = 0;
                }
                let kept = if standing.allowed { granted.saturating_sub(ask.cost) } else { 0 };
                if kept > 0 {
                    state.left = state.left.saturating_add(kept).min(self.batch);
                    state.until = now.saturating_add(come_back);
                }
                // Less than what was asked for: there is no more before a batch has come back.
                if !standing.allowed || granted < asked {
                    state.dry_until = now.saturating_add(come_back.max(nanos(standing.wait)));
                }
            },
        );
    }

    /// What was taken of a batch is not needed.
    pub(in crate::rate_limit) fn put_back(&self, ask: Ask, now: u64) {
        let _ = self.store.peek(
            |_| Forget { now },
            Planned::only(&ask.key),
            now,
            |_, state| state.left = state.left.saturating_add(ask.cost).min(self.batch),
        );
    }

    /// How long a batch takes to come back.
    fn come_back(&self, quota: Quota) -> u64 {
        quota.interval_nanos().saturating_mul(u64::from(self.batch))
    }
}

impl Rule for Forget {
    type State = LeaseState;

    fn look(&self, state: &LeaseState, _now: u64, _cost: u32) -> Standing {
        let worth = if self.now < state.until { state.left } else { 0 };
        let dry = u32::from(self.now < state.dry_until);
        Standing { allowed: true, remaining: u32::MAX - worth - dry, wait: Duration::ZERO }
    }

    fn limit(&self) -> u32 {
        u32::MAX
    }
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}
