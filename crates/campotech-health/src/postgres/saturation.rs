//! Whether a pool is used up, seen over time.

use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU32, Ordering};

use deadpool_postgres::Status;

/// Counts runs in a row that found the pool full, with callers in the queue.
#[derive(Debug)]
pub(super) struct Saturation {
    runs: AtomicU32,
    pub(super) threshold: NonZeroU32,
}

impl Saturation {
    pub(super) const fn new() -> Self {
        const TWO: NonZeroU32 = NonZeroU32::MIN.saturating_add(1);
        Self { runs: AtomicU32::new(0), threshold: TWO }
    }

    /// Whether the pool was found full often enough, this time included.
    pub(super) fn seen(&self, status: Status) -> bool {
        if !is_full(status) {
            self.runs.store(0, Ordering::Relaxed);
            return false;
        }
        let runs = self.runs.load(Ordering::Relaxed).saturating_add(1);
        self.runs.store(runs, Ordering::Relaxed);
        runs >= self.threshold.get()
    }
}

/// Deadpool's `waiting` holds callers whose connection is just being made too; only those beyond `max_size` queue.
const fn is_full(status: Status) -> bool {
    status.available == 0 && status.waiting > 0 && status.size + status.waiting > status.max_size
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn status(max_size: usize, size: usize, available: usize, waiting: usize) -> Status {
        Status { max_size, size, available, waiting }
    }

    #[test]
    fn full_is_more_callers_than_connections() {
        assert!(is_full(status(4, 4, 0, 1)));
        // One that can't be made, and a queue behind it.
        assert!(is_full(status(4, 3, 0, 2)));
        for fine in [
            status(4, 4, 0, 0), // all leased, nobody waits
            status(4, 0, 0, 1), // the first is being made
            status(4, 3, 0, 1),
            status(4, 4, 1, 0),
            status(0, 0, 0, 0), // closed
            status(2, 4, 0, 0), // made smaller
        ] {
            assert!(!is_full(fine), "{fine:?}");
        }
    }

    #[test]
    fn one_sight_is_no_saturation_and_relief_starts_anew() {
        let saturation = Saturation::new();
        let (full, fine) = (status(4, 4, 0, 1), status(4, 4, 0, 0));
        let seen = [full, full, full, fine, full, full].map(|status| saturation.seen(status));
        assert_eq!(seen, [false, true, true, false, false, true]);
    }
}
