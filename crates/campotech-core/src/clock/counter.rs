//! Time from the processor's counter.

use std::time::{Duration, Instant, SystemTime};

use super::Clock;

/// The processor's own counter (TSC, `CNTVCT_EL0`), read without asking the system.
///
/// Where the processor doesn't say that its counter runs evenly, it is the system's clock after all; whether the system trusts the
/// counter is not asked. Wall-clock time always is the system's.
///
/// The counter is measured against the system's clock once a process, in the first [`new`](Self::new): 0.5 to 200 ms. What was
/// measured stays, so the time differs from the system's by some microseconds a second, and nobody corrects it: for limits and
/// durations, not for time that is stored or compared across machines. Nor on machines that are suspended, restored or moved: where the
/// counter begins anew, this clock stands still until it has caught up, and keys that have used up a limit wait as long. Two cores
/// whose counters differ may tell times that go back by as much.
///
/// The source of the measuring is [`quanta`].
///
/// ```
/// use campotech_core::{Clock, CounterClock};
///
/// let clock = CounterClock::new();
/// let before = clock.now();
/// assert!(clock.now() >= before);
/// ```
#[derive(Debug, Clone)]
pub struct CounterClock {
    counter: quanta::Clock,
    start: u64,
    origin: Instant,
}

impl CounterClock {
    /// The clock, whose counter is measured where that was not done yet.
    #[must_use]
    pub fn new() -> Self {
        let counter = quanta::Clock::new();
        Self { start: counter.raw(), origin: Instant::now(), counter }
    }
}

impl Default for CounterClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for CounterClock {
    #[inline]
    fn now(&self) -> Instant {
        let passed = self.counter.delta_as_nanos(self.start, self.counter.raw());
        self.origin + Duration::from_nanos(passed)
    }

    #[inline]
    fn wall(&self) -> SystemTime {
        SystemTime::now()
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    #[test]
    fn it_goes_as_the_systems_clock_does() {
        let clock = CounterClock::new();
        let outer = Instant::now();
        let began = clock.now();
        let inner = Instant::now();
        thread::sleep(Duration::from_millis(50));
        let inner = inner.elapsed();
        let passed = clock.now() - began;
        let outer = outer.elapsed();
        assert!(
            inner.mul_f64(0.99) <= passed && passed <= outer.mul_f64(1.01),
            "{inner:?} {passed:?} {outer:?}"
        );
    }
}
