//! What prometheus-client writes, which is OpenMetrics, as families: sorted, and in the format that is wanted.
//!
//! Serving the former as the text format loses the type of counters, and one info metric or exemplar fails a whole scrape.

mod openmetrics;
mod sample;

use openmetrics::{Family, families};
use sample::Sample;

use super::proto::{self, Messages};
use super::{Format, text};
use crate::names::Kind;

/// A family that is written already.
#[derive(Debug)]
pub(crate) struct Registered {
    pub(crate) name: String,
    pub(crate) kind: Kind,
    /// What stands before samples, and these.
    pub(crate) bytes: Vec<u8>,
    pub(crate) series: u64,
}

/// Translates families; those that come twice under one name are joined, lines that belong nowhere are dropped.
pub(crate) fn translate(openmetrics: &str, format: Format) -> Vec<Registered> {
    let mut messages = Messages::default();
    families(openmetrics).map(|family| Registered::of(family, format, &mut messages)).collect()
}

impl Registered {
    fn of(family: Family<'_>, format: Format, messages: &mut Messages) -> Self {
        let (name, kind, samples) = (family.name, family.kind, family.samples);
        let mut bytes = Vec::with_capacity(256);
        if format == Format::Protobuf {
            proto::push_head(&mut bytes, &name, family.help, kind);
            push_messages(&mut bytes, messages, kind, &samples);
        } else {
            text::push_head(&mut bytes, format, &name, family.help, kind);
            for sample in &samples {
                bytes.extend_from_slice(sample.line(format).as_bytes());
                bytes.push(b'\n');
            }
        }
        let last = if kind == Kind::Histogram { Sample::COUNT } else { 0 };
        let series = samples.iter().filter(|sample| sample.part == last).count() as u64;
        Self { name, kind, bytes, series }
    }
}

fn push_messages(out: &mut Vec<u8>, messages: &mut Messages, kind: Kind, samples: &[Sample<'_>]) {
    for series in samples.chunk_by(|a, b| a.labels == b.labels) {
        let labels = series[0].labels.join(",");
        if kind == Kind::Histogram {
            let of =
                |part| series.iter().find(|sample| sample.part == part).map_or(0.0, |sample| sample.value);
            let buckets = series.iter().filter(|sample| sample.part == Sample::BUCKET);
            let buckets = buckets.map(|sample| (sample.le, sample.value as u64, sample.exemplar));
            messages.push_histogram(out, &labels, (of(Sample::COUNT) as u64, of(Sample::SUM)), buckets);
        } else {
            for sample in series {
                let exemplar = sample.exemplar.filter(|_| kind == Kind::Counter);
                messages.push_value(out, kind, &labels, None, sample.value, exemplar);
            }
        }
    }
}

#[cfg(test)]
mod tests;
