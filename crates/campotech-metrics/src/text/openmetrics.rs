//! What prometheus-client writes, which is OpenMetrics, as families: sorted, and in the format that is wanted.
//!
//! Serving the former as the latter loses the type of counters, and one info metric or exemplar fails a whole scrape.
//! Source: <https://github.com/prometheus/OpenMetrics/blob/v1.0.0/specification/OpenMetrics.md>.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::{Block, Format};
use crate::names::{Kind, is_metric_name};

/// A family while its lines are read.
#[derive(Debug)]
struct Family<'a> {
    name: String,
    kind: Kind,
    help: &'a str,
    lines: Vec<Line<'a>>,
}

/// A sample; ordered by its labels, then by its place in a histogram, then as it came.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Line<'a> {
    labels: Vec<&'a str>,
    part: u8,
    position: usize,
    text: &'a str,
}

/// Translates families; those that come twice under one name are joined, lines that belong nowhere are dropped.
pub(crate) fn translate(openmetrics: &str, format: Format) -> Vec<Block> {
    let mut families = BTreeMap::<String, Family<'_>>::new();
    let mut help = ("", "");
    let mut current = None;
    for (position, line) in openmetrics.lines().enumerate() {
        if let Some(rest) = line.strip_prefix("# HELP ") {
            help = rest.split_once(' ').unwrap_or((rest, ""));
        } else if let Some((name, kind)) = line.strip_prefix("# TYPE ").and_then(|rest| rest.split_once(' '))
        {
            let help = if help.0 == name { help.1 } else { "" };
            current = family(name, kind, help).and_then(|family| {
                let name = family.name.clone();
                let kind = family.kind;
                let known = families.entry(name.clone()).or_insert(family);
                (known.kind == kind).then_some(name)
            });
        } else if !line.starts_with('#')
            && let Some(family) = current.as_ref().and_then(|name| families.get_mut(name))
            && let Some(line) = sample(line, position, family, format)
        {
            family.lines.push(line);
        }
    }
    families.into_values().map(|family| family.into_block(format)).collect()
}

/// The family as 0.0.4 names it: counters and infos carry their suffix in the name.
fn family<'a>(name: &str, kind: &str, help: &'a str) -> Option<Family<'a>> {
    let (suffix, kind) = match kind {
        "counter" => ("_total", Kind::Counter),
        "gauge" => ("", Kind::Gauge),
        "histogram" => ("", Kind::Histogram),
        "info" => ("_info", Kind::Gauge),
        _ => ("", Kind::Untyped),
    };
    is_metric_name(name).then(|| Family { name: format!("{name}{suffix}"), kind, help, lines: Vec::new() })
}

/// Reads a sample of `family`: name, labels, value; an exemplar or timestamp behind it is cut off where the format has none.
fn sample<'a>(line: &'a str, position: usize, family: &Family<'_>, format: Format) -> Option<Line<'a>> {
    let name_end = line.find(['{', ' '])?;
    let suffix = line[..name_end].strip_prefix(family.name.as_str())?;
    let part = match (family.kind, suffix) {
        (Kind::Histogram, "_bucket") => 0,
        (Kind::Histogram, "_sum") => 1,
        (Kind::Histogram, "_count") => 2,
        (Kind::Histogram, _) => return None,
        (_, "") => 0,
        _ => return None,
    };
    let (mut labels, rest) = labels(&line[name_end..])?;
    if family.kind == Kind::Histogram {
        labels.retain(|label| !label.starts_with("le="));
    }
    let value_at = line.len() - rest.len() + 1;
    let value = rest.strip_prefix(' ')?.split(' ').next()?;
    value.parse::<f64>().ok()?;
    let end = if format == Format::OpenMetrics { line.len() } else { value_at + value.len() };
    Some(Line { labels, part, position, text: &line[..end] })
}

/// Splits `{a="b",c="d"} rest` into its labels and ` rest`.
fn labels(text: &str) -> Option<(Vec<&str>, &str)> {
    let Some(inside) = text.strip_prefix('{') else { return Some((Vec::new(), text)) };
    let (mut labels, mut start, mut quoted, mut escaped) = (Vec::new(), 0, false, false);
    for (at, byte) in inside.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b',' | b'}' if !quoted => {
                if start < at {
                    labels.push(&inside[start..at]);
                }
                start = at + 1;
                if byte == b'}' {
                    return Some((labels, &inside[start..]));
                }
            }
            _ => {}
        }
    }
    None
}

impl Family<'_> {
    fn into_block(mut self, format: Format) -> Block {
        self.lines.sort_unstable();
        let mut block = Block::new(format, Cow::Owned(self.name), self.help, self.kind);
        for line in &self.lines {
            block.text.push_str(line.text);
            block.text.push('\n');
        }
        let last_part = if self.kind == Kind::Histogram { 2 } else { 0 };
        block.series = self.lines.iter().filter(|line| line.part == last_part).count() as u64;
        block
    }
}

#[cfg(test)]
mod tests;
