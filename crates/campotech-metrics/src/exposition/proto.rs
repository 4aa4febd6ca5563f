//! Protocol buffers as Prometheus reads them: the wire format, and the messages of `io.prometheus.client`.
//!
//! Sources: <https://protobuf.dev/programming-guides/encoding/>, `metrics.proto` of <https://github.com/prometheus/client_model>.

use super::Details;
use super::labels::labels;
use crate::names::Kind;
use crate::series::{NativeSnapshot, SCHEMA, Snapshot, ZERO};

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
            self.push_bucket(bound, count, exemplar);
        }
        self.end(out, Kind::Histogram);
    }

    /// A histogram of ours.
    pub(super) fn push_snapshot(
        &mut self,
        out: &mut Vec<u8>,
        text: &str,
        snapshot: &Snapshot,
        details: &Details,
    ) {
        self.begin(text, None);
        // A native histogram is refused if its count is not that of its buckets; the classic one is read a moment apart.
        let count = details.native.as_ref().map_or_else(|| snapshot.count(), NativeSnapshot::count);
        push_whole(&mut self.value, 1, count);
        push_double(&mut self.value, 2, snapshot.sum);
        let bounds = snapshot.scale.bounds().chain([f64::INFINITY]);
        for (bucket, (bound, up_to)) in bounds.zip(&snapshot.cumulative).enumerate() {
            let sampled = details.sampled(bucket).map(|sampled| (sampled, sampled.label()));
            let exemplar = sampled.as_ref().map(|(sampled, label)| sampled.exemplar(label, snapshot.scale));
            let up_to = if bound.is_infinite() { count } else { (*up_to).min(count) };
            self.push_bucket(bound, up_to, exemplar);
        }
        if let Some(native) = &details.native {
            self.push_native(native);
        }
        self.end(out, Kind::Histogram);
    }

    fn push_bucket(&mut self, bound: f64, up_to: u64, exemplar: Option<Exemplar<'_>>) {
        self.bucket.clear();
        push_whole(&mut self.bucket, 1, up_to);
        push_double(&mut self.bucket, 2, bound);
        if let Some(exemplar) = exemplar {
            self.part.clear();
            exemplar.push_into(&mut self.part, &mut self.inner);
            push_bytes(&mut self.bucket, 3, &self.part);
        }
        push_bytes(&mut self.value, 3, &self.bucket);
    }

    /// Buckets in spans of such as follow each other, each count as its difference from the one before.
    fn push_native(&mut self, native: &NativeSnapshot) {
        push_signed(&mut self.value, 5, SCHEMA.into());
        push_double(&mut self.value, 6, ZERO);
        push_whole(&mut self.value, 7, native.zero);
        let mut end = 0;
        for span in native.buckets.chunk_by(|a, b| a.0 + 1 == b.0) {
            self.part.clear();
            push_signed(&mut self.part, 1, (span[0].0 - end).into());
            push_whole(&mut self.part, 2, span.len() as u64);
            push_bytes(&mut self.value, 12, &self.part);
            end = span[0].0 + span.len() as i32;
        }
        let mut before = 0;
        for (_, count) in &native.buckets {
            let count = count.cast_signed();
            push_signed(&mut self.value, 13, count - before);
            before = count;
        }
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

/// As `sint32` and `sint64` are.
fn push_signed(out: &mut Vec<u8>, field: u32, value: i64) {
    push_whole(out, field, (value.cast_unsigned() << 1) ^ (value >> 63).cast_unsigned());
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
