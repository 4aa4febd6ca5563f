//! The writer of text format 0.0.4 and of OpenMetrics.
//!
//! Sources: <https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format>,
//! <https://github.com/prometheus/OpenMetrics/blob/v1.0.0/specification/OpenMetrics.md>.

use std::borrow::Cow;
use std::fmt::Write;
use std::ops::Range;

use super::Format;
use super::labels::{push_escaped, push_label};
use crate::names::{Desc, Kind};
use crate::series::Snapshot;

/// An answer in the making: families in any order until it is finished. What it has grown to stays for the next one.
#[derive(Debug, Default)]
pub(crate) struct Exposition {
    format: Format,
    text: String,
    /// The labels of the sample that is written.
    labels: String,
    spans: Vec<Span>,
    /// Families that came, those that were left out, too.
    came: usize,
}

/// Where a family is.
#[derive(Debug)]
struct Span {
    name: Cow<'static, str>,
    at: Range<usize>,
    /// Label sets, not lines: a histogram counts once.
    series: u64,
    order: usize,
}

/// A family that is written elsewhere: its comment lines and samples.
#[derive(Debug)]
pub(crate) struct Block {
    pub(crate) name: Cow<'static, str>,
    pub(crate) text: String,
    pub(crate) series: u64,
}

/// Writes the samples of one family.
#[derive(Debug)]
pub(crate) struct FamilyText<'a> {
    text: &'a mut String,
    labels: &'a mut String,
    span: &'a mut Span,
}

impl Exposition {
    /// Begins anew.
    pub(crate) fn begin(&mut self, format: Format) {
        self.format = format;
        self.text.clear();
        self.spans.clear();
        self.came = 0;
    }

