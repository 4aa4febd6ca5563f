//! Requests of a key that are under way.

use std::sync::Arc;
use std::time::Duration;

use super::standing::{Rule, SharedRule, Standing, Taken, share_of};
use super::tier::{Ask, ReadyTier};

/// At most so many at once.
#[derive(Debug, Clone, Copy)]
pub(super) struct InFlight {
    limit: u32,
}

/// How many are under way.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct InFlightState(u32);

/// A request's place, until the end of its answer.
#[derive(Debug)]
pub(super) struct Place {
    tier: Arc<ReadyTier>,
    ask: Ask,
}

/// When to come back is for nobody to know: somebody else's answer has to end.
const SOON: Duration = Duration::from_secs(1);

impl InFlight {
    pub(super) const fn new(limit: u32) -> Self {
        Self { limit }
    }
}

impl Rule for InFlight {
    type State = InFlightState;

    fn look(&self, state: &InFlightState, _now: u64, cost: u32) -> Standing {
        let remaining = self.limit.saturating_sub(state.0);
        let allowed = remaining >= cost;
        Standing { allowed, remaining, wait: if allowed { Duration::ZERO } else { SOON } }
    }

    fn limit(&self) -> u32 {
        self.limit
    }

    // Whoever is under way comes back to leave.
    fn may_forget(&self, standing: &Standing) -> bool {
        standing.remaining == self.limit
    }
}

impl SharedRule for InFlight {
    fn take(&self, state: &mut InFlightState, now: u64, cost: u32) -> Taken {
        let before = self.look(state, now, cost);
        if before.allowed {
            state.0 += cost;
        }
        Taken { standing: Standing { remaining: self.limit.saturating_sub(state.0), ..before }, at: now }
    }

    fn record(&self, _state: &mut InFlightState, now: u64, _cost: u32, _replicas: u32) -> u64 {
        now
    }

    fn give_back(&self, state: &mut InFlightState, cost: u32, _at: u64, _now: u64, _replicas: u32) {
        state.0 = state.0.saturating_sub(cost);
    }

    fn share(&self, replicas: u32) -> Self {
        Self { limit: share_of(self.limit, replicas) }
    }
}

impl Place {
    pub(super) const fn new(tier: Arc<ReadyTier>, ask: Ask) -> Self {
        Self { tier, ask }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.tier.give_back(self.ask, 0, 0, 1);
    }
}
