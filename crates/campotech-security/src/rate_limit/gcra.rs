//! The generic cell rate algorithm (ITU-T I.371, annex A), with burst = limit.

use std::time::Duration;

use super::Quota;
use super::standing::{Rule, SharedRule, Standing, Taken, share_of};
use crate::ConfigError;

/// GCRA: N at once, then one every W/N. Eight bytes a key; admits at most 2 N in any window W.
#[derive(Debug, Clone, Copy)]
pub struct Gcra {
    limit: u32,
    window: u64,
    interval: u64,
}

/// A key's state: the theoretical arrival time, in nanoseconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct GcraState(u64);

impl Gcra {
    /// The algorithm for `quota`.
    ///
    /// # Errors
    /// [`ConfigError::QuotaRange`].
    pub fn new(quota: Quota) -> Result<Self, ConfigError> {
        quota.check()?;
        Ok(Self::of(quota.limit(), quota.window_nanos()))
    }

    // Rounded up, so that rounding never admits more.
    pub(crate) fn of(limit: u32, window: u64) -> Self {
        Self { limit, window, interval: window.div_ceil(u64::from(limit)) }
    }

    /// Asks for one request at `now` (nanoseconds since a fixed start), and counts it if it passes.
    pub fn take(&self, state: &mut GcraState, now: u64) -> Standing {
        self.take_many(state, now, 1)
    }

    /// As [`take`](Self::take), for a request that weighs as much as `cost`: all of it passes or nothing.
    pub fn take_many(&self, state: &mut GcraState, now: u64, cost: u32) -> Standing {
        let (room, price) = (self.room(state, now), self.time_of(cost));
        if cost == 0 || cost > self.limit || price > room {
            return self.found(room, cost);
        }
        state.0 = state.0.max(now).saturating_add(price);
        self.left(room - price)
    }

    /// What a request at `now` would find.
    #[must_use]
    pub fn look(&self, state: &GcraState, now: u64) -> Standing {
        self.look_many(state, now, 1)
    }

    /// What a request at `now` that weighs as much as `cost` would find. One that weighs more than the limit never passes.
    #[must_use]
    pub fn look_many(&self, state: &GcraState, now: u64, cost: u32) -> Standing {
        self.found(self.room(state, now), cost)
    }

    fn found(&self, room: u64, cost: u32) -> Standing {
        let left = self.left(room);
        if left.remaining >= cost {
            return left;
        }
        let wait = if cost > self.limit { self.burst() } else { self.time_of(cost) - room };
        Standing { allowed: false, wait: Duration::from_nanos(wait), ..left }
    }

    /// The standing with so much room, as one that passes.
    fn left(&self, room: u64) -> Standing {
        let remaining = u32::try_from(room / self.interval).unwrap_or(u32::MAX);
        // One more than remains has come back when the room is that much.
        let wait = if room == self.burst() { 0 } else { self.interval - room % self.interval };
        Standing { allowed: true, remaining, wait: Duration::from_nanos(wait) }
    }

    /// What of the burst is not used up.
    const fn room(&self, state: &GcraState, now: u64) -> u64 {
        self.burst().saturating_sub(state.0.saturating_sub(now))
    }

    const fn burst(&self) -> u64 {
        self.time_of(self.limit)
    }

    const fn time_of(&self, cost: u32) -> u64 {
        self.interval.saturating_mul(cost as u64)
    }
}

impl Rule for Gcra {
    type State = GcraState;

    fn look(&self, state: &GcraState, now: u64, cost: u32) -> Standing {
        self.look_many(state, now, cost)
    }

    fn limit(&self) -> u32 {
        self.limit
    }
}

impl SharedRule for Gcra {
    fn take(&self, state: &mut GcraState, now: u64, cost: u32) -> Taken {
        Taken { standing: self.take_many(state, now, cost), at: now }
    }

    // In intervals of the share: a key that used up its share finds nothing left, however much the whole limit has.
    fn record(&self, state: &mut GcraState, now: u64, cost: u32, replicas: u32) -> u64 {
        let share = self.share(replicas);
        let next = state.0.max(now).saturating_add(share.time_of(cost));
        state.0 = next.min(now.saturating_add(share.burst()));
        now
    }

