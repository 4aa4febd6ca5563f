//! An answer in the making.

use std::borrow::Cow;

use super::family::Span;
use super::proto::{self, Messages};
use super::{FamilyWriter, Format, Registered, text};
use crate::names::{Desc, Kind};

/// An answer in the making: families in any order until it is finished. What it has grown to stays for the next one.
#[derive(Debug, Default)]
pub(crate) struct Exposition {
    format: Format,
    out: Vec<u8>,
    /// The labels of the sample that is written.
    labels: String,
    messages: Messages,
    spans: Vec<Span>,
    /// Families that came, those that were left out, too.
    came: usize,
}

impl Exposition {
    /// Begins anew.
    pub(crate) fn begin(&mut self, format: Format) {
        self.format = format;
        self.out.clear();
        self.spans.clear();
        self.came = 0;
    }

    /// Begins a family of ours.
    pub(crate) fn family(&mut self, desc: &'static Desc) -> FamilyWriter<'_> {
        self.start(Cow::Borrowed(desc.name), desc.help, desc.kind)
    }

    /// Begins a family with a name and help of somebody else's.
    pub(crate) fn start(&mut self, name: Cow<'static, str>, help: &str, kind: Kind) -> FamilyWriter<'_> {
        let start = self.out.len();
        match self.format {
            Format::Protobuf => proto::push_head(&mut self.out, &name, help, kind),
            format => text::push_head(&mut self.out, format, &name, help, kind),
        }
        let span = self.span(name, kind, start);
        self.writer(span)
    }

    /// Adds families that are written already.
    pub(crate) fn extend(&mut self, families: impl IntoIterator<Item = Registered>) {
        for Registered { name, kind, bytes, series } in families {
            let start = self.out.len();
            self.out.extend_from_slice(&bytes);
            let span = self.span(Cow::Owned(name), kind, start);
            self.spans[span].series = series;
        }
    }

    /// Writes how many label sets each family so far has.
    pub(crate) fn count(&mut self, desc: &'static Desc) {
        self.sort();
        let counted = self.spans.len();
        self.family(desc);
        for at in 0..counted {
            let (name, series) = (std::mem::take(&mut self.spans[at].name), self.spans[at].series);
            self.writer(counted).value(&[("family", &name)], series as f64);
            self.spans[at].name = name;
        }
    }

    /// Appends the answer, sorted by family; families without a series are left out.
    pub(crate) fn finish(&mut self, answer: &mut Vec<u8>) {
        self.sort();
        answer.reserve(self.spans.iter().map(|span| span.at.len()).sum());
        for span in &self.spans {
            if self.format == Format::Protobuf {
                proto::push_length(answer, span.at.len());
            }
            answer.extend_from_slice(&self.out[span.at.clone()]);
        }
        if self.format == Format::OpenMetrics {
            answer.extend_from_slice(b"# EOF\n");
        }
    }

    fn span(&mut self, name: Cow<'static, str>, kind: Kind, start: usize) -> usize {
        self.came += 1;
        self.spans.push(Span { name, kind, at: start..self.out.len(), series: 0, order: self.came });
        self.spans.len() - 1
    }

    fn writer(&mut self, span: usize) -> FamilyWriter<'_> {
        FamilyWriter {
            format: self.format,
            out: &mut self.out,
            labels: &mut self.labels,
            messages: &mut self.messages,
            span: &mut self.spans[span],
        }
    }

    /// A family that comes twice would make the whole answer invalid: ours, the earlier, stays.
    fn sort(&mut self) {
        self.spans.retain(|span| span.series > 0);
        self.spans.sort_unstable_by(|a, b| (&a.name, a.order).cmp(&(&b.name, b.order)));
        self.spans.dedup_by(|b, a| a.name == b.name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finished(exposition: &mut Exposition) -> String {
        let mut answer = Vec::new();
        exposition.finish(&mut answer);
        String::from_utf8(answer).unwrap()
    }

    #[test]
    fn labels_and_numbers_are_written_as_the_format_says() {
        let mut exposition = Exposition::default();
        let mut family = exposition.start("odd".into(), "a \"b\"\\c\nd", Kind::Gauge);
        family.value(&[("x", "a \"b\"\\c\nd")], 1.5);
        family.value(&[("x", "é"), ("y", "")], f64::NEG_INFINITY);
        family.value(&[], f64::NAN);
        family.counter_of("x=\"1\"", Some(("status", "200")), 3);
        assert_eq!(
            finished(&mut exposition),
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
            finished(&mut exposition),
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
            finished(&mut exposition),
            "# HELP a other\n# TYPE a counter\na 2\n# HELP b first\n# TYPE b gauge\nb 1\n"
        );
    }
}
