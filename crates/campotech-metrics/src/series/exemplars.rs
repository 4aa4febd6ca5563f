//! One exemplar for each bucket of a histogram, replaced once a second at most, written and read without a lock.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering, fence};
use std::time::{Duration, Instant, SystemTime};

use campotech_core::TraceId;

use super::nanos;

/// How long an exemplar stays.
const STAYS: Duration = Duration::from_secs(1);

/// The exemplars of a histogram with `B` buckets.
#[derive(Debug)]
pub(crate) struct Exemplars<const B: usize>([Slot; B]);

/// A request that was counted in a bucket, and the trace that it was recorded in.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Sampled {
    pub(crate) trace: TraceId,
    /// In whole numbers of the histogram's scale.
    pub(crate) value: u64,
    /// Seconds since the epoch.
    pub(crate) at: f64,
}

/// A sequence lock (Boehm, "Can seqlocks get along with programming language memory models?", 2012): the version is odd while
/// somebody writes; readers that see it change see nothing.
#[derive(Debug, Default)]
struct Slot {
    version: AtomicU64,
    /// When it may be replaced, in nanoseconds of this process.
    due: AtomicU64,
    trace: [AtomicU64; 2],
    value: AtomicU64,
    /// Nanoseconds since the epoch.
    at: AtomicU64,
}

impl<const B: usize> Default for Exemplars<B> {
    fn default() -> Self {
        Self(std::array::from_fn(|_| Slot::default()))
    }
}

impl<const B: usize> Exemplars<B> {
    /// Keeps this one, unless the one that is there still stays.
    pub(crate) fn offer(&self, bucket: usize, trace: TraceId, value: u64, now: Instant) {
        static BEGIN: LazyLock<Instant> = LazyLock::new(Instant::now);
        let now = nanos(now.saturating_duration_since(*BEGIN));
        let slot = &self.0[bucket];
        let due = slot.due.load(Ordering::Relaxed);
        let next = now + nanos(STAYS);
        if now >= due && slot.due.compare_exchange(due, next, Ordering::Relaxed, Ordering::Relaxed).is_ok() {
            slot.write(trace, value);
        }
    }

    /// What is kept for a bucket.
    pub(crate) fn get(&self, bucket: usize) -> Option<Sampled> {
        self.0[bucket].read()
    }
}

impl Slot {
    fn write(&self, trace: TraceId, value: u64) {
        let version = self.version.load(Ordering::Relaxed);
        let free = version.is_multiple_of(2)
            && self
                .version
                .compare_exchange(version, version + 1, Ordering::Acquire, Ordering::Relaxed)
                .is_ok();
        if !free {
            // Somebody has been writing for a second.
            return;
        }
        fence(Ordering::Release);
        let [high, low] = halves(trace);
        self.trace[0].store(high, Ordering::Relaxed);
        self.trace[1].store(low, Ordering::Relaxed);
        self.value.store(value, Ordering::Relaxed);
        let at = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        self.at.store(nanos(at), Ordering::Relaxed);
        self.version.store(version + 2, Ordering::Release);
    }

    fn read(&self) -> Option<Sampled> {
        let version = self.version.load(Ordering::Acquire);
        let [high, low] = [0, 1].map(|half| self.trace[half].load(Ordering::Relaxed));
        let (value, at) = (self.value.load(Ordering::Relaxed), self.at.load(Ordering::Relaxed));
        fence(Ordering::Acquire);
        if version % 2 == 1 || self.version.load(Ordering::Relaxed) != version {
            return None;
        }
        let trace = TraceId::from_bytes((u128::from(high) << 64 | u128::from(low)).to_be_bytes())?;
        Some(Sampled { trace, value, at: at as f64 / 1e9 })
    }
}

#[expect(clippy::cast_possible_truncation, reason = "the half that is left")]
fn halves(trace: TraceId) -> [u64; 2] {
    let bits = u128::from_be_bytes(*trace.as_bytes());
    [(bits >> 64) as u64, bits as u64]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trace(n: u64) -> TraceId {
        TraceId::from_bytes((u128::from(n) << 64 | u128::from(n)).to_be_bytes()).unwrap()
    }

    #[test]
    fn the_first_one_stays_for_a_second() {
        let (exemplars, now) = (Exemplars::<2>::default(), Instant::now() + STAYS);
        assert_eq!(exemplars.get(0), None);
        exemplars.offer(0, trace(1), 10, now);
        exemplars.offer(0, trace(2), 20, now + STAYS / 2);
        exemplars.offer(1, trace(3), 30, now + STAYS / 2);
        assert_eq!(exemplars.get(0).map(|kept| (kept.trace, kept.value)), Some((trace(1), 10)));
        assert_eq!(exemplars.get(1).map(|kept| (kept.trace, kept.value)), Some((trace(3), 30)));
        exemplars.offer(0, trace(4), 40, now + STAYS);
        let kept = exemplars.get(0).unwrap();
        assert_eq!((kept.trace, kept.value), (trace(4), 40));
        let today = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs_f64();
        assert!((kept.at - today).abs() < 60.0);
    }

    #[test]
    fn nobody_reads_half_of_one_and_half_of_another() {
        let slot = Slot::default();
        std::thread::scope(|scope| {
            for writer in 1..=2_u64 {
                let slot = &slot;
                scope.spawn(move || {
                    for n in (0..20_000).map(|n| n * 2 + writer) {
                        slot.write(trace(n), n);
                    }
                });
            }
            scope.spawn(|| {
                for kept in (0..20_000).filter_map(|_| slot.read()) {
                    assert_eq!(kept.trace, trace(kept.value));
                }
            });
        });
        assert!(slot.read().is_some());
    }
}
