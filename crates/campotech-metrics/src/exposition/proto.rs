//! Protocol buffers as Prometheus reads them: the wire format, and the messages of `io.prometheus.client`.
//!
//! Sources: <https://protobuf.dev/programming-guides/encoding/>, `metrics.proto` of <https://github.com/prometheus/client_model>.

use super::labels::labels;
use crate::names::Kind;

/// Messages in the making, one for each depth; what they have grown to stays.
#[derive(Debug, Default)]
pub(super) struct Messages {
    metric: Vec<u8>,
    value: Vec<u8>,
    bucket: Vec<u8>,
    part: Vec<u8>,
    inner: Vec<u8>,
}

/// One of the observations behind a value: where to find more of it, what was observed, and when in seconds since the epoch.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Exemplar<'a> {
    /// As [`push_label`](super::push_label) makes them.
    pub(crate) labels: &'a str,
    pub(crate) value: f64,
    pub(crate) at: Option<f64>,
}

/// Numbers of `MetricType`.
const fn metric_type(kind: Kind) -> u64 {
    match kind {
        Kind::Counter => 0,
        Kind::Gauge => 1,
        Kind::Untyped => 3,
        Kind::Histogram => 4,
    }
}

/// The field of `Metric` that a value of this kind is in.
const fn value_field(kind: Kind) -> u32 {
    match kind {
        Kind::Gauge => 2,
        Kind::Counter => 3,
        Kind::Untyped => 5,
        Kind::Histogram => 7,
    }
}

/// What a family begins with: its name, help and type.
pub(super) fn push_head(out: &mut Vec<u8>, name: &str, help: &str, kind: Kind) {
    push_bytes(out, 1, name.as_bytes());
    push_bytes(out, 2, help.as_bytes());
    push_whole(out, 3, metric_type(kind));
}

/// A family's length, which stands before it.
pub(super) fn push_length(out: &mut Vec<u8>, length: usize) {
    push_varint(out, length as u64);
}

impl Messages {
    /// A sample of any kind but a histogram's.
    pub(super) fn push_value(
        &mut self,
        out: &mut Vec<u8>,
        kind: Kind,
        text: &str,
        more: Option<(&str, &str)>,
        value: f64,
        exemplar: Option<Exemplar<'_>>,
    ) {
        self.begin(text, more);
        push_double(&mut self.value, 1, value);
        if let Some(exemplar) = exemplar {
            self.part.clear();
            exemplar.push_into(&mut self.part, &mut self.inner);
            push_bytes(&mut self.value, 2, &self.part);
        }
        self.end(out, kind);
    }

    /// A histogram of buckets with their upper bounds and all that is up to them.
    pub(super) fn push_histogram<'a>(
        &mut self,
        out: &mut Vec<u8>,
        text: &str,
        (count, sum): (u64, f64),
        buckets: impl Iterator<Item = (f64, u64, Option<Exemplar<'a>>)>,
    ) {
        self.begin(text, None);
        push_whole(&mut self.value, 1, count);
        push_double(&mut self.value, 2, sum);
        for (bound, count, exemplar) in buckets {
            self.bucket.clear();
            push_whole(&mut self.bucket, 1, count);
            push_double(&mut self.bucket, 2, bound);
            if let Some(exemplar) = exemplar {
                self.part.clear();
                exemplar.push_into(&mut self.part, &mut self.inner);
                push_bytes(&mut self.bucket, 3, &self.part);
            }
            push_bytes(&mut self.value, 3, &self.bucket);
        }
        self.end(out, Kind::Histogram);
    }

    fn begin(&mut self, text: &str, more: Option<(&str, &str)>) {
        self.metric.clear();
        self.value.clear();
        for (name, value) in labels(text) {
            push_pair(&mut self.metric, &mut self.inner, 1, name, &value);
        }
        if let Some((name, value)) = more {
            push_pair(&mut self.metric, &mut self.inner, 1, name, value);
        }
    }

    fn end(&mut self, out: &mut Vec<u8>, kind: Kind) {
        push_bytes(&mut self.metric, value_field(kind), &self.value);
        push_bytes(out, 4, &self.metric);
    }
}

impl Exemplar<'_> {
    fn push_into(&self, out: &mut Vec<u8>, inner: &mut Vec<u8>) {
        for (name, value) in labels(self.labels) {
            push_pair(out, inner, 1, name, &value);
        }
        push_double(out, 2, self.value);
        if let Some(at) = self.at {
            inner.clear();
            push_whole(inner, 1, at as u64);
            push_whole(inner, 2, (at.fract() * 1e9) as u64);
            push_bytes(out, 3, inner);
        }
    }
}

/// A `LabelPair`.
fn push_pair(out: &mut Vec<u8>, pair: &mut Vec<u8>, field: u32, name: &str, value: &str) {
    pair.clear();
    push_bytes(pair, 1, name.as_bytes());
    push_bytes(pair, 2, value.as_bytes());
    push_bytes(out, field, pair);
}

const VARINT: u64 = 0;
const FIXED64: u64 = 1;
const LENGTH: u64 = 2;

fn push_tag(out: &mut Vec<u8>, field: u32, wire: u64) {
    push_varint(out, u64::from(field) << 3 | wire);
}

fn push_varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value.to_le_bytes()[0] | 0x80);
        value >>= 7;
    }
    out.push(value.to_le_bytes()[0]);
}

fn push_whole(out: &mut Vec<u8>, field: u32, value: u64) {
    push_tag(out, field, VARINT);
    push_varint(out, value);
}

fn push_double(out: &mut Vec<u8>, field: u32, value: f64) {
    push_tag(out, field, FIXED64);
    out.extend_from_slice(&value.to_le_bytes());
}

fn push_bytes(out: &mut Vec<u8>, field: u32, bytes: &[u8]) {
    push_tag(out, field, LENGTH);
    push_varint(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}
