//! The reader of OpenMetrics.
//!
//! Source: <https://github.com/prometheus/OpenMetrics/blob/v1.0.0/specification/OpenMetrics.md>.

use std::collections::BTreeMap;

use super::Sample;
use crate::names::{Kind, is_metric_name};

/// A family while its lines are read.
#[derive(Debug)]
pub(super) struct Family<'a> {
    pub(super) name: String,
    pub(super) kind: Kind,
    /// As it was given: prometheus-client doesn't escape it.
    pub(super) help: &'a str,
    pub(super) samples: Vec<Sample<'a>>,
}

/// The families of a text, sorted by name, their samples sorted, too.
pub(super) fn families(text: &str) -> impl Iterator<Item = Family<'_>> {
    let mut families = BTreeMap::<String, Family<'_>>::new();
    let mut help = ("", "");
    let mut current = None;
    for (position, line) in text.lines().enumerate() {
        if let Some(rest) = line.strip_prefix("# HELP ") {
            help = rest.split_once(' ').unwrap_or((rest, ""));
        } else if let Some((name, kind)) = line.strip_prefix("# TYPE ").and_then(|rest| rest.split_once(' '))
        {
            let help = if help.0 == name { help.1 } else { "" };
            current = Family::of(name, kind, help).and_then(|family| {
                let name = family.name.clone();
                let kind = family.kind;
                let known = families.entry(name.clone()).or_insert(family);
                (known.kind == kind).then_some(name)
            });
        } else if !line.starts_with('#')
            && let Some(family) = current.as_ref().and_then(|name| families.get_mut(name))
            && let Some(sample) = Sample::read(line, position, &family.name, family.kind)
        {
            family.samples.push(sample);
        }
    }
    families.into_values().map(|mut family| {
        family.samples.sort_unstable_by(Sample::in_order);
        family
    })
}

impl<'a> Family<'a> {
    /// The family as the text format names it: counters and infos carry their suffix in the name.
    fn of(name: &str, kind: &str, help: &'a str) -> Option<Self> {
        let (suffix, kind) = match kind {
            "counter" => ("_total", Kind::Counter),
            "gauge" => ("", Kind::Gauge),
            "histogram" => ("", Kind::Histogram),
            "info" => ("_info", Kind::Gauge),
            _ => ("", Kind::Untyped),
        };
        let name = is_metric_name(name).then(|| format!("{name}{suffix}"))?;
        Some(Self { name, kind, help, samples: Vec::new() })
    }
}
