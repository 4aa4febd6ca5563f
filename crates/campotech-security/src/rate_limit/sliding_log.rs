//! A log of the times of what was admitted: exactly N in any window.

use std::collections::VecDeque;
use std::iter;
use std::time::Duration;

use super::Quota;
use super::standing::{Rule, SharedRule, Standing, Taken, share_of};
use crate::ConfigError;

/// The exact limiter: never more than N in any window W, wherever the window starts.
#[derive(Debug, Clone, Copy)]
pub struct SlidingLog {
    limit: usize,
    window: u64,
}

/// A key's state: when its requests were admitted, in nanoseconds, oldest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SlidingLogState(VecDeque<u64>);

/// More would cost more than 80 kB a key.
const HIGHEST_LIMIT: u32 = 10_000;

impl SlidingLog {
    /// The algorithm for `quota`.
    ///
    /// # Errors
    /// [`ConfigError::QuotaRange`]; [`ConfigError::Range`] above 10000, where the log would cost too much.
    pub fn new(quota: Quota) -> Result<Self, ConfigError> {
        quota.check()?;
        if quota.limit() > HIGHEST_LIMIT {
            return Err(ConfigError::Range("the limit of an exact quota", "10000 or less"));
        }
        Ok(Self { limit: quota.limit() as usize, window: quota.window_nanos() })
    }

    /// Asks for one request at `now` (nanoseconds since a fixed start), and counts it if it passes.
    pub fn take(&self, state: &mut SlidingLogState, now: u64) -> Standing {
        self.take_many(state, now, 1)
    }

    /// As [`take`](Self::take), for a request that weighs as much as `cost`: all of it passes or nothing.
    pub fn take_many(&self, state: &mut SlidingLogState, now: u64, cost: u32) -> Standing {
        let now = self.advance(state, now);
        let before = self.standing(state, 0, now, cost);
        if !before.allowed || cost == 0 {
            return before;
        }
        state.0.extend(iter::repeat_n(now, cost as usize));
        Standing { allowed: true, ..self.standing(state, 0, now, 1) }
    }

    /// What a request at `now` would find.
    #[must_use]
    pub fn look(&self, state: &SlidingLogState, now: u64) -> Standing {
        self.look_many(state, now, 1)
    }

    /// What a request at `now` that weighs as much as `cost` would find. One that weighs more than the limit never passes.
    #[must_use]
    pub fn look_many(&self, state: &SlidingLogState, now: u64, cost: u32) -> Standing {
        let now = latest(state, now);
        let expired = state.0.partition_point(|at| at.saturating_add(self.window) <= now);
        self.standing(state, expired, now, cost)
    }

    /// Counts one at `now` that happened whether or not there was room; the oldest makes way.
    pub fn record(&self, state: &mut SlidingLogState, now: u64) {
        let now = self.advance(state, now);
        if state.0.len() >= self.limit {
            state.0.pop_front();
        }
        state.0.push_back(now);
    }

    /// Takes back one that was counted at `at`, if it is still there.
    pub(super) fn retract(state: &mut SlidingLogState, at: u64) {
        if let Ok(index) = state.0.binary_search(&at) {
            state.0.remove(index);
        }
    }

    /// When the last one was counted.
    pub(super) fn last(state: &SlidingLogState) -> Option<u64> {
        state.0.back().copied()
    }

    // Threads read the clock before they have the lock, so that times may come in the wrong order: the log's own order
    // counts, and what is written a moment late expires a moment late.
    fn advance(&self, state: &mut SlidingLogState, now: u64) -> u64 {
        let now = latest(state, now);
        while state.0.front().is_some_and(|at| at.saturating_add(self.window) <= now) {
            state.0.pop_front();
        }
        now
    }

    fn standing(&self, state: &SlidingLogState, expired: usize, now: u64, cost: u32) -> Standing {
        let (logged, cost) = (state.0.len(), cost as usize);
        let remaining = self.limit.saturating_sub(logged - expired);
        let allowed = remaining >= cost;
        // As many have to go as the request is over the limit; where the limit was larger a moment ago, the surplus too.
        let over = (logged + cost.max(1)).saturating_sub(self.limit + 1);
        let wait = match state.0.get(expired.max(over)) {
            _ if !allowed && cost > self.limit => self.window,
            Some(at) => at.saturating_add(self.window) - now,
            None => 0,
        };
        Standing {
            allowed,
            remaining: u32::try_from(remaining).unwrap_or(u32::MAX),
            wait: Duration::from_nanos(wait),
        }
    }
}

fn latest(state: &SlidingLogState, now: u64) -> u64 {
    state.0.back().map_or(now, |last| now.max(*last))
}

impl Rule for SlidingLog {
    type State = SlidingLogState;

    fn look(&self, state: &SlidingLogState, now: u64, cost: u32) -> Standing {
        self.look_many(state, now, cost)
    }

