//! Gauges and counters that are closures.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use parking_lot::RwLock;

use crate::ConfigError;
use crate::names::{ALL, Kind, is_label_name, is_metric_name};
use crate::text::Exposition;

type Read = Arc<dyn Fn() -> f64 + Send + Sync>;

/// Closures by the name of their metric.
#[derive(Default)]
pub(crate) struct Watches {
    /// Names of metrics that users registered.
    taken: BTreeSet<String>,
    families: RwLock<BTreeMap<String, Watched>>,
}

#[derive(Clone)]
struct Watched {
    kind: Kind,
    help: String,
    series: Vec<(Vec<(String, String)>, Read)>,
}

impl Watches {
    pub(crate) fn new(taken: BTreeSet<String>) -> Self {
        Self { taken, families: RwLock::default() }
    }

    pub(crate) fn add(
        &self,
        kind: Kind,
        name: &str,
        help: &str,
        labels: &[(&str, &str)],
        read: Read,
    ) -> Result<(), ConfigError> {
        if !is_metric_name(name) || name.ends_with("_total") != (kind == Kind::Counter) {
            return Err(ConfigError::InvalidName(name.to_owned()));
        }
        for (at, (label, _)) in labels.iter().enumerate() {
            if !is_label_name(label) || labels[..at].iter().any(|(other, _)| other == label) {
                return Err(ConfigError::InvalidLabel((*label).to_owned()));
            }
        }
        if self.taken.contains(name) || ALL.iter().any(|desc| desc.name == name) {
            return Err(ConfigError::DuplicateMetric(name.to_owned()));
        }
        let labels: Vec<_> = labels.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        let mut families = self.families.write();
        let family = families.entry(name.to_owned()).or_insert_with(|| Watched {
            kind,
            help: help.to_owned(),
            series: Vec::new(),
        });
        for (known, _) in &family.series {
            if *known == labels {
                return Err(ConfigError::DuplicateMetric(name.to_owned()));
            }
            if !known.iter().map(|(k, _)| k).eq(labels.iter().map(|(k, _)| k)) {
                return Err(ConfigError::LabelMismatch(name.to_owned()));
            }
        }
        family.series.push((labels, read));
        family.series.sort_by(|a, b| a.0.cmp(&b.0));
        Ok(())
    }

    /// Asks every closure; the sample of one that panics is left out.
    pub(crate) fn write(&self, out: &mut Exposition) {
        // Without the lock: a closure may take its time, or add another gauge.
        let families = self.families.read().clone();
        for (name, family) in families {
            let mut text = out.start(Cow::Owned(name), &family.help, family.kind);
            for (labels, read) in &family.series {
                let labels: Vec<_> = labels.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
                if let Some(value) = ask(|| read()) {
                    text.value(&labels, value);
                }
            }
        }
    }
}

/// Asks a closure from outside; none if it panics, so that it can't take the whole answer with it.
pub(crate) fn ask<T>(read: impl FnOnce() -> T) -> Option<T> {
    catch_unwind(AssertUnwindSafe(read)).ok()
}
