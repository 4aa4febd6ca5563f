//! When a component changes its state: how many results in a row it takes.

use std::num::NonZeroU32;

use campotech_core::ComponentStatus::{self, Degraded, Healthy, Unhealthy, Unknown};

/// How many results in a row change a state.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Thresholds {
    pub(crate) failures: NonZeroU32,
    pub(crate) successes: NonZeroU32,
}

/// How many of the latest results, without a gap, were of a kind.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Streaks {
    pub(super) unhealthy: u32,
    pub(super) worse: u32,
    pub(super) healthy: u32,
    pub(super) passing: u32,
}

impl Streaks {
    pub(super) fn push(&mut self, seen: ComponentStatus) {
        let mut count = |streak: fn(&mut Self) -> &mut u32, holds: bool| {
            let streak = streak(self);
            *streak = if holds { streak.saturating_add(1) } else { 0 };
        };
        count(|s| &mut s.unhealthy, seen == Unhealthy);
        count(|s| &mut s.worse, seen != Healthy);
        count(|s| &mut s.healthy, seen == Healthy);
        count(|s| &mut s.passing, seen != Unhealthy);
    }
}

impl Thresholds {
    /// The state after `streaks`, whose last result is `seen`. An unknown state takes over the first result there is;
    /// a known one gets no worse, and no better, than every result of a long enough streak says.
    pub(super) fn next(
        self,
        current: ComponentStatus,
        seen: ComponentStatus,
        streaks: Streaks,
    ) -> ComponentStatus {
        let (failures, successes) = (self.failures.get(), self.successes.get());
        match (current, seen) {
            (Unknown, _) => seen,
            (Healthy | Degraded, Unhealthy) if streaks.unhealthy >= failures => Unhealthy,
            (Healthy, Degraded | Unhealthy) if streaks.worse >= failures => Degraded,
            (Degraded | Unhealthy, Healthy) if streaks.healthy >= successes => Healthy,
            (Unhealthy, Healthy | Degraded) if streaks.passing >= successes => Degraded,
            _ => current,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn run(failures: u32, successes: u32, seen: &[ComponentStatus]) -> Vec<ComponentStatus> {
        let thresholds = Thresholds {
            failures: NonZeroU32::new(failures).unwrap(),
            successes: NonZeroU32::new(successes).unwrap(),
        };
        let (mut current, mut streaks) = (Unknown, Streaks::default());
        seen.iter()
            .map(|&seen| {
                streaks.push(seen);
                current = thresholds.next(current, seen, streaks);
                current
            })
            .collect()
    }

    #[test]
    fn it_takes_as_many_results_as_configured() {
        let (h, d, u) = (Healthy, Degraded, Unhealthy);
        assert_eq!(run(2, 1, &[h, u, h, u, u, u, h]), [h, h, h, h, u, u, h]);
        assert_eq!(run(3, 2, &[h, u, u, u, h, u, h, h]), [h, h, h, u, u, u, u, h]);
        assert_eq!(run(2, 1, &[u, h]), [u, h]);
        assert_eq!(run(2, 1, &[h, d, u, u]), [h, h, d, u]);
        assert_eq!(run(2, 1, &[h, d, h, d, d, h]), [h, h, h, h, d, h]);
        assert_eq!(run(1, 2, &[u, d, h, h]), [u, u, d, h]);
    }

    fn status() -> impl Strategy<Value = ComponentStatus> {
        prop::sample::select(vec![Healthy, Degraded, Unhealthy])
    }

    proptest! {
        #[test]
        fn a_change_needs_a_streak(
            failures in 1..5_u32, successes in 1..5_u32, seen in prop::collection::vec(status(), 1..60),
        ) {
            let states = run(failures, successes, &seen);
            for i in 1..states.len() {
                if states[i] as u8 == states[i - 1] as u8 {
                    continue;
                }
                let worse = (states[i] as u8) < states[i - 1] as u8;
                let needed = if worse { failures } else { successes } as usize;
                prop_assert!(i + 1 >= needed);
                for &s in &seen[i + 1 - needed..=i] {
                    let holds = if worse { s as u8 <= states[i] as u8 } else { s as u8 >= states[i] as u8 };
                    prop_assert!(holds, "{seen:?} {states:?} at {i}");
                }
            }
        }

        #[test]
        fn a_long_streak_always_arrives(
            failures in 1..5_u32, successes in 1..5_u32, seen in prop::collection::vec(status(), 0..30),
            last in status(),
        ) {
            let mut seen = seen;
            seen.extend([last; 5]);
            prop_assert_eq!(run(failures, successes, &seen).last().copied(), Some(last));
        }
    }
}