    fn limit(&self) -> u32 {
        u32::try_from(self.limit).unwrap_or(u32::MAX)
    }
}

impl SharedRule for SlidingLog {
    fn take(&self, state: &mut SlidingLogState, now: u64, cost: u32) -> Taken {
        let standing = self.take_many(state, now, cost);
        Taken { standing, at: Self::last(state).unwrap_or(now) }
    }

    // By the whole limit: the share may grow, and then counts what is older.
    fn record(&self, state: &mut SlidingLogState, now: u64, cost: u32, _replicas: u32) -> u64 {
        for _ in 0..cost {
            Self::record(self, state, now);
        }
        Self::last(state).unwrap_or(now)
    }

    fn give_back(&self, state: &mut SlidingLogState, cost: u32, at: u64, _now: u64, _replicas: u32) {
        for _ in 0..cost {
            Self::retract(state, at);
        }
    }

    fn share(&self, replicas: u32) -> Self {
        Self { limit: share_of(self.limit(), replicas) as usize, window: self.window }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u64 = 1_000_000_000;

    #[test]
    fn the_window_slides() {
        let log = SlidingLog::new(Quota::parse("2/10s").unwrap()).unwrap();
        let mut state = SlidingLogState::default();
        assert_eq!(log.take(&mut state, 0).remaining, 1);
        assert_eq!(log.take(&mut state, 6 * SECOND).remaining, 0);
        let refused = log.take(&mut state, 9 * SECOND);
        assert_eq!(refused, Standing { allowed: false, remaining: 0, wait: Duration::from_secs(1) });
        assert!(!log.take(&mut state, 10 * SECOND - 1).allowed);
        assert!(log.take(&mut state, 10 * SECOND).allowed);
        assert!(!log.take(&mut state, 15 * SECOND).allowed);
        assert!(log.take(&mut state, 16 * SECOND).allowed);
    }

    #[test]
    fn what_weighs_more_passes_whole_or_not_at_all() {
        let log = SlidingLog::new(Quota::parse("5/10s").unwrap()).unwrap();
        let mut state = SlidingLogState::default();
        assert_eq!(log.take_many(&mut state, 0, 2).remaining, 3);
        assert_eq!(log.take_many(&mut state, 4 * SECOND, 2).remaining, 1);
        // Three fit when the first two are gone, four when all are.
        for (cost, wait) in [(2, 6), (3, 6), (4, 10), (5, 10), (6, 10)] {
            let refused = log.look_many(&state, 4 * SECOND, cost);
            assert_eq!((refused.allowed, refused.wait), (false, Duration::from_secs(wait)), "{cost}");
        }
        assert!(!log.take_many(&mut state, 10 * SECOND - 1, 3).allowed);
        assert!(log.take_many(&mut state, 10 * SECOND, 3).allowed);
        assert!(log.take_many(&mut state, 10 * SECOND, 0).allowed);
        log.give_back(&mut state, 3, 10 * SECOND, 11 * SECOND, 1);
        assert_eq!(log.look(&state, 10 * SECOND).remaining, 3);
    }

    #[test]
    fn times_in_the_wrong_order_admit_no_more() {
        let log = SlidingLog::new(Quota::parse("2/10s").unwrap()).unwrap();
        let mut state = SlidingLogState::default();
        assert!(log.take(&mut state, 5 * SECOND).allowed);
        assert!(log.take(&mut state, SECOND).allowed);
        assert!(!log.take(&mut state, 11 * SECOND).allowed);
        assert!(log.take(&mut state, 15 * SECOND).allowed);
    }

    #[test]
    fn a_smaller_share_waits_until_all_of_its_surplus_is_gone() {
        let log = SlidingLog::new(Quota::parse("10/10s").unwrap()).unwrap();
        let mut state = SlidingLogState::default();
        for second in 0..6 {
            assert!(log.take(&mut state, second * SECOND).allowed);
        }
        let share = log.share(4);
        assert_eq!(share.limit(), 3);
        let refused = share.look(&state, 6 * SECOND);
        assert_eq!(refused, Standing { allowed: false, remaining: 0, wait: Duration::from_secs(7) });
        assert!(!share.take(&mut state, 13 * SECOND - 1).allowed);
        assert!(share.take(&mut state, 13 * SECOND).allowed);
    }

    #[test]
    fn what_is_recorded_over_the_limit_stays_within_it() {
        let log = SlidingLog::new(Quota::parse("2/10s").unwrap()).unwrap();
        let mut state = SlidingLogState::default();
        for second in 0..5 {
            log.record(&mut state, second * SECOND);
        }
        assert_eq!(state.0, [3 * SECOND, 4 * SECOND]);
        assert!(!log.look(&state, 12 * SECOND).allowed);
        assert!(log.look(&state, 13 * SECOND).allowed);
    }
}
