//! What only OpenMetrics and protocol buffers say of a histogram.

use arrayvec::{ArrayString, ArrayVec};
use std::fmt::Write;

use super::proto::Exemplar;
use crate::series::{NativeSnapshot, Sampled, Scale};

/// The exemplars of the buckets, and the native histogram.
#[derive(Debug, Default)]
pub(crate) struct Details {
    pub(crate) exemplars: ArrayVec<Option<Sampled>, 8>,
    pub(crate) native: Option<NativeSnapshot>,
}

/// The labels of an exemplar.
pub(super) type TraceLabel = ArrayString<48>;

impl Details {
    pub(super) fn sampled(&self, bucket: usize) -> Option<&Sampled> {
        self.exemplars.get(bucket)?.as_ref()
    }
}

impl Sampled {
    /// `trace_id="..."`.
    pub(super) fn label(&self) -> TraceLabel {
        let mut label = TraceLabel::new();
        // There is room for all of it.
        let _ = write!(label, "trace_id=\"{}\"", self.trace);
        label
    }

    pub(super) fn exemplar<'a>(&self, label: &'a TraceLabel, scale: &Scale) -> Exemplar<'a> {
        Exemplar { labels: label, value: scale.units(self.value), at: Some(self.at) }
    }
}
