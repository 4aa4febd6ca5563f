//! Series: bounded sets of counters, gauges and histograms, found by their labels without allocating.

mod budget;
mod exemplars;
mod family;
mod histogram;
mod native;
mod shard;
mod status;
mod table;

pub(crate) use budget::{Budget, RESERVE};
pub(crate) use exemplars::{Exemplars, Sampled};
pub(crate) use family::Family;
pub(crate) use histogram::{
    CONNECTION_SECONDS, HTTP_SECONDS, Histogram, HistogramWords, JOB_SECONDS, MOST_BOUNDS, PROBE_SECONDS,
    SEMCONV_SECONDS, SIZE_BYTES, Scale, Snapshot, WAIT_SECONDS, nanos,
};
pub(crate) use native::{Native, NativeSnapshot, SCHEMA, ZERO};
pub(crate) use shard::Sharded;
pub(crate) use status::{StatusCounts, Statuses, class, class_label};
pub(crate) use table::{Entry, Table};

use std::sync::atomic::{AtomicI64, AtomicU64};

/// A counter, from prometheus-client: clones share the value.
pub(crate) type Counter = prometheus_client::metrics::counter::Counter<u64, AtomicU64>;
/// A gauge of numbers, from prometheus-client.
pub(crate) type Level = prometheus_client::metrics::gauge::Gauge<f64, AtomicU64>;
/// A gauge of whole numbers, from prometheus-client.
pub(crate) type Gauge = prometheus_client::metrics::gauge::Gauge<i64, AtomicI64>;
