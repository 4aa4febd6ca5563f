//! Classic histograms without a lock: one bucket and one sum are added to for each observation.
//!
//! prometheus-client's own takes a mutex for each observation and can't be read from outside.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use arrayvec::ArrayVec;

/// Bounds of buckets in whole numbers (nanoseconds, bytes), each with its `le`, and how many make a unit.
#[derive(Debug)]
pub(crate) struct Scale {
    bounds: &'static [(u64, &'static str)],
    per_unit: u64,
}

/// A histogram; clones share it.
#[derive(Debug, Clone)]
pub(crate) struct Histogram(Arc<Cells>);

/// The words of a histogram of a scale with `B` bounds, infinity included; the sum and the first seven of them in one cache line where it
/// begins with one.
#[derive(Debug)]
#[repr(C)]
pub(crate) struct HistogramWords<const B: usize> {
    sum: AtomicU64,
    buckets: [AtomicU64; B],
}

#[derive(Debug)]
struct Cells {
    scale: &'static Scale,
    sum: AtomicU64,
    buckets: Box<[AtomicU64]>,
}

/// What a histogram held at one time, cumulative.
#[derive(Debug)]
pub(crate) struct Snapshot {
    pub(crate) scale: &'static Scale,
    pub(crate) cumulative: ArrayVec<u64, MOST>,
    pub(crate) sum: f64,
}

/// The most buckets that a scale has, infinity included.
const MOST: usize = MOST_BOUNDS + 1;

/// The most bounds that it has.
pub(crate) const MOST_BOUNDS: usize = 20;

const SECOND: u64 = 1_000_000_000;
const MILLI: u64 = 1_000_000;

/// Bounds of `http_request_duration_seconds`.
pub(crate) static HTTP_SECONDS: Scale = Scale {
    bounds: &[
        (10 * MILLI, "0.01"),
        (50 * MILLI, "0.05"),
        (100 * MILLI, "0.1"),
        (500 * MILLI, "0.5"),
        (SECOND, "1.0"),
        (2 * SECOND, "2.0"),
        (5 * SECOND, "5.0"),
    ],
    per_unit: SECOND,
};

/// Bounds that OpenTelemetry's semantic conventions give requests.
pub(crate) static SEMCONV_SECONDS: Scale = Scale {
    bounds: &[
        (5 * MILLI, "0.005"),
        (10 * MILLI, "0.01"),
        (25 * MILLI, "0.025"),
        (50 * MILLI, "0.05"),
        (75 * MILLI, "0.075"),
        (100 * MILLI, "0.1"),
        (250 * MILLI, "0.25"),
        (500 * MILLI, "0.5"),
        (750 * MILLI, "0.75"),
        (SECOND, "1.0"),
        (2_500 * MILLI, "2.5"),
        (5 * SECOND, "5.0"),
        (7_500 * MILLI, "7.5"),
        (10 * SECOND, "10.0"),
    ],
    per_unit: SECOND,
};

/// Bounds of `job_duration_seconds`.
pub(crate) static JOB_SECONDS: Scale = Scale {
    bounds: &[
        (10 * MILLI, "0.01"),
        (50 * MILLI, "0.05"),
        (100 * MILLI, "0.1"),
        (500 * MILLI, "0.5"),
        (SECOND, "1.0"),
        (2 * SECOND, "2.0"),
        (5 * SECOND, "5.0"),
        (10 * SECOND, "10.0"),
        (30 * SECOND, "30.0"),
        (60 * SECOND, "60.0"),
    ],
    per_unit: SECOND,
};

/// Bounds of health checks and scrapes.
pub(crate) static PROBE_SECONDS: Scale = Scale {
    bounds: &[
        (MILLI, "0.001"),
        (5 * MILLI, "0.005"),
        (10 * MILLI, "0.01"),
        (50 * MILLI, "0.05"),
        (100 * MILLI, "0.1"),
        (500 * MILLI, "0.5"),
        (SECOND, "1.0"),
        (5 * SECOND, "5.0"),
    ],
    per_unit: SECOND,
};

/// Bounds of waits for a connection: most take none.
pub(crate) static WAIT_SECONDS: Scale = Scale {
    bounds: &[
        (MILLI / 10, "0.0001"),
        (MILLI, "0.001"),
        (5 * MILLI, "0.005"),
        (10 * MILLI, "0.01"),
        (50 * MILLI, "0.05"),
        (100 * MILLI, "0.1"),
        (500 * MILLI, "0.5"),
        (SECOND, "1.0"),
        (5 * SECOND, "5.0"),
    ],
    per_unit: SECOND,
};

/// Bounds of `websocket_connection_duration_seconds`: a second to a day.
pub(crate) static CONNECTION_SECONDS: Scale = Scale {
    bounds: &[
        (SECOND, "1.0"),
        (10 * SECOND, "10.0"),
        (60 * SECOND, "60.0"),
        (300 * SECOND, "300.0"),
        (1_800 * SECOND, "1800.0"),
        (3_600 * SECOND, "3600.0"),
        (4 * 3_600 * SECOND, "14400.0"),
        (24 * 3_600 * SECOND, "86400.0"),
    ],
    per_unit: SECOND,
};

/// Bounds of body sizes.
pub(crate) static SIZE_BYTES: Scale = Scale {
    bounds: &[
        (256, "256.0"),
        (1 << 10, "1024.0"),
        (4 << 10, "4096.0"),
        (16 << 10, "16384.0"),
        (64 << 10, "65536.0"),
        (256 << 10, "262144.0"),
        (1 << 20, "1048576.0"),
        (16 << 20, "16777216.0"),
    ],
    per_unit: 1,
};

