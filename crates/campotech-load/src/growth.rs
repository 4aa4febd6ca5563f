//! Whether something grows, or only goes up and down.

/// A straight line through what was seen.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Growth {
    /// In units an hour.
    pub per_hour: f64,
    /// The middle of what was seen.
    pub mean: f64,
    /// Whether the line rises more than its own uncertainty, and by a hundredth of the mean at least.
    pub grows: bool,
}

/// The looks are put together in so many blocks: one after the other they are alike, and as many independent ones would
/// make noise look like a trend.
const BLOCKS: usize = 10;

/// Student's t for eight degrees of freedom: a line without a trend is above it once in two hundred times.
const T: f64 = 3.355;

/// What is no growth over a run, whatever the statistics say.
const LEAST: f64 = 0.01;

/// Fits a line to the medians of blocks of `(seconds, value)`; none for fewer than two values a block.
#[must_use]
pub fn growth(seen: &[(f64, f64)]) -> Option<Growth> {
    let size = seen.len() / BLOCKS;
    if size < 2 {
        return None;
    }
    let blocks: Vec<(f64, f64)> = seen
        .chunks(size)
        .take(BLOCKS)
        .map(|block| (median(block.iter().map(|one| one.0)), median(block.iter().map(|one| one.1))))
        .collect();
    let count = BLOCKS as f64;
    let mean_at = blocks.iter().map(|one| one.0).sum::<f64>() / count;
    let mean = blocks.iter().map(|one| one.1).sum::<f64>() / count;
    let spread: f64 = blocks.iter().map(|one| (one.0 - mean_at).powi(2)).sum();
    let slope = blocks.iter().map(|one| (one.0 - mean_at) * (one.1 - mean)).sum::<f64>() / spread;
    let rest: f64 = blocks.iter().map(|one| (one.1 - mean - slope * (one.0 - mean_at)).powi(2)).sum();
    let error = (rest / (count - 2.0) / spread).sqrt();
    let risen = slope * (blocks[BLOCKS - 1].0 - blocks[0].0);
    Some(Growth {
        per_hour: slope * 3_600.0,
        mean,
        grows: slope > T * error && risen > LEAST * mean.abs() && risen > 0.0,
    })
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Deterministic noise between -1 and 1.
    fn noise(i: usize) -> f64 {
        let mixed = (i as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        (mixed >> 40) as f64 / f64::from(1 << 23) - 1.0
    }

    fn seen(value: impl Fn(usize) -> f64) -> Vec<(f64, f64)> {
        (0..600).map(|i| (i as f64, value(i))).collect()
    }

    #[test]
    fn a_leak_grows_and_noise_does_not() {
        let leak = growth(&seen(|i| 100.0 + i as f64 * 0.01 + noise(i))).unwrap();
        assert!(leak.grows && (leak.per_hour - 36.0).abs() < 5.0, "{leak:?}");
        for (what, value) in [
            ("noise", (|i| 100.0 + 5.0 * noise(i)) as fn(usize) -> f64),
            ("a constant", |_| 7.0),
            ("nothing", |_| 0.0),
            ("waves", |i| 100.0 + 10.0 * (i as f64 / 15.0).sin()),
            ("a fall", |i| 100.0 - i as f64 * 0.05),
            ("too little to matter", |i| 100.0 + i as f64 * 0.001),
        ] {
            let flat = growth(&seen(value)).unwrap();
            assert!(!flat.grows, "{what}: {flat:?}");
        }
        assert_eq!(growth(&[(0.0, 1.0); 19]), None);
    }
}
