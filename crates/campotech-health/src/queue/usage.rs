//! What of a pool is lent out.

use std::fmt;

/// What of a pool is lent out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PoolUsage {
    /// As many as there can be.
    pub max: usize,
    /// Lent out, or being made for somebody.
    pub in_use: usize,
    /// Callers in the queue.
    pub waiting: usize,
}

impl PoolUsage {
    /// All are lent out, and callers wait. A pool that is merely busy is not full.
    pub(crate) const fn is_full(self) -> bool {
        self.in_use >= self.max && self.waiting > 0
    }

    /// The part that is lent out; none of a pool that can have none, such as one that is closed.
    pub(crate) fn ratio(self) -> Option<f64> {
        (self.max > 0).then(|| self.in_use as f64 / self.max as f64)
    }
}

impl fmt::Display for PoolUsage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {} in use, {} callers wait", self.in_use, self.max, self.waiting)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn full_is_all_lent_out_and_somebody_waiting() {
        let usage = |max, in_use, waiting| PoolUsage { max, in_use, waiting };
        assert!(usage(4, 4, 1).is_full() && usage(2, 4, 1).is_full());
        assert!(!usage(4, 4, 0).is_full() && !usage(4, 3, 9).is_full() && !usage(0, 0, 0).is_full());
        assert_eq!(usage(4, 3, 0).ratio(), Some(0.75));
        assert_eq!(usage(0, 0, 0).ratio(), None);
    }
}
