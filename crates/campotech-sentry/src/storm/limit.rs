//! How much of a storm is sent.

use std::num::NonZeroU32;
use std::time::Duration;

use super::bucket::Rate;

/// How many error events may leave, for one error and in all: so many at once, and then so many a minute. In any minute
/// that is the burst and the rate together at most.
///
/// # Defaults
/// 10 of the same error at once and one a minute from then on; 50 of all at once and 50 a minute from then on, so never
/// more than 100 within a minute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub struct StormLimit {
    burst: NonZeroU32,
    per_minute: NonZeroU32,
    total_burst: NonZeroU32,
    total_per_minute: NonZeroU32,
}

impl StormLimit {
    /// The default limit.
    pub const fn new() -> Self {
        Self {
            burst: at_least_one(10),
            per_minute: at_least_one(1),
            total_burst: at_least_one(50),
            total_per_minute: at_least_one(50),
        }
    }

    /// How many of the same error may leave at once.
    pub const fn with_burst(mut self, events: NonZeroU32) -> Self {
        self.burst = events;
        self
    }

    /// How many of the same error may leave a minute once the burst is spent.
    pub const fn with_per_minute(mut self, events: NonZeroU32) -> Self {
        self.per_minute = events;
        self
    }

    /// How many events may leave at once, whatever they are.
    pub const fn with_total_burst(mut self, events: NonZeroU32) -> Self {
        self.total_burst = events;
        self
    }

    /// How many events may leave a minute once that burst is spent, whatever they are.
    pub const fn with_total_per_minute(mut self, events: NonZeroU32) -> Self {
        self.total_per_minute = events;
        self
    }

    pub(super) fn of_one(self) -> Rate {
        Rate { burst: self.burst.get(), every: MINUTE / self.per_minute.get() }
    }

    pub(super) fn of_all(self) -> Rate {
        Rate { burst: self.total_burst.get(), every: MINUTE / self.total_per_minute.get() }
    }
}

impl Default for StormLimit {
    fn default() -> Self {
        Self::new()
    }
}

const MINUTE: Duration = Duration::from_secs(60);

const fn at_least_one(events: u32) -> NonZeroU32 {
    match NonZeroU32::new(events) {
        Some(events) => events,
        None => NonZeroU32::MIN,
    }
}
