//! When checks run and what becomes of their results.

use std::num::NonZeroU32;
use std::time::Duration;

use super::thresholds::Thresholds;
use crate::error::ConfigError;

const JITTER: f64 = 0.1;

/// When a check runs and what becomes of its results.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Settings {
    pub(crate) interval: Duration,
    pub(crate) timeout: Duration,
    pub(crate) reprobe: Duration,
    pub(crate) max_age: Duration,
    pub(crate) thresholds: Thresholds,
}

/// What one check has of its own.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Overrides {
    pub(crate) interval: Option<Duration>,
    pub(crate) timeout: Option<Duration>,
    pub(crate) reprobe: Option<Duration>,
    pub(crate) max_age: Option<Duration>,
    pub(crate) failures: Option<NonZeroU32>,
    pub(crate) successes: Option<NonZeroU32>,
}

impl Settings {
    pub(crate) fn overridden(self, own: &Overrides) -> Self {
        Self {
            interval: own.interval.unwrap_or(self.interval),
            timeout: own.timeout.unwrap_or(self.timeout),
            reprobe: own.reprobe.unwrap_or(self.reprobe),
            max_age: own.max_age.unwrap_or(self.max_age),
            thresholds: Thresholds {
                failures: own.failures.unwrap_or(self.thresholds.failures),
                successes: own.successes.unwrap_or(self.thresholds.successes),
            },
        }
    }

    /// Whether the times can work together.
    pub(crate) fn validate(&self) -> Result<(), ConfigError> {
        let Self { interval, timeout, reprobe, max_age, .. } = *self;
        let zero = [(interval, "the interval"), (timeout, "the timeout"), (reprobe, "the re-probe delay")];
        if let Some((_, setting)) = zero.into_iter().find(|(duration, _)| duration.is_zero()) {
            return Err(ConfigError::ZeroDuration { setting });
        }
        if timeout >= interval / 2 {
            return Err(ConfigError::TimeoutTooLong { timeout, interval });
        }
        if reprobe > interval {
            return Err(ConfigError::ReprobeTooLong { reprobe, interval });
        }
        let needed = latest(interval).saturating_add(timeout);
        if max_age < needed {
            return Err(ConfigError::MaxAgeTooShort { max_age, needed });
        }
        Ok(())
    }
}

/// The longest that a jittered `base` gets.
pub(crate) fn latest(base: Duration) -> Duration {
    jittered(base, 1.0)
}

/// `base`, give or take a tenth; `unit` is within 0 to 1.
pub(crate) fn jittered(base: Duration, unit: f64) -> Duration {
    let factor = (unit.clamp(0.0, 1.0) * 2.0 - 1.0).mul_add(JITTER, 1.0);
    Duration::try_from_secs_f64(base.as_secs_f64() * factor).unwrap_or(base)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn jitter_is_at_most_a_tenth(millis in 1..100_000_u64, unit in 0.0..=1.0_f64) {
            let base = Duration::from_millis(millis);
            let slack = Duration::from_nanos(200);
            let jittered = jittered(base, unit);
            prop_assert!(jittered + slack >= base * 9 / 10 && jittered <= base * 11 / 10 + slack);
            prop_assert!(jittered <= latest(base));
        }
    }

    #[test]
    fn jitter_spans_its_whole_range() {
        let base = Duration::from_secs(10);
        assert_eq!(jittered(base, 0.0), Duration::from_secs(9));
        assert_eq!(jittered(base, 0.5), base);
        assert_eq!(jittered(base, 1.0), Duration::from_secs(11));
        assert_eq!(latest(Duration::MAX), Duration::MAX);
    }
}
