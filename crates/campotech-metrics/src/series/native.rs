//! Native histograms: buckets that grow with what they hold, eight each time a value doubles.
//!
//! Sources: <https://prometheus.io/docs/specs/native_histograms/> (schema 3), `sparse` buckets of
//! <https://github.com/prometheus/client_golang>.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

/// The resolution: a bucket's upper bound is `2^(1/2^SCHEMA)` times its lower one.
pub(crate) const SCHEMA: i32 = 3;

/// Buckets of one doubling.
const STEPS: usize = 1 << SCHEMA;

/// What is up to this, 2^-20 s, is counted as zero.
pub(crate) const ZERO: f64 = 1.0 / (1 << 20) as f64;

/// The first doubling begins at [`ZERO`]; what is over the last one, 2^14 s, is counted in its last bucket.
const FIRST: i32 = -20;
const DOUBLINGS: usize = 34;

/// The fractions of `2^(n/8)`, as they stand in the last 52 bits of a number.
const FRACTIONS: [u64; STEPS] = [
    0,
    0x1_72b8_3c7d_517b,
    0x3_06fe_0a31_b715,
    0x4_bfda_d536_2a27,
    0x6_a09e_667f_3bcd,
    0x8_ace5_422a_a0db,
    0xa_e89f_995a_d3ad,
    0xd_5818_dcfb_a487,
];

/// Counts of seconds.
#[derive(Debug)]
pub(crate) struct Native {
    zero: AtomicU64,
    doublings: [OnceLock<Box<[AtomicU64; STEPS]>>; DOUBLINGS],
}

/// What it held at one time: the buckets that are not empty, by their index, whose upper bound is `2^(index/8)`.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct NativeSnapshot {
    pub(crate) zero: u64,
    pub(crate) buckets: Vec<(i32, u64)>,
}

/// The doubling of a time in seconds that is over [`ZERO`], and its bucket in it.
fn place(seconds: f64) -> (usize, usize) {
    let bits = seconds.to_bits();
    let fraction = bits & ((1 << 52) - 1);
    let step = FRACTIONS.iter().filter(|bound| **bound < fraction).count();
    let exponent = (bits >> 52) as i32 - 1_023;
    // A bound belongs to the bucket below it.
    let index = (exponent - FIRST) * STEPS as i32 + step as i32 - 1;
    let index = usize::try_from(index).unwrap_or(0).min(DOUBLINGS * STEPS - 1);
    (index / STEPS, index % STEPS)
}

impl Default for Native {
    fn default() -> Self {
        Self { zero: AtomicU64::new(0), doublings: [const { OnceLock::new() }; DOUBLINGS] }
    }
}

impl Native {
    pub(crate) fn observe(&self, seconds: f64) {
        let word = if seconds > ZERO {
            let (doubling, step) = place(seconds);
            &self.doublings[doubling].get_or_init(Box::default)[step]
        } else {
            &self.zero
        };
        word.fetch_add(1, Ordering::Relaxed);
    }

    /// What these hold together.
    pub(crate) fn snapshot(all: &[&Self]) -> NativeSnapshot {
        let zero = all.iter().map(|native| native.zero.load(Ordering::Relaxed)).sum();
        let mut snapshot = NativeSnapshot { zero, buckets: Vec::new() };
        for (doubling, step) in
            (0..DOUBLINGS).flat_map(|doubling| (0..STEPS).map(move |step| (doubling, step)))
        {
            let words = all.iter().filter_map(|native| native.doublings[doubling].get());
            let count: u64 = words.map(|words| words[step].load(Ordering::Relaxed)).sum();
            if count > 0 {
                let index = FIRST * STEPS as i32 + (doubling * STEPS + step) as i32 + 1;
                snapshot.buckets.push((index, count));
            }
        }
        snapshot
    }
}

impl NativeSnapshot {
    pub(crate) fn count(&self) -> u64 {
        self.zero + self.buckets.iter().map(|(_, count)| count).sum::<u64>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bucket(seconds: f64) -> i32 {
        let native = Native::default();
        native.observe(seconds);
        Native::snapshot(&[&native]).buckets[0].0
    }

    #[test]
    fn fractions_are_those_of_powers_of_two() {
        for (step, fraction) in FRACTIONS.iter().enumerate() {
            let power = (step as f64 / STEPS as f64).exp2();
            assert_eq!(power.to_bits() & ((1 << 52) - 1), *fraction, "{step}");
        }
    }

    #[test]
    fn a_bound_belongs_to_its_bucket() {
        for (seconds, index) in [(1.0, 0), (1.000_000_1, 1), (2.0, 8), (0.5, -8), (0.500_000_1, -7), (1.5, 5)]
        {
            assert_eq!(bucket(seconds), index, "{seconds}");
        }
    }

    #[test]
    fn what_is_too_small_or_too_large_is_counted_at_the_ends() {
        let native = Native::default();
        for seconds in [0.0, 1e-9, ZERO, ZERO * 1.000_001, 20_000.0, f64::INFINITY] {
            native.observe(seconds);
        }
        let snapshot = Native::snapshot(&[&native]);
        assert_eq!(snapshot, NativeSnapshot { zero: 3, buckets: vec![(-159, 1), (112, 2)] });
        assert_eq!(snapshot.count(), 6);
    }

    proptest::proptest! {
        #[test]
        fn a_value_is_between_the_bounds_of_its_bucket(nanos in 954_u64..16_384_000_000_000) {
            let seconds = nanos as f64 / 1e9;
            let index = f64::from(bucket(seconds));
            let (lower, upper) = (((index - 1.0) / 8.0).exp2(), (index / 8.0).exp2());
            proptest::prop_assert!(lower < seconds && seconds <= upper, "{lower} {seconds} {upper}");
        }
    }
}
