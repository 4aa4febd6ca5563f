//! Which new traces are recorded.

use super::TraceId;

/// The share of new traces that is recorded, decided by the trace id: every service with the same share takes the same.
///
/// As in OpenTelemetry's consistent probability sampling: the last 56 bits of the id against a threshold.
///
/// # Defaults
/// None.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Sampling {
    /// How many of 2^56 ids are taken, the highest ones.
    taken: u64,
}

const ALL: u64 = 1 << 56;

impl Sampling {
    /// No new trace is recorded.
    #[must_use]
    pub const fn never() -> Self {
        Self { taken: 0 }
    }

    /// A share from 0 to 1; none if it isn't one.
    #[must_use]
    #[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, clippy::cast_sign_loss)]
    pub fn share(share: f64) -> Option<Self> {
        (0.0..=1.0).contains(&share).then_some(Self { taken: (share * ALL as f64) as u64 })
    }

    /// Whether a new trace of this id is recorded.
    #[must_use]
    pub fn takes(self, trace: TraceId) -> bool {
        let [.., b0, b1, b2, b3, b4, b5, b6] = *trace.as_bytes();
        u64::from_be_bytes([0, b0, b1, b2, b3, b4, b5, b6]) >= ALL - self.taken
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_that_share_of_our_own_ids() {
        for (share, least, most) in [(0.0, 0, 0), (0.25, 2_200, 2_800), (1.0, 10_000, 10_000)] {
            let sampling = Sampling::share(share).unwrap();
            let taken = (0..10_000).filter(|_| sampling.takes(TraceId::generate())).count();
            assert!((least..=most).contains(&taken), "{share}: {taken}");
        }
        assert_eq!(Sampling::default(), Sampling::never());
    }

    #[test]
    fn what_is_no_share_is_none() {
        for bad in [-0.1, 1.1, f64::NAN, f64::INFINITY] {
            assert_eq!(Sampling::share(bad), None);
        }
    }

    #[test]
    fn a_larger_share_takes_all_that_a_smaller_one_takes() {
        let (small, large) = (Sampling::share(0.1).unwrap(), Sampling::share(0.5).unwrap());
        for _ in 0..1_000 {
            let id = TraceId::generate();
            assert!(!small.takes(id) || large.takes(id));
        }
    }
}
