//! The layer that counts ops requests.

use tower_layer::Layer;

use super::{OpsMetricsService, OpsRequests};

/// Counts requests to ops routes; from [`Metrics::ops_layer`](crate::Metrics::ops_layer).
#[derive(Debug, Clone)]
pub struct OpsMetricsLayer {
    requests: &'static OpsRequests,
}

impl OpsMetricsLayer {
    pub(crate) const fn new(requests: &'static OpsRequests) -> Self {
        Self { requests }
    }
}

impl<S> Layer<S> for OpsMetricsLayer {
    type Service = OpsMetricsService<S>;

    fn layer(&self, inner: S) -> OpsMetricsService<S> {
        OpsMetricsService::new(inner, self.requests)
    }
}
