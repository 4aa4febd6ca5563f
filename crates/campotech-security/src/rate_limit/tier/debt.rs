//! What this replica let pass while the shared store was away.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::Algorithm;
use super::kept::Ask;
use crate::rate_limit::key::KeyValue;
use crate::rate_limit::quota::Quota;
use crate::rate_limit::standing::{Rule, Standing};
use crate::rate_limit::store::{Planned, Store};

/// What the shared store doesn't know of: it is told with the next question about the key, so that an outage doesn't give every
/// key its quota twice.
#[derive(Debug)]
pub(in crate::rate_limit) struct Debts {
    store: Store<KeyValue, DebtState>,
    /// When the last one was made; 0 where there was none.
    last: AtomicU64,
}

#[derive(Debug, Clone, Copy, Default)]
struct DebtState {
    owed: u32,
    /// When that was so.
    at: u64,
    /// When the last request passed without the store.
    last: u64,
    /// Until then somebody has told the store, and waits for its answer.
    telling_until: u64,
}

/// Debts are not limits: any may be forgotten, the smallest first.
#[derive(Debug, Clone, Copy)]
struct Forget;

/// How fast debts go by themselves.
#[derive(Debug, Clone, Copy)]
pub(super) struct Decay {
    pub(super) quota: Quota,
    pub(super) algorithm: Algorithm,
}

impl Debts {
    pub(super) fn new(max_keys: usize) -> Self {
        Self { store: Store::new(max_keys), last: AtomicU64::new(0) }
    }

    /// Remembers what passed without the store.
    pub(super) fn owe(&self, ask: Ask, decay: Decay, now: u64) {
        self.last.fetch_max(now.max(1), Ordering::Relaxed);
        let _ = self.store.with(
            |_| Forget,
            Planned::only(&ask.key),
            now,
            |_, state| {
                let before = decay.left(state, now);
                state.owed = before.saturating_add(ask.cost).min(decay.quota.limit());
                (state.at, state.last) = (now, now.max(1));
            },
        );
    }

    /// What passed does not count after all.
    pub(super) fn forgive(&self, ask: Ask, decay: Decay, now: u64) {
        let _ = self.store.peek(
            |_| Forget,
            Planned::only(&ask.key),
            now,
            |_, state| (state.owed, state.at) = (decay.left(state, now).saturating_sub(ask.cost), now),
        );
    }

    /// What the store is to be told now.
    pub(super) fn tell(&self, ask: Ask, decay: Decay, now: u64, patience: Duration) -> u32 {
        if self.none_since(decay, now) {
            return 0;
        }
        let told = self.store.peek(
            |_| Forget,
            Planned::only(&ask.key),
            now,
            |_, state| {
                if now < state.telling_until {
                    return 0;
                }
                (state.owed, state.at) = (decay.left(state, now), now);
                if state.owed > 0 {
                    state.telling_until =
                        now.saturating_add(u64::try_from(patience.as_nanos()).unwrap_or(u64::MAX));
                }
                state.owed
            },
        );
        told.ok().flatten().unwrap_or(0)
    }

    /// The store was told.
    pub(super) fn told(&self, ask: Ask, owed: u32, now: u64) {
        let _ = self.store.peek(
            |_| Forget,
            Planned::only(&ask.key),
            now,
            |_, state| {
                state.owed = state.owed.saturating_sub(owed);
                state.telling_until = 0;
            },
        );
    }

    /// Whether the key's requests passed without the store within a window: until that is over, this replica's share holds beside
    /// what the store says, which may not have heard of all yet.
    pub(super) fn are_recent(&self, ask: Ask, decay: Decay, now: u64) -> bool {
        if self.none_since(decay, now) {
            return false;
        }
        let recent = self.store.peek(
            |_| Forget,
            Planned::only(&ask.key),
            now,
            |_, state| state.last > 0 && now.saturating_sub(state.last) < decay.quota.window_nanos(),
        );
        recent.ok().flatten().unwrap_or(false)
    }

    /// What requests ask, as long as there was no outage.
    fn none_since(&self, decay: Decay, now: u64) -> bool {
        let last = self.last.load(Ordering::Relaxed);
        last == 0 || now.saturating_sub(last) > decay.quota.window_nanos()
    }
}

impl Decay {
    fn left(self, state: &DebtState, now: u64) -> u32 {
        let (gone, window) = (now.saturating_sub(state.at), self.quota.window_nanos());
        match self.algorithm {
            Algorithm::Gcra => {
                let back = gone / self.quota.interval_nanos();
                state.owed.saturating_sub(u32::try_from(back).unwrap_or(u32::MAX))
            }
            Algorithm::SlidingLog | Algorithm::InFlight => {
                if gone >= window {
                    0
                } else {
                    state.owed
                }
            }
        }
    }
}

impl Rule for Forget {
    type State = DebtState;

    fn look(&self, state: &DebtState, _now: u64, _cost: u32) -> Standing {
        Standing { allowed: true, remaining: u32::MAX - state.owed, wait: Duration::ZERO }
    }

    fn limit(&self) -> u32 {
        u32::MAX
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u64 = 1_000_000_000;
    const PATIENCE: Duration = Duration::from_millis(50);

    fn ask(cost: u32) -> Ask {
        Ask { key: KeyValue::of("ana"), plan: 0, cost }
    }

    #[test]
    fn debts_are_told_once_and_go_by_themselves() {
        let quota = Quota::per_minute(60);
        for (algorithm, left) in [(Algorithm::Gcra, 2), (Algorithm::SlidingLog, 5)] {
            let (debts, decay) = (Debts::new(100), Decay { quota, algorithm });
            assert_eq!(debts.tell(ask(1), decay, SECOND, PATIENCE), 0);
            debts.owe(ask(2), decay, SECOND);
            debts.owe(ask(3), decay, SECOND);
            assert_eq!(debts.tell(ask(1), decay, 4 * SECOND, PATIENCE), left);
            // Somebody is telling it.
            assert_eq!(debts.tell(ask(1), decay, 4 * SECOND + 1, PATIENCE), 0);
            // In vain: the next one does.
            assert_eq!(debts.tell(ask(1), decay, 4 * SECOND + SECOND / 10, PATIENCE), left);
            debts.told(ask(1), left, 4 * SECOND + SECOND / 10);
            assert_eq!(debts.tell(ask(1), decay, 5 * SECOND, PATIENCE), 0);
            // They are paid, and not long ago.
            assert!(debts.are_recent(ask(1), decay, 5 * SECOND));
            assert!(!debts.are_recent(ask(1), decay, 61 * SECOND));
            debts.owe(ask(1_000), decay, 5 * SECOND);
            assert_eq!(debts.tell(ask(1), decay, 5 * SECOND, PATIENCE), 60);
            assert_eq!(debts.tell(ask(1), decay, 66 * SECOND, PATIENCE), 0);
        }
    }
}
