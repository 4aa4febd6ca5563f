//! A token bucket that knows the time only from its caller.

use std::time::Duration;

/// What a bucket holds at most, and how long one token takes to come back.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rate {
    pub(super) burst: u32,
    pub(super) every: Duration,
}

/// Kept as the moment from which it is full again, so that it needs no upkeep (GCRA, ITU-T I.371).
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Bucket {
    full_at: Duration,
}

impl Bucket {
    pub(super) fn has_token(self, rate: Rate, now: Duration) -> bool {
        self.full_at.saturating_sub(now) + rate.every <= rate.every * rate.burst
    }

    pub(super) fn take(&mut self, rate: Rate, now: Duration) {
        self.full_at = self.full_at.max(now) + rate.every;
    }

    pub(super) fn is_full(self, now: Duration) -> bool {
        self.full_at <= now
    }

    pub(super) const fn full_at(self) -> Duration {
        self.full_at
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_burst_passes_and_then_one_for_each_interval() {
        let rate = Rate { burst: 3, every: Duration::from_secs(60) };
        let mut bucket = Bucket::default();
        let mut passed = |now: u64| {
            let now = Duration::from_secs(now);
            let passes = bucket.has_token(rate, now);
            if passes {
                bucket.take(rate, now);
            }
            passes
        };
        assert_eq!([passed(5), passed(5), passed(5), passed(5)], [true, true, true, false]);
        assert!(!passed(64));
        assert_eq!([passed(65), passed(65)], [true, false]);
        assert_eq!([passed(500), passed(500), passed(500), passed(500)], [true, true, true, false]);
    }

    proptest! {
        #[test]
        fn never_more_than_the_burst_and_the_rate(burst in 1u32..20, every in 1u64..90, gaps in prop::collection::vec(0u64..30, 1..300)) {
            let rate = Rate { burst, every: Duration::from_secs(every) };
            let (mut bucket, mut now, mut passed) = (Bucket::default(), 0, 0);
            for gap in gaps {
                now += gap;
                if bucket.has_token(rate, Duration::from_secs(now)) {
                    bucket.take(rate, Duration::from_secs(now));
                    passed += 1;
                }
            }
            prop_assert!(passed <= u64::from(burst) + now / every);
        }
    }
}
