//! The layer that measures requests.

use tower_layer::Layer;

use super::{MetricsService, Requests};

/// Measures every request of the service inside as `http_*`; from [`Metrics::layer`](crate::Metrics::layer).
#[derive(Debug, Clone)]
pub struct MetricsLayer {
    requests: &'static Requests,
}

impl MetricsLayer {
    pub(crate) const fn new(requests: &'static Requests) -> Self {
        Self { requests }
    }
}

impl<S> Layer<S> for MetricsLayer {
    type Service = MetricsService<S>;

    fn layer(&self, inner: S) -> MetricsService<S> {
        MetricsService::new(inner, self.requests)
    }
}
