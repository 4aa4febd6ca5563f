//! How long to wait before trying again, and when to stop.

use std::time::Duration;

use rand::Rng;

/// Exponential backoff with jitter.
///
/// # Defaults
/// - five attempts
/// - the first wait is 1 s, each next one twice as long, at most 5 min
/// - each wait is cut by a random part of up to a half, so that what failed together comes back apart
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryPolicy {
    attempts: u32,
    first_wait: Duration,
    longest_wait: Duration,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        let (first_wait, longest_wait) = (Duration::from_secs(1), Duration::from_secs(300));
        Self { attempts: 5, first_wait, longest_wait }
    }
}

impl RetryPolicy {
    /// Another number of attempts; 0 counts as 1.
    #[must_use]
    pub const fn with_attempts(self, attempts: u32) -> Self {
        Self { attempts: if attempts == 0 { 1 } else { attempts }, ..self }
    }

    /// Other waits.
    #[must_use]
    pub const fn with_waits(self, first_wait: Duration, longest_wait: Duration) -> Self {
        Self { first_wait, longest_wait, ..self }
    }

    /// The wait after so many failures, the last one included; nothing when it is time to give up.
    #[must_use]
    pub fn wait_after(&self, failures: u32) -> Option<Duration> {
        if failures >= self.attempts {
            return None;
        }
        let longest = self.longest_wait_after(failures);
        Some(longest.mul_f64(rand::rng().random_range(0.5..=1.0)))
    }

    fn longest_wait_after(&self, failures: u32) -> Duration {
        let doubled = 2_u32.saturating_pow(failures.saturating_sub(1));
        self.first_wait.saturating_mul(doubled).min(self.longest_wait)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_longest_and_end_with_the_last_attempt() {
        let policy = RetryPolicy::default();
        for (failures, seconds) in [(1, 1), (2, 2), (3, 4), (4, 8)] {
            let longest = Duration::from_secs(seconds);
            for _ in 0..50 {
                let wait = policy.wait_after(failures).unwrap();
                assert!((longest / 2..=longest).contains(&wait), "{failures}: {wait:?}");
            }
        }
        assert_eq!(policy.wait_after(5), None);
        let patient = policy.with_attempts(u32::MAX);
        assert!(patient.wait_after(4_000_000).unwrap() <= Duration::from_secs(300));
        assert_eq!(policy.with_attempts(0).wait_after(1), None);
    }

    #[test]
    fn what_failed_together_comes_back_apart() {
        let policy = RetryPolicy::default();
        let waits: std::collections::HashSet<_> = (0..20).filter_map(|_| policy.wait_after(1)).collect();
        assert!(waits.len() > 1);
    }
}
