//! Whether something lasts.

use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU32, Ordering};

/// Counts runs in a row that saw something.
#[derive(Debug)]
pub(crate) struct Streak {
    runs: AtomicU32,
    pub(crate) threshold: NonZeroU32,
}

impl Streak {
    /// Two runs in a row.
    pub(crate) const fn new() -> Self {
        const TWO: NonZeroU32 = NonZeroU32::MIN.saturating_add(1);
        Self { runs: AtomicU32::new(0), threshold: TWO }
    }

    /// Whether it was seen often enough, this time included.
    pub(crate) fn seen(&self, it: bool) -> bool {
        let runs = if it { self.runs.load(Ordering::Relaxed).saturating_add(1) } else { 0 };
        self.runs.store(runs, Ordering::Relaxed);
        runs >= self.threshold.get()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_sight_is_not_enough_and_relief_starts_anew() {
        let streak = Streak::new();
        let seen = [true, true, true, false, true, true].map(|it| streak.seen(it));
        assert_eq!(seen, [false, true, true, false, false, true]);
    }
}
