//! The numbers that a run read.

use campotech_core::Measure;
use serde::{Serialize, Serializer};

/// The numbers that a run read besides the state, at most one of a kind; serialises to an object, such as
/// `{"used_ratio":0.5}`.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Measures([Option<f64>; Measure::ALL.len()]);

impl Measures {
    /// None at all.
    pub const NONE: Self = Self([None; Measure::ALL.len()]);

    /// Keeps a number in the unit of its measure; what is no finite number is left out.
    pub fn set(&mut self, measure: Measure, value: f64) {
        self.0[measure as usize] = Some(value).filter(|value| value.is_finite());
    }

    /// The number of that kind.
    #[must_use]
    pub const fn get(&self, measure: Measure) -> Option<f64> {
        self.0[measure as usize]
    }

    /// Those that there are.
    pub fn iter(&self) -> impl Iterator<Item = (Measure, f64)> + '_ {
        Measure::ALL.into_iter().filter_map(|measure| Some((measure, self.get(measure)?)))
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.iter().next().is_none()
    }
}

impl Serialize for Measures {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter().map(|(measure, value)| (measure.as_str(), value)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_of_a_kind_and_finite() {
        let mut measures = Measures::default();
        assert!(measures.is_empty());
        measures.set(Measure::QueueAge, 2.0);
        measures.set(Measure::UsedRatio, 0.25);
        measures.set(Measure::UsedRatio, 0.5);
        measures.set(Measure::QueueDepth, f64::NAN);
        measures.set(Measure::ReplicationLag, f64::INFINITY);
        assert_eq!(
            serde_json::to_string(&measures).unwrap(),
            r#"{"used_ratio":0.5,"queue_age_seconds":2.0}"#
        );
        assert_eq!(measures.get(Measure::QueueAge), Some(2.0));
    }

    #[test]
    fn every_measure_has_its_own_place() {
        for (index, measure) in Measure::ALL.into_iter().enumerate() {
            assert_eq!(measure as usize, index);
        }
    }
}
