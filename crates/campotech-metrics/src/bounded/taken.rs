//! Names that are taken.

use std::collections::BTreeSet;

use parking_lot::Mutex;

use crate::ConfigError;
use crate::names::{ALL, Kind, is_metric_name};

/// Names of samples and of families, those of this crate among them.
#[derive(Debug)]
pub(crate) struct Taken(Mutex<BTreeSet<String>>);

impl Default for Taken {
    fn default() -> Self {
        Self(Mutex::new(ALL.iter().flat_map(|desc| claims(desc.name, desc.kind)).collect()))
    }
}

/// What a metric has for itself: its samples' names, and its family's, which OpenMetrics calls differently where it is a counter's. `_created`
/// is what other exporters add.
fn claims(name: &str, kind: Kind) -> impl Iterator<Item = String> {
    let base = name.strip_suffix("_total").filter(|_| kind == Kind::Counter).unwrap_or(name);
    let suffixes: &[&str] = match kind {
        Kind::Counter => &["", "_total", "_created"],
        Kind::Histogram => &["", "_bucket", "_sum", "_count", "_created"],
        Kind::Gauge | Kind::Untyped => &[""],
    };
    suffixes.iter().map(move |suffix| format!("{base}{suffix}"))
}

impl Taken {
    /// Takes a name that is one of a metric of this kind.
    pub(crate) fn take(&self, name: &str, kind: Kind) -> Result<(), ConfigError> {
        if !is_metric_name(name) || name.ends_with("_total") != (kind == Kind::Counter) {
            return Err(ConfigError::InvalidName(name.to_owned()));
        }
        self.claim(name, kind)
    }

    /// Takes whatever name somebody else has given a metric of this kind.
    pub(crate) fn claim(&self, name: &str, kind: Kind) -> Result<(), ConfigError> {
        let mut taken = self.0.lock();
        if claims(name, kind).any(|name| taken.contains(&name)) {
            return Err(ConfigError::DuplicateMetric(name.to_owned()));
        }
        taken.extend(claims(name, kind));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_this_crate_has_does_not_clash() {
        let taken = Taken(Mutex::default());
        for desc in ALL {
            assert_eq!(taken.claim(desc.name, desc.kind), Ok(()), "{}", desc.name);
        }
    }

    #[test]
    fn no_sample_is_two_metrics() {
        let taken = Taken::default();
        let clash = |name: &str, kind| taken.take(name, kind).is_err();
        assert_eq!(taken.take("a_total", Kind::Counter), Ok(()));
        assert!(
            clash("a", Kind::Gauge) && clash("a_created", Kind::Gauge) && clash("a_total", Kind::Counter)
        );
        assert_eq!(taken.take("b", Kind::Histogram), Ok(()));
        assert!(clash("b_count", Kind::Gauge) && clash("b", Kind::Gauge) && clash("b_sum", Kind::Gauge));
        assert_eq!(taken.take("c_count", Kind::Gauge), Ok(()));
        assert!(clash("c", Kind::Histogram) && clash("http_requests", Kind::Gauge));
        assert!(clash("websocket_connection_duration_seconds_count", Kind::Gauge));
    }
}
