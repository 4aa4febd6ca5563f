//! The bounds of a business histogram.

use std::time::Duration;

use crate::ConfigError;
use crate::series::{MOST_BOUNDS, Scale, nanos};

/// Upper bounds in whole numbers, and how many of these make a unit.
#[derive(Debug)]
pub(super) struct Bounds(Vec<(u64, String)>, u64);

impl Bounds {
    pub(super) fn of_times(name: &str, bounds: &[Duration]) -> Result<Self, ConfigError> {
        Self::checked(name, bounds.iter().copied().map(nanos), 1_000_000_000)
    }

    pub(super) fn of_numbers(name: &str, bounds: &[u64]) -> Result<Self, ConfigError> {
        Self::checked(name, bounds.iter().copied(), 1)
    }

    fn checked(name: &str, bounds: impl Iterator<Item = u64>, per_unit: u64) -> Result<Self, ConfigError> {
        let unit = |bound: u64| bound as f64 / per_unit as f64;
        let bounds: Vec<_> = bounds.collect();
        // As they are shown: two that look the same would make the whole answer invalid.
        let grow =
            bounds.is_sorted_by(|a, b| unit(*a) < unit(*b)) && bounds.first().is_some_and(|first| *first > 0);
        if !grow || bounds.len() > MOST_BOUNDS {
            return Err(ConfigError::InvalidBounds(name.to_owned()));
        }
        Ok(Self(bounds.iter().map(|bound| (*bound, format!("{:?}", unit(*bound)))).collect(), per_unit))
    }

    /// The scale; it stays until the process ends, as every metric does.
    pub(super) fn leak(self) -> &'static Scale {
        let bounds: Vec<_> = self.0.into_iter().map(|(bound, le)| (bound, &*le.leak())).collect();
        Box::leak(Box::new(Scale::new(bounds.leak(), self.1)))
    }
}
