//! What of a deadpool is lent out.

use deadpool_postgres::Status;

use crate::queue::PoolUsage;

/// Deadpool's `waiting` holds callers whose connection is just being made too; only those beyond `max_size` queue.
pub(super) fn usage(status: Status) -> PoolUsage {
    let Status { max_size, size, available, waiting } = status;
    let made = if available == 0 { waiting.min(max_size.saturating_sub(size)) } else { 0 };
    PoolUsage { max: max_size, in_use: size.saturating_sub(available) + made, waiting: waiting - made }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn status(max_size: usize, size: usize, available: usize, waiting: usize) -> Status {
        Status { max_size, size, available, waiting }
    }

    #[test]
    fn full_is_more_callers_than_connections() {
        assert!(usage(status(4, 4, 0, 1)).is_full());
        // One that can't be made, and a queue behind it.
        assert!(usage(status(4, 3, 0, 2)).is_full());
        for fine in [
            status(4, 4, 0, 0), // all leased, nobody waits
            status(4, 0, 0, 1), // the first is being made
            status(4, 3, 0, 1),
            status(4, 4, 1, 0),
            status(0, 0, 0, 0), // closed
            status(2, 4, 0, 0), // made smaller
        ] {
            assert!(!usage(fine).is_full(), "{fine:?}");
        }
        assert_eq!(usage(status(4, 2, 1, 0)), PoolUsage { max: 4, in_use: 1, waiting: 0 });
    }
}
