//! Time as a value that is passed in, so that algorithms can be tested without waiting.

#[cfg(feature = "counter-clock")]
mod counter;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime};

#[cfg(feature = "counter-clock")]
pub use counter::CounterClock;

/// A source of monotonic and of wall-clock time.
pub trait Clock: fmt::Debug + Clone + Send + Sync + 'static {
    /// Monotonic time, for deadlines and durations.
    fn now(&self) -> Instant;
    /// Wall-clock time, for what is stored or shown. It may jump.
    fn wall(&self) -> SystemTime;
}

/// The machine's clocks.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

/// A clock that stands still until it is advanced; clones share the time.
#[derive(Debug, Clone)]
pub struct ManualClock {
    origin: Instant,
    wall_origin: SystemTime,
    elapsed_nanos: Arc<AtomicU64>,
}

impl Clock for SystemClock {
    #[inline]
    fn now(&self) -> Instant {
        Instant::now()
    }

    #[inline]
    fn wall(&self) -> SystemTime {
        SystemTime::now()
    }
}

impl ManualClock {
    /// A clock that starts at the present and stays there.
    #[must_use]
    pub fn new() -> Self {
        Self {
            origin: Instant::now(),
            wall_origin: SystemTime::now(),
            elapsed_nanos: Arc::new(AtomicU64::new(0)),
        }
    }

    /// Moves both clocks forward.
    pub fn advance(&self, by: Duration) {
        let nanos = u64::try_from(by.as_nanos()).unwrap_or(u64::MAX);
        self.elapsed_nanos.fetch_add(nanos, Ordering::Relaxed);
    }

    fn elapsed(&self) -> Duration {
        Duration::from_nanos(self.elapsed_nanos.load(Ordering::Relaxed))
    }
}

impl Default for ManualClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Instant {
        self.origin + self.elapsed()
    }

    fn wall(&self) -> SystemTime {
        self.wall_origin + self.elapsed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clones_share_the_time() {
        let clock = ManualClock::new();
        let other = clock.clone();
        let before = other.now();
        clock.advance(Duration::from_millis(1_500));
        assert_eq!(other.now() - before, Duration::from_millis(1_500));
        assert_eq!(other.wall(), clock.wall());
    }
}
