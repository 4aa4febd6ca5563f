//! The bounds of a business histogram.

use std::time::Duration;

use crate::ConfigError;
use crate::series::{MOST_BOUNDS, Scale};

/// The upper bounds of a histogram's buckets, of times or of whole numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Buckets {
    bounds: Vec<u64>,
    per_unit: u64,
}

impl Buckets {
    /// Of times; they are shown in seconds.
    #[must_use]
    pub fn durations(bounds: impl IntoIterator<Item = Duration>) -> Self {
        let nanos = |bound: Duration| u64::try_from(bound.as_nanos()).unwrap_or(u64::MAX);
        Self { bounds: bounds.into_iter().map(nanos).collect(), per_unit: 1_000_000_000 }
    }

    /// Of whole numbers, such as bytes.
    #[must_use]
    pub fn wholes(bounds: impl IntoIterator<Item = u64>) -> Self {
        Self { bounds: bounds.into_iter().collect(), per_unit: 1 }
    }

    /// The scale of a metric of this name; it stays until the process ends, as every metric does.
    pub(super) fn scale(&self, name: &str) -> Result<&'static Scale, ConfigError> {
        let grow =
            self.bounds.is_sorted_by(|a, b| a < b) && self.bounds.first().is_some_and(|first| *first > 0);
        if !grow || self.bounds.len() > MOST_BOUNDS {
            return Err(ConfigError::InvalidBuckets(name.to_owned()));
        }
        let bound = |bound: &u64| {
            let text = format!("{:?}", *bound as f64 / self.per_unit as f64);
            (*bound, &*Box::leak(text.into_boxed_str()))
        };
        let bounds: Vec<_> = self.bounds.iter().map(bound).collect();
        Ok(Box::leak(Box::new(Scale::new(bounds.leak(), self.per_unit))))
    }
}
