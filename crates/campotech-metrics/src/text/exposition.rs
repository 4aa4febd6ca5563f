//! The writer of text format 0.0.4.
//!
//! Source: <https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format>.

use std::borrow::Cow;
use std::fmt::Write;

use crate::names::{Desc, Kind};
use crate::series::Snapshot;

/// An answer in the making: blocks of families, in any order until it is finished.
#[derive(Debug, Default)]
pub(crate) struct Exposition {
    blocks: Vec<Block>,
}

/// One family: its comment lines and samples.
#[derive(Debug)]
pub(crate) struct Block {
    pub(crate) name: Cow<'static, str>,
    pub(crate) text: String,
    /// Label sets, not lines: a histogram counts once.
    pub(crate) series: u64,
}

/// Writes the samples of one family.
#[derive(Debug)]
pub(crate) struct FamilyText<'a> {
    block: &'a mut Block,
}

impl Exposition {
    /// Begins a family of ours.
    pub(crate) fn family(&mut self, desc: &'static Desc) -> FamilyText<'_> {
        self.start(Cow::Borrowed(desc.name), desc.help, desc.kind)
    }

    /// Begins a family with a name and help of somebody else's.
    pub(crate) fn start(&mut self, name: Cow<'static, str>, help: &str, kind: Kind) -> FamilyText<'_> {
        let index = self.blocks.len();
        self.blocks.push(Block::new(name, help, kind));
        FamilyText { block: &mut self.blocks[index] }
    }

    /// Adds families that are written already.
    pub(crate) fn extend(&mut self, blocks: impl IntoIterator<Item = Block>) {
        self.blocks.extend(blocks);
    }

    /// Names and label sets of the families so far, sorted by name.
    pub(crate) fn series(&self) -> Vec<(Cow<'static, str>, u64)> {
        let mut all: Vec<_> = self.blocks.iter().map(|block| (block.name.clone(), block.series)).collect();
        all.sort();
        all.dedup_by(|a, b| a.0 == b.0);
        all.retain(|(_, series)| *series > 0);
        all
    }

    /// The answer, sorted by family; families without a series are left out.
    pub(crate) fn finish(mut self) -> String {
        self.blocks.retain(|block| block.series > 0);
        // A family that comes twice would make the whole answer invalid. The sort is stable: ours, the earlier, stays.
        self.blocks.sort_by(|a, b| a.name.cmp(&b.name));
        self.blocks.dedup_by(|b, a| a.name == b.name);
        let mut text = String::with_capacity(self.blocks.iter().map(|block| block.text.len()).sum());
        for block in &self.blocks {
            text.push_str(&block.text);
        }
        text
    }
}

impl Block {
    pub(crate) fn new(name: Cow<'static, str>, help: &str, kind: Kind) -> Self {
        let mut text = String::with_capacity(256);
        text.push_str("# HELP ");
        text.push_str(&name);
        text.push(' ');
        push_escaped(&mut text, help, false);
        text.push_str("\n# TYPE ");
        text.push_str(&name);
        text.push(' ');
        text.push_str(kind.as_str());
        text.push('\n');
        Self { name, text, series: 0 }
    }

    fn series(&mut self, suffix: &str, labels: &[(&str, &str)], le: Option<&str>) {
        self.text.push_str(&self.name);
        self.text.push_str(suffix);
        let mut separator = '{';
        for (name, value) in labels.iter().copied().chain(le.map(|le| ("le", le))) {
            self.text.push(separator);
            self.text.push_str(name);
            self.text.push_str("=\"");
            push_escaped(&mut self.text, value, true);
            self.text.push('"');
            separator = ',';
        }
        self.text.push_str(if separator == '{' { " " } else { "} " });
    }

    fn whole(&mut self, value: u64) {
        // Writing into a string never fails.
        let _ = writeln!(self.text, "{value}");
    }

    fn float(&mut self, value: f64) {
        let _ = if value.is_nan() {
            writeln!(self.text, "NaN")
        } else if value.is_infinite() {
            writeln!(self.text, "{}Inf", if value > 0.0 { '+' } else { '-' })
        } else {
            writeln!(self.text, "{value}")
        };
    }
}

impl FamilyText<'_> {
    /// A counter's sample.
    pub(crate) fn counter(&mut self, labels: &[(&str, &str)], value: u64) {
        self.block.series += 1;
        self.block.series("", labels, None);
        self.block.whole(value);
    }

    /// A gauge's sample, or a counter's that isn't a whole number.
    pub(crate) fn value(&mut self, labels: &[(&str, &str)], value: f64) {
        self.block.series += 1;
        self.block.series("", labels, None);
        self.block.float(value);
    }

    /// A histogram's samples.
    pub(crate) fn histogram(&mut self, labels: &[(&str, &str)], snapshot: &Snapshot) {
        self.block.series += 1;
        for (le, count) in snapshot.scale.le().zip(&snapshot.cumulative) {
            self.block.series("_bucket", labels, Some(le));
            self.block.whole(*count);
        }
        self.block.series("_sum", labels, None);
        self.block.float(snapshot.sum);
        self.block.series("_count", labels, None);
        self.block.whole(snapshot.count());
    }
}

/// Escapes help (`\` and line feed) or a label's value (the quote too).
fn push_escaped(out: &mut String, text: &str, quote: bool) {
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '"' if quote => out.push_str("\\\""),
            c => out.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn help_and_labels_are_escaped_each_in_their_way() {
        let mut exposition = Exposition::default();
        let mut family = exposition.start("odd".into(), "a \"b\"\\c\nd", Kind::Gauge);
        family.value(&[("x", "a \"b\"\\c\nd")], 1.5);
        family.value(&[("x", "é")], f64::NEG_INFINITY);
        assert_eq!(
            exposition.finish(),
            "# HELP odd a \"b\"\\\\c\\nd\n# TYPE odd gauge\nodd{x=\"a \\\"b\\\"\\\\c\\nd\"} 1.5\nodd{x=\"é\"} -Inf\n"
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
            exposition.finish(),
            "# HELP a other\n# TYPE a counter\na 2\n# HELP b first\n# TYPE b gauge\nb 1\n"
        );
    }
}
