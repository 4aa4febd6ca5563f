//! Keys that went over their quota again and again are kept out for longer and longer.

use std::time::Duration;

use super::standing::{Rule, Standing};
use crate::ConfigError;

/// How long a key is kept out once its quota is used up: each time in a row twice as long, up to a longest time.
///
/// A ban is for everything that the tier counts. A key that was quiet for the longest time after its last ban starts anew.
/// Bans are of one process: where replicas share quotas, each bans whom it has refused itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ban {
    first: u64,
    longest: u64,
}

/// A key's bans.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct BanState {
    until: u64,
    in_a_row: u32,
}

const SHORTEST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_secs(31 * 86_400);

impl Ban {
    /// For `first`, then for twice that, and so on up to `longest`.
    ///
    /// # Errors
    /// [`ConfigError::Range`] where they are not from 1 s to 31 days, or `first` is the longer one.
    pub fn escalating(first: Duration, longest: Duration) -> Result<Self, ConfigError> {
        if first < SHORTEST || longest > LONGEST || first > longest {
            return Err(ConfigError::Range(
                "the time of a ban",
                "1 s to 31 days, the first not above the longest",
            ));
        }
        let nanos = |time: Duration| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        Ok(Self { first: nanos(first), longest: nanos(longest) })
    }

    /// Bans a key that is not banned; says for how long.
    pub(super) fn strike(&self, state: &mut BanState, now: u64) -> Duration {
        if now >= state.until {
            let forgotten = now >= state.until.saturating_add(self.longest);
            let doublings = if forgotten { 0 } else { state.in_a_row };
            state.in_a_row = doublings + 1;
            let times = 1_u64.checked_shl(doublings).unwrap_or(u64::MAX);
            state.until = now.saturating_add(self.first.saturating_mul(times).min(self.longest));
        }
        Duration::from_nanos(state.until - now)
    }
}

impl Rule for Ban {
    type State = BanState;

    fn look(&self, state: &BanState, now: u64, _cost: u32) -> Standing {
        let quiet = now >= state.until.saturating_add(self.longest);
        let remaining = if quiet { u32::MAX } else { u32::MAX - state.in_a_row };
        let wait = Duration::from_nanos(state.until.saturating_sub(now));
        Standing { allowed: now >= state.until, remaining, wait }
    }

    fn limit(&self) -> u32 {
        u32::MAX
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u64 = 1_000_000_000;

    #[test]
    fn bans_grow_and_are_forgotten() {
        let ban = Ban::escalating(Duration::from_secs(10), Duration::from_secs(60)).unwrap();
        let (mut state, mut now) = (BanState::default(), SECOND);
        for seconds in [10, 20, 40, 60, 60] {
            assert_eq!(ban.strike(&mut state, now), Duration::from_secs(seconds));
            // While it lasts nothing adds to it.
            assert_eq!(ban.strike(&mut state, now + SECOND), Duration::from_secs(seconds - 1));
            let end = now + seconds * SECOND;
            assert!(!ban.look(&state, end - 1, 1).allowed);
            assert!(ban.look(&state, end, 1).allowed);
            now = end;
        }
        assert!(ban.look(&state, now, 1).remaining < u32::MAX);
        now += 60 * SECOND;
        assert_eq!(ban.look(&state, now, 1).remaining, u32::MAX);
        assert_eq!(ban.strike(&mut state, now), Duration::from_secs(10));
    }

    #[test]
    fn a_ban_of_no_time_is_refused() {
        let seconds = Duration::from_secs;
        for (first, longest) in [(0, 10), (10, 9), (1, 32 * 86_400)] {
            assert_eq!(Ban::escalating(seconds(first), seconds(longest)).unwrap_err().code(), "range");
        }
    }
}
