#![doc = include_str!("../README.md")]

mod bounded;
mod builder;
mod business;
mod cgroup;
mod collect;
mod error;
mod exposition;
mod levels;
mod metrics;
mod names;
mod ops;
mod pools;
mod render;
mod reports;
mod requests;
mod scrape;
mod series;
mod shortcuts;

mod totals;

pub use bounded::{CounterFamily, DurationFamily, GaugeFamily, HistogramFamily, Label, LabelSet};
pub use builder::{MetricsBuilder, Naming};
pub use business::{JobKind, Outcome, Queue, QueueState, WebSocketGuard};
pub use error::ConfigError;
pub use exposition::Format;
pub use metrics::Metrics;
pub use ops::{OpsMetricsFuture, OpsMetricsLayer, OpsMetricsService};
#[cfg(feature = "deadpool")]
pub use pools::MeasuredPool;
pub use pools::{PoolMetrics, PoolState};
pub use prometheus_client;
pub use requests::{MetricsBody, MetricsFuture, MetricsLayer, MetricsService, RequestRecorder};
pub use scrape::{MetricsEndpoint, ScrapeFuture};
pub use totals::{LatencyTotals, MetricsTotals};
