//! Until when the next byte may come.

use std::time::Duration;

/// A deadline for the whole body, and an average rate that holds once the grace is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Pace {
    pub(super) deadline: Duration,
    pub(super) grace: Duration,
    pub(super) bytes_per_second: u32,
}

impl Pace {
    /// How long after the start a body may have got no further than `received` bytes.
    pub(super) fn allowance(&self, received: usize) -> Duration {
        if self.bytes_per_second == 0 {
            return self.deadline;
        }
        let earned = received as u64 * 1_000 / u64::from(self.bytes_per_second);
        self.deadline.min(self.grace.saturating_add(Duration::from_millis(earned)))
    }

    /// Whether the deadline, not the rate, ends a body at `received` bytes.
    pub(super) fn is_deadline(&self, received: usize) -> bool {
        self.allowance(received) == self.deadline
    }
}

impl Default for Pace {
    fn default() -> Self {
        Self { deadline: Duration::from_secs(10), grace: Duration::from_secs(5), bytes_per_second: 512 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_earn_time_up_to_the_deadline() {
        let pace = Pace::default();
        assert_eq!(pace.allowance(0), Duration::from_secs(5));
        assert_eq!(pace.allowance(1_024), Duration::from_secs(7));
        assert_eq!(pace.allowance(1 << 20), Duration::from_secs(10));
        assert!(!pace.is_deadline(1_024) && pace.is_deadline(1 << 20));
        assert_eq!(Pace { bytes_per_second: 0, ..pace }.allowance(0), Duration::from_secs(10));
    }
}