impl Scale {
    pub(crate) const fn new(bounds: &'static [(u64, &'static str)], per_unit: u64) -> Self {
        Self { bounds, per_unit }
    }

    /// A whole number in units.
    pub(crate) fn units(&self, value: u64) -> f64 {
        value as f64 / self.per_unit as f64
    }

    /// The bounds in units, without infinity.
    pub(crate) fn bounds(&self) -> impl Iterator<Item = f64> {
        self.bounds.iter().map(|(bound, _)| *bound as f64 / self.per_unit as f64)
    }

    /// The index of the bucket of a value in whole numbers; one on a bound belongs to its bucket.
    fn bucket(&self, value: u64) -> usize {
        self.bounds.iter().position(|(bound, _)| value <= *bound).unwrap_or(self.bounds.len())
    }

    /// The values of `le`, with infinity.
    pub(crate) fn le(&self) -> impl Iterator<Item = &'static str> {
        self.bounds.iter().map(|(_, le)| *le).chain(["+Inf"])
    }
}

/// A time in the whole numbers of scales of times.
pub(crate) fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

impl Histogram {
    pub(crate) fn new(scale: &'static Scale) -> Self {
        let buckets = (0..=scale.bounds.len()).map(|_| AtomicU64::new(0)).collect();
        Self(Arc::new(Cells { scale, sum: AtomicU64::new(0), buckets }))
    }

    /// Adds a time.
    pub(crate) fn observe_time(&self, time: Duration) {
        self.observe(nanos(time));
    }

    /// Adds a value in the scale's whole numbers; a value on a bound belongs to its bucket.
    pub(crate) fn observe(&self, value: u64) {
        let cells = &*self.0;
        cells.buckets[cells.scale.bucket(value)].fetch_add(1, Ordering::Relaxed);
        cells.sum.fetch_add(value, Ordering::Relaxed);
    }

    /// What it holds; the count is that of the last bucket, so that the two never differ.
    pub(crate) fn snapshot(&self) -> Snapshot {
        let cells = &*self.0;
        let buckets = cells.buckets.iter().map(|bucket| bucket.load(Ordering::Relaxed)).collect();
        Snapshot::new(cells.scale, buckets, cells.sum.load(Ordering::Relaxed))
    }
}

impl<const B: usize> Default for HistogramWords<B> {
    fn default() -> Self {
        Self { sum: AtomicU64::new(0), buckets: [const { AtomicU64::new(0) }; B] }
    }
}

impl<const B: usize> HistogramWords<B> {
    /// Adds a time; its bucket, and the time in whole numbers.
    pub(crate) fn observe_time(&self, scale: &Scale, time: Duration) -> (usize, u64) {
        let nanos = nanos(time);
        (self.observe(scale, nanos), nanos)
    }

    /// As [`Histogram::observe`]. The scale is the same at every call.
    pub(crate) fn observe(&self, scale: &Scale, value: u64) -> usize {
        let bucket = scale.bucket(value);
        self.buckets[bucket].fetch_add(1, Ordering::Relaxed);
        self.sum.fetch_add(value, Ordering::Relaxed);
        bucket
    }

    /// What these hold together.
    pub(crate) fn snapshot<'a>(scale: &'static Scale, all: impl Iterator<Item = &'a Self>) -> Snapshot {
        let (mut buckets, mut sum) = (ArrayVec::from_iter([0; B]), 0_u64);
        for words in all {
            for (total, bucket) in buckets.iter_mut().zip(&words.buckets) {
                *total += bucket.load(Ordering::Relaxed);
            }
            sum = sum.wrapping_add(words.sum.load(Ordering::Relaxed));
        }
        Snapshot::new(scale, buckets, sum)
    }
}

impl Snapshot {
    fn new(scale: &'static Scale, mut buckets: ArrayVec<u64, MOST>, sum: u64) -> Self {
        let mut total = 0;
        for bucket in &mut buckets {
            total += *bucket;
            *bucket = total;
        }
        Self { scale, cumulative: buckets, sum: sum as f64 / scale.per_unit as f64 }
    }

    pub(crate) fn count(&self) -> u64 {
        self.cumulative.last().copied().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_on_a_bound_is_within_it() {
        let histogram = Histogram::new(&HTTP_SECONDS);
        for millis in [10, 11, 1_000, 1_001, 5_000, 9_000] {
            histogram.observe_time(Duration::from_millis(millis));
        }
        let snapshot = histogram.snapshot();
        assert_eq!(snapshot.cumulative[..], [1, 2, 2, 2, 3, 4, 5, 6]);
        assert_eq!(snapshot.count(), 6);
        assert!((snapshot.sum - 16.022).abs() < 1e-9);
    }

    #[test]
    fn bounds_grow_and_agree_with_their_text() {
        let all = [
            &HTTP_SECONDS,
            &SEMCONV_SECONDS,
            &JOB_SECONDS,
            &PROBE_SECONDS,
            &WAIT_SECONDS,
            &CONNECTION_SECONDS,
            &SIZE_BYTES,
        ];
        for scale in all {
            let bounds: Vec<f64> = scale.bounds().collect();
            assert!(bounds.is_sorted_by(|a, b| a < b));
            assert!(bounds.len() < MOST);
            for (bound, le) in bounds.iter().zip(scale.le()) {
                assert_eq!(format!("{bound:?}"), le);
            }
        }
    }

    #[test]
    fn nothing_is_lost_between_threads() {
        let histogram = Histogram::new(&SIZE_BYTES);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| (0..10_000).for_each(|n| histogram.observe(n)));
            }
        });
        let snapshot = histogram.snapshot();
        assert_eq!(snapshot.count(), 40_000);
        assert_eq!(snapshot.sum, 4.0 * (9_999.0 * 10_000.0 / 2.0));
    }
}