    /// Begins a family of ours.
    pub(crate) fn family(&mut self, desc: &'static Desc) -> FamilyText<'_> {
        self.start(Cow::Borrowed(desc.name), desc.help, desc.kind)
    }

    /// Begins a family with a name and help of somebody else's.
    pub(crate) fn start(&mut self, name: Cow<'static, str>, help: &str, kind: Kind) -> FamilyText<'_> {
        let at = self.text.len();
        push_head(&mut self.text, self.format, &name, help, kind);
        self.came += 1;
        let at = at..self.text.len();
        let span = self.spans.len();
        self.spans.push(Span { name, at, series: 0, order: self.came });
        FamilyText { text: &mut self.text, labels: &mut self.labels, span: &mut self.spans[span] }
    }

    /// Adds families that are written already.
    pub(crate) fn extend(&mut self, blocks: impl IntoIterator<Item = Block>) {
        for Block { name, text, series } in blocks {
            let at = self.text.len();
            self.text.push_str(&text);
            self.came += 1;
            self.spans.push(Span { name, at: at..self.text.len(), series, order: self.came });
        }
    }

    /// Writes how many label sets each family so far has.
    pub(crate) fn count(&mut self, desc: &'static Desc) {
        self.sort();
        let counted = self.spans.len();
        self.family(desc);
        let (families, counts) = self.spans.split_at_mut(counted);
        let mut text = FamilyText { text: &mut self.text, labels: &mut self.labels, span: &mut counts[0] };
        for span in families {
            text.value(&[("family", &span.name)], span.series as f64);
        }
    }

    /// Appends the answer, sorted by family; families without a series are left out.
    pub(crate) fn finish(&mut self, out: &mut String) {
        self.sort();
        out.reserve(self.spans.iter().map(|span| span.at.len()).sum());
        for span in &self.spans {
            out.push_str(&self.text[span.at.clone()]);
        }
        if self.format == Format::OpenMetrics {
            out.push_str("# EOF\n");
        }
    }

    #[cfg(test)]
    pub(crate) fn finished(&mut self) -> String {
        let mut text = String::new();
        self.finish(&mut text);
        text
    }

    /// A family that comes twice would make the whole answer invalid: ours, the earlier, stays.
    fn sort(&mut self) {
        self.spans.retain(|span| span.series > 0);
        self.spans.sort_unstable_by(|a, b| (&a.name, a.order).cmp(&(&b.name, b.order)));
        self.spans.dedup_by(|b, a| a.name == b.name);
    }
}

impl Block {
    pub(crate) fn new(format: Format, name: Cow<'static, str>, help: &str, kind: Kind) -> Self {
        let mut text = String::with_capacity(256);
        push_head(&mut text, format, &name, help, kind);
        Self { name, text, series: 0 }
    }
}

impl FamilyText<'_> {
    /// A counter's sample.
    pub(crate) fn counter(&mut self, labels: &[(&str, &str)], value: u64) {
        self.with(labels, |text, labels| text.counter_of(labels, None, value));
    }

    /// A gauge's sample, or a counter's that isn't a whole number.
    pub(crate) fn value(&mut self, labels: &[(&str, &str)], value: f64) {
        self.with(labels, |text, labels| text.value_of(labels, value));
    }

    /// A histogram's samples.
    pub(crate) fn histogram(&mut self, labels: &[(&str, &str)], snapshot: &Snapshot) {
        self.with(labels, |text, labels| text.histogram_of(labels, snapshot));
    }

    /// A counter's sample, with labels that are text already, and perhaps one more that needs no escapes.
    pub(crate) fn counter_of(&mut self, labels: &str, more: Option<(&str, &str)>, value: u64) {
        self.span.series += 1;
        self.sample("", labels, more);
        self.whole(value);
    }

    /// A gauge's sample, with labels that are text already.
    pub(crate) fn value_of(&mut self, labels: &str, value: f64) {
        self.span.series += 1;
        self.sample("", labels, None);
        self.float(value);
    }

    /// A histogram's samples, with labels that are text already.
    pub(crate) fn histogram_of(&mut self, labels: &str, snapshot: &Snapshot) {
        self.span.series += 1;
        for (le, count) in snapshot.scale.le().zip(&snapshot.cumulative) {
            self.sample("_bucket", labels, Some(("le", le)));
            self.whole(*count);
        }
        self.sample("_sum", labels, None);
        self.float(snapshot.sum);
        self.sample("_count", labels, None);
        self.whole(snapshot.count());
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
        let text = &mut *self.text;
        text.push_str(&self.span.name);
        text.push_str(suffix);
        match more {
            None if labels.is_empty() => text.push(' '),
            None => {
                text.push('{');
                text.push_str(labels);
                text.push_str("} ");
            }
            Some((name, value)) => {
                text.push('{');
                text.push_str(labels);
                if !labels.is_empty() {
                    text.push(',');
                }
                text.push_str(name);
                text.push_str("=\"");
                text.push_str(value);
                text.push_str("\"} ");
            }
        }
    }

    fn whole(&mut self, value: u64) {
        self.text.push_str(itoa::Buffer::new().format(value));
        self.end();
    }

    fn float(&mut self, value: f64) {
        // Writing into a string never fails.
        let _ = if value.is_nan() {
            write!(self.text, "NaN")
        } else if value.is_infinite() {
            write!(self.text, "{}Inf", if value > 0.0 { '+' } else { '-' })
        } else {
            write!(self.text, "{value}")
        };
        self.end();
    }

    fn end(&mut self) {
        self.text.push('\n');
        self.span.at.end = self.text.len();
    }
}

/// The lines before the samples. In OpenMetrics a counter's family has not the suffix of its samples.
fn push_head(text: &mut String, format: Format, name: &str, help: &str, kind: Kind) {
    let (name, kind) = match (format, kind) {
        (Format::OpenMetrics, Kind::Counter) => (name.strip_suffix("_total").unwrap_or(name), kind.as_str()),
        (Format::OpenMetrics, Kind::Untyped) => (name, "unknown"),
        _ => (name, kind.as_str()),
    };
    text.push_str("# HELP ");
    text.push_str(name);
    text.push(' ');
    push_escaped(text, help, format == Format::OpenMetrics);
    text.push_str("\n# TYPE ");
    text.push_str(name);
    text.push(' ');
    text.push_str(kind);
    text.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_and_numbers_are_written_as_the_format_says() {
        let mut exposition = Exposition::default();
        let mut family = exposition.start("odd".into(), "a \"b\"\\c\nd", Kind::Gauge);
        family.value(&[("x", "a \"b\"\\c\nd")], 1.5);
        family.value(&[("x", "é"), ("y", "")], f64::NEG_INFINITY);
        family.value(&[], f64::NAN);
        family.counter_of("x=\"1\"", Some(("status", "200")), 3);
        assert_eq!(
            exposition.finished(),
            "# HELP odd a \"b\"\\\\c\\nd\n# TYPE odd gauge\nodd{x=\"a \\\"b\\\"\\\\c\\nd\"} 1.5\n\
             odd{x=\"é\",y=\"\"} -Inf\nodd NaN\nodd{x=\"1\",status=\"200\"} 3\n"
        );
    }

    #[test]
    fn open_metrics_names_a_counter_without_its_suffix_and_ends() {
        let mut exposition = Exposition::default();
        exposition.begin(Format::OpenMetrics);
        exposition.start("a_total".into(), "of \"all\"", Kind::Counter).counter(&[("x", "1")], 2);
        exposition.start("b".into(), "?", Kind::Untyped).value(&[], 0.5);
        assert_eq!(
            exposition.finished(),
            "# HELP a of \\\"all\\\"\n# TYPE a counter\na_total{x=\"1\"} 2\n# HELP b ?\n# TYPE b unknown\nb 0.5\n# EOF\n"
        );
    }

    #[test]
    fn the_first_of_two_families_stays_and_empty_ones_go() {
        let mut exposition = Exposition::default();
        exposition.start("b".into(), "first", Kind::Gauge).value(&[], 1.0);
        exposition.start("c".into(), "empty", Kind::Gauge);
        exposition.start("a".into(), "other", Kind::Counter).counter(&[], 2);
        exposition.start("b".into(), "second", Kind::Gauge).value(&[], 3.0);
        assert_eq!(
            exposition.finished(),
            "# HELP a other\n# TYPE a counter\na 2\n# HELP b first\n# TYPE b gauge\nb 1\n"
        );
    }
}