    // As if it had been paid first: else whoever is slow could take back what others owe since.
    fn give_back(&self, state: &mut GcraState, cost: u32, at: u64, now: u64, replicas: u32) {
        let unpaid = self.share(replicas).time_of(cost).saturating_sub(now.saturating_sub(at));
        state.0 = state.0.saturating_sub(unpaid);
    }

    fn share(&self, replicas: u32) -> Self {
        if replicas <= 1 { *self } else { Self::of(share_of(self.limit, replicas), self.window) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u64 = 1_000_000_000;

    #[test]
    fn the_burst_is_the_limit_and_then_one_comes_back_every_interval() {
        let gcra = Gcra::new(Quota::per_minute(6)).unwrap();
        let mut state = GcraState::default();
        for left in (0..6).rev() {
            let standing = gcra.take(&mut state, 5 * SECOND);
            assert_eq!((standing.allowed, standing.remaining), (true, left));
            assert_eq!(standing.wait, Duration::from_secs(10));
        }
        let refused = gcra.take(&mut state, 5 * SECOND);
        assert_eq!(refused, Standing { allowed: false, remaining: 0, wait: Duration::from_secs(10) });
        assert!(!gcra.take(&mut state, 15 * SECOND - 1).allowed);
        assert!(gcra.take(&mut state, 15 * SECOND).allowed);
        assert!(!gcra.take(&mut state, 15 * SECOND).allowed);
    }

    #[test]
    fn what_was_recorded_counts_against_the_share() {
        let gcra = Gcra::new(Quota::per_minute(10)).unwrap();
        let (share, mut state) = (gcra.share(3), GcraState::default());
        for left in (0..4).rev() {
            gcra.record(&mut state, SECOND, 1, 3);
            assert_eq!(share.look(&state, SECOND).remaining, left);
        }
        // More than the share was admitted here: it owes no more than a whole burst for that.
        gcra.record(&mut state, SECOND, 1, 3);
        assert!(!share.look(&state, SECOND + 15 * SECOND - 1).allowed);
        assert!(share.look(&state, SECOND + 15 * SECOND).allowed);
        assert_eq!(share.look(&state, 61 * SECOND).remaining, 4);
    }

    #[test]
    fn what_weighs_more_passes_whole_or_not_at_all() {
        let gcra = Gcra::new(Quota::per_minute(6)).unwrap();
        let mut state = GcraState::default();
        assert_eq!(gcra.take_many(&mut state, 0, 4).remaining, 2);
        let refused = gcra.take_many(&mut state, 0, 3);
        assert_eq!(refused, Standing { allowed: false, remaining: 2, wait: Duration::from_secs(10) });
        assert!(!gcra.take_many(&mut state, 10 * SECOND - 1, 3).allowed);
        assert!(gcra.take_many(&mut state, 10 * SECOND, 3).allowed);
        assert_eq!(gcra.look_many(&state, 10 * SECOND, 7).wait, Duration::from_secs(60));
        // What costs nothing passes always, and counts for nothing.
        assert!(gcra.take_many(&mut state, 10 * SECOND, 0).allowed);
        gcra.give_back(&mut state, 3, 10 * SECOND, 10 * SECOND, 1);
        assert_eq!(gcra.look(&state, 10 * SECOND).remaining, 3);
        // Of what was taken a while ago only the rest comes back, and nothing in the end.
        gcra.give_back(&mut state, 1, 5 * SECOND, 10 * SECOND, 1);
        assert_eq!(gcra.look(&state, 15 * SECOND).remaining, 4);
        gcra.give_back(&mut state, 3, 10 * SECOND, 41 * SECOND, 1);
        assert_eq!(gcra.look(&state, 15 * SECOND).remaining, 4);
    }

    #[test]
    fn a_quota_that_does_not_divide_its_window_never_admits_more() {
        let gcra = Gcra::new(Quota::per_second(7)).unwrap();
        let mut state = GcraState::default();
        let (mut admitted, mut now) = (0, 0);
        while now < SECOND {
            let standing = gcra.take(&mut state, now);
            admitted += u32::from(standing.allowed);
            now += if standing.remaining > 0 { 0 } else { u64::try_from(standing.wait.as_nanos()).unwrap() };
        }
        // Seven at once and six that came back: the seventh comes back after the window, not within it.
        assert_eq!(admitted, 13);
    }
}
