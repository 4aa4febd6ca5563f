#![doc = include_str!("../README.md")]

mod builder;
mod business;
mod cgroup;
mod collect;
mod endpoint;
mod error;
mod levels;
mod metrics;
mod names;
mod ops;
mod pools;
mod render;
mod reports;
mod requests;
mod series;
mod text;
mod totals;

pub use builder::MetricsBuilder;
pub use business::{JobKind, Outcome, Queue, QueueState, WebSocketGuard};
pub use endpoint::MetricsEndpoint;
pub use error::ConfigError;
pub use metrics::Metrics;
pub use ops::{OpsMetricsFuture, OpsMetricsLayer, OpsMetricsService};
pub use pools::{PoolMetrics, PoolState};
pub use prometheus_client;
pub use requests::{MetricsBody, MetricsFuture, MetricsLayer, MetricsService, RequestRecorder};
pub use text::Format;
pub use totals::{LatencyTotals, MetricsTotals};
