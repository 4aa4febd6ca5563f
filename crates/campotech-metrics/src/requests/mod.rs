//! What is measured of every request: `http_*`, with each request counted exactly once, however it ends.

mod body;
mod budgets;
mod families;
mod future;
mod grpc;
mod in_flight;
mod layer;
mod method;
mod recorder;
mod report;
mod resolved;
mod semconv;
mod series;
mod service;

pub use body::MetricsBody;
pub(crate) use families::Requests;
pub use future::MetricsFuture;
pub use layer::MetricsLayer;
pub use recorder::RequestRecorder;
pub use service::MetricsService;
