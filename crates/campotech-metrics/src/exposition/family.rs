//! The samples of one family.

use std::borrow::Cow;
use std::ops::Range;

use super::labels::push_label;
use super::proto::Messages;
use super::{Details, Format, text};
use crate::names::Kind;
use crate::series::Snapshot;

/// Where a family is in an answer.
#[derive(Debug)]
pub(super) struct Span {
    pub(super) name: Cow<'static, str>,
    pub(super) kind: Kind,
    pub(super) at: Range<usize>,
    /// Label sets, not lines: a histogram counts once.
    pub(super) series: u64,
    pub(super) order: usize,
}

/// Writes the samples of one family. Labels are text as [`push_label`](super::push_label) makes it; one more behind them needs no
/// escapes.
#[derive(Debug)]
pub(crate) struct FamilyWriter<'a> {
    pub(super) format: Format,
    pub(super) out: &'a mut Vec<u8>,
    pub(super) labels: &'a mut String,
    pub(super) messages: &'a mut Messages,
    pub(super) span: &'a mut Span,
}

impl FamilyWriter<'_> {
    /// A counter's sample.
    pub(crate) fn counter(&mut self, labels: &[(&str, &str)], value: u64) {
        self.with(labels, |family, labels| family.counter_of(labels, None, value));
    }

    /// A gauge's sample, or a counter's that isn't a whole number.
    pub(crate) fn value(&mut self, labels: &[(&str, &str)], value: f64) {
        self.with(labels, |family, labels| family.value_of(labels, value));
    }

    /// A histogram's samples.
    pub(crate) fn histogram(&mut self, labels: &[(&str, &str)], snapshot: &Snapshot) {
        self.with(labels, |family, labels| family.histogram_of(labels, snapshot));
    }

    /// A counter's sample, with labels that are text already, and perhaps one more.
    pub(crate) fn counter_of(&mut self, labels: &str, more: Option<(&str, &str)>, value: u64) {
        if self.format == Format::Protobuf {
            return self.number(labels, more, value as f64);
        }
        self.sample("", labels, more);
        text::push_whole(self.out, value);
        self.end_of_line();
        self.end();
    }

    /// A gauge's sample, with labels that are text already.
    pub(crate) fn value_of(&mut self, labels: &str, value: f64) {
        if self.format == Format::Protobuf {
            return self.number(labels, None, value);
        }
        self.sample("", labels, None);
        text::push_float(self.out, value);
        self.end_of_line();
        self.end();
    }

    /// Whether the format says more of a histogram.
    pub(crate) fn has_details(&self) -> bool {
        self.format != Format::Text
    }

    /// A histogram's samples, with labels that are text already.
    pub(crate) fn histogram_of(&mut self, labels: &str, snapshot: &Snapshot) {
        self.histogram_with(labels, snapshot, &Details::default());
    }

    /// A histogram's samples, and what the format can say beside them.
    pub(crate) fn histogram_with(&mut self, labels: &str, snapshot: &Snapshot, details: &Details) {
        if self.format == Format::Protobuf {
            self.messages.push_snapshot(self.out, labels, snapshot, details);
            return self.end();
        }
        for (bucket, (le, count)) in snapshot.scale.le().zip(&snapshot.cumulative).enumerate() {
            self.sample("_bucket", labels, Some(("le", le)));
            text::push_whole(self.out, *count);
            if let Some(sampled) = details.sampled(bucket).filter(|_| self.format == Format::OpenMetrics) {
                text::push_exemplar(self.out, &sampled.exemplar(&sampled.label(), snapshot.scale));
            }
            self.end_of_line();
        }
        self.sample("_sum", labels, None);
        text::push_float(self.out, snapshot.sum);
        self.end_of_line();
        self.sample("_count", labels, None);
        text::push_whole(self.out, snapshot.count());
        self.end_of_line();
        self.end();
    }

    fn number(&mut self, labels: &str, more: Option<(&str, &str)>, value: f64) {
        self.messages.push_value(self.out, self.span.kind, labels, more, value, None);
        self.end();
    }

    fn with(&mut self, labels: &[(&str, &str)], write: impl FnOnce(&mut Self, &str)) {
        let mut text = std::mem::take(self.labels);
        text.clear();
        for (name, value) in labels {
            push_label(&mut text, name, value);
        }
        write(self, &text);
        *self.labels = text;
    }

    fn sample(&mut self, suffix: &str, labels: &str, more: Option<(&str, &str)>) {
        text::push_sample(self.out, &self.span.name, suffix, labels, more);
    }

    fn end_of_line(&mut self) {
        self.out.push(b'\n');
    }

    fn end(&mut self) {
        self.span.series += 1;
        self.span.at.end = self.out.len();
    }
}
