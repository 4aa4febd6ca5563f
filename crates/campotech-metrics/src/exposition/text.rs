//! The two text formats: what stands before samples, and numbers.
//!
//! Sources: <https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format>,
//! <https://github.com/prometheus/OpenMetrics/blob/v1.0.0/specification/OpenMetrics.md>.

use std::io::Write;

use super::Format;
use super::labels::escaped;
use super::proto::Exemplar;
use crate::names::Kind;

/// The lines before the samples. In OpenMetrics a counter's family has not the suffix of its samples.
pub(super) fn push_head(out: &mut Vec<u8>, format: Format, name: &str, help: &str, kind: Kind) {
    let (name, kind) = match (format, kind) {
        (Format::OpenMetrics, Kind::Counter) => (name.strip_suffix("_total").unwrap_or(name), kind.as_str()),
        (Format::OpenMetrics, Kind::Untyped) => (name, "unknown"),
        _ => (name, kind.as_str()),
    };
    push(out, &["# HELP ", name, " "]);
    escaped(help, format == Format::OpenMetrics).for_each(|piece| push(out, &[piece]));
    push(out, &["\n# TYPE ", name, " ", kind, "\n"]);
}

/// A sample up to its value.
pub(super) fn push_sample(
    out: &mut Vec<u8>,
    name: &str,
    suffix: &str,
    labels: &str,
    more: Option<(&str, &str)>,
) {
    push(out, &[name, suffix]);
    match more {
        None if labels.is_empty() => push(out, &[" "]),
        None => push(out, &["{", labels, "} "]),
        Some((name, value)) => {
            let comma = if labels.is_empty() { "" } else { "," };
            push(out, &["{", labels, comma, name, "=\"", value, "\"} "]);
        }
    }
}

/// What stands behind the value of a sample that has an exemplar.
pub(super) fn push_exemplar(out: &mut Vec<u8>, exemplar: &Exemplar<'_>) {
    push(out, &[" # {", exemplar.labels, "} "]);
    push_float(out, exemplar.value);
    if let Some(at) = exemplar.at {
        let _ = write!(out, " {at:.3}");
    }
}

pub(super) fn push_whole(out: &mut Vec<u8>, value: u64) {
    out.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
}

pub(super) fn push_float(out: &mut Vec<u8>, value: f64) {
    // Writing into memory never fails.
    let _ = if value.is_nan() {
        write!(out, "NaN")
    } else if value.is_infinite() {
        write!(out, "{}Inf", if value > 0.0 { '+' } else { '-' })
    } else {
        write!(out, "{value}")
    };
}

fn push(out: &mut Vec<u8>, pieces: &[&str]) {
    for piece in pieces {
        out.extend_from_slice(piece.as_bytes());
    }
}
