//! How long to wait before trying again, and when to stop: exponential backoff with jitter.

use std::time::Duration;

use rand::Rng;

const ATTEMPTS: u32 = 5;
const FIRST_WAIT: Duration = Duration::from_secs(1);
const LONGEST_WAIT: Duration = Duration::from_secs(300);

/// The wait after so many failures, the last one included; nothing when it is time to give up. A random
/// part of up to a half is cut off, so that what failed together comes back apart.
pub(super) fn wait_after(failures: u32) -> Option<Duration> {
    let again = failures < ATTEMPTS;
    again.then(|| full_wait(failures).mul_f64(rand::rng().random_range(0.5..=1.0)))
}

fn full_wait(failures: u32) -> Duration {
    let doubled = 2_u32.saturating_pow(failures.saturating_sub(1));
    FIRST_WAIT.saturating_mul(doubled).min(LONGEST_WAIT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_longest_and_end_with_the_last_attempt() {
        for (failures, seconds) in [(1, 1), (2, 2), (3, 4), (4, 8)] {
            let longest = Duration::from_secs(seconds);
            for _ in 0..50 {
                let wait = wait_after(failures).unwrap();
                assert!((longest / 2..=longest).contains(&wait), "{failures}: {wait:?}");
            }
        }
        assert_eq!(wait_after(5), None);
        assert_eq!(wait_after(u32::MAX), None);
        assert_eq!(full_wait(4_000_000), Duration::from_secs(300));
    }

    #[test]
    fn what_failed_together_comes_back_apart() {
        let waits: std::collections::HashSet<_> = (0..20).filter_map(|_| wait_after(1)).collect();
        assert!(waits.len() > 1);
    }
}
