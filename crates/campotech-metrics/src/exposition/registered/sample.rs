//! A line of OpenMetrics that is a sample.

use std::cmp::Ordering;

use super::super::Format;
use super::super::proto::Exemplar;
use crate::names::Kind;

/// A sample; ordered by its labels, then by its place in a histogram, then as it came.
#[derive(Debug)]
pub(super) struct Sample<'a> {
    /// Each `name="value"`, without `le`.
    pub(super) labels: Vec<&'a str>,
    pub(super) part: u8,
    position: usize,
    pub(super) value: f64,
    /// The bucket's bound.
    pub(super) le: f64,
    pub(super) exemplar: Option<Exemplar<'a>>,
    line: &'a str,
    /// The line up to the end of its value.
    plain: usize,
}

impl<'a> Sample<'a> {
    pub(super) const BUCKET: u8 = 0;
    pub(super) const SUM: u8 = 1;
    pub(super) const COUNT: u8 = 2;

    /// Reads a sample of a family of this name: name, labels, value, perhaps an exemplar.
    pub(super) fn read(line: &'a str, position: usize, name: &str, kind: Kind) -> Option<Self> {
        let name_end = line.find(['{', ' '])?;
        let suffix = line[..name_end].strip_prefix(name)?;
        let part = match (kind, suffix) {
            (Kind::Histogram, "_bucket") => Self::BUCKET,
            (Kind::Histogram, "_sum") => Self::SUM,
            (Kind::Histogram, "_count") => Self::COUNT,
            (Kind::Histogram, _) => return None,
            (_, "") => 0,
            _ => return None,
        };
        let (mut labels, rest) = labels(&line[name_end..])?;
        let mut le = f64::INFINITY;
        if kind == Kind::Histogram {
            let bound = labels.iter().find_map(|label| label.strip_prefix("le=\"")?.strip_suffix('"'));
            le = bound.map_or(Some(le), |bound| bound.parse().ok())?;
            labels.retain(|label| !label.starts_with("le="));
        }
        let text = rest.strip_prefix(' ')?.split(' ').next()?;
        let value = text.parse().ok()?;
        let plain = line.len() - rest.len() + 1 + text.len();
        let exemplar = exemplar(&line[plain..]);
        Some(Self { labels, part, position, value, le, exemplar, line, plain })
    }

    /// The line; an exemplar or timestamp behind it is cut off where the format has none.
    pub(super) fn line(&self, format: Format) -> &'a str {
        if format == Format::OpenMetrics { self.line } else { &self.line[..self.plain] }
    }

    fn key(&self) -> (&[&'a str], u8, usize) {
        (&self.labels, self.part, self.position)
    }

    pub(super) fn in_order(&self, other: &Self) -> Ordering {
        self.key().cmp(&other.key())
    }
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

/// Reads ` # {a="b"} value time`.
fn exemplar(rest: &str) -> Option<Exemplar<'_>> {
    let rest = rest.strip_prefix(" # ")?;
    let (_, after) = labels(rest)?;
    let labels = rest[..rest.len() - after.len()].trim_start_matches('{').trim_end_matches('}');
    let mut numbers = after.split_whitespace();
    let value = numbers.next()?.parse().ok()?;
    let at = numbers.next().and_then(|at| at.parse().ok()).filter(|at: &f64| *at >= 0.0);
    Some(Exemplar { labels, value, at })
}
