//! What is counted of probes, metrics and status pages: `ops_requests_total`, kept apart from `http_*`.

mod families;
mod future;
mod layer;
mod service;

pub(crate) use families::OpsRequests;
pub use future::OpsMetricsFuture;
pub use layer::OpsMetricsLayer;
pub use service::OpsMetricsService;
