//! The time of day as it was at the start, and as it went on since.

use std::time::{Duration, SystemTime};

use tokio::time::Instant;

/// Never goes back, whatever is done to the machine's clock: times of a chart have to rise.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Clock {
    wall: SystemTime,
    start: Instant,
}

impl Clock {
    pub(crate) const fn new(wall: SystemTime, start: Instant) -> Self {
        Self { wall, start }
    }

    pub(crate) const fn start(self) -> Instant {
        self.start
    }

    pub(crate) fn at(self, moment: Instant) -> SystemTime {
        self.wall + moment.saturating_duration_since(self.start)
    }

    /// Since 1970.
    pub(crate) fn seconds(self, moment: Instant) -> u64 {
        self.at(moment).duration_since(SystemTime::UNIX_EPOCH).unwrap_or(Duration::ZERO).as_secs()
    }
}
