//! Gauges and counters that are closures.

use std::borrow::Cow;
use std::collections::BTreeMap;

use parking_lot::RwLock;

use super::{Asker, Question, Source};
use crate::ConfigError;
use crate::bounded::Taken;
use crate::exposition::Exposition;
use crate::names::{Kind, is_label_name};

/// Closures by the name of their metric.
#[derive(Default)]
pub(crate) struct Watches {
    families: RwLock<BTreeMap<String, Watched>>,
}

type Labels = Vec<(String, String)>;

#[derive(Clone)]
struct Watched {
    kind: Kind,
    help: String,
    source: Source,
    series: Vec<(Labels, Question<f64>)>,
}

impl Watches {
    pub(crate) fn add(
        &self,
        taken: &Taken,
        kind: Kind,
        name: &str,
        help: &str,
        labels: &[(&str, &str)],
        read: Question<f64>,
    ) -> Result<(), ConfigError> {
        for (at, (label, _)) in labels.iter().enumerate() {
            if !is_label_name(label) || labels[..at].iter().any(|(other, _)| other == label) {
                return Err(ConfigError::InvalidLabel((*label).to_owned()));
            }
        }
        let labels: Labels = labels.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        let mut families = self.families.write();
        if families.get(name).is_none_or(|family| family.kind != kind) {
            taken.take(name, kind)?;
        }
        let family = families.entry(name.to_owned()).or_insert_with(|| Watched {
            kind,
            help: help.to_owned(),
            source: Source::new(name),
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

    /// Asks every closure; the sample of one that panics or hangs is left out.
    pub(crate) fn write(&self, out: &mut Exposition, asker: &mut Asker<'_>) {
        // Without the lock: a closure may take its time, or add another gauge.
        let families = self.families.read().clone();
        for (name, family) in families {
            let mut text = out.start(Cow::Owned(name), &family.help, family.kind);
            for (labels, read) in &family.series {
                let labels: Vec<_> = labels.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
                if let Some(value) = asker.ask(&family.source, read) {
                    text.value(&labels, value);
                }
            }
        }
    }
}
