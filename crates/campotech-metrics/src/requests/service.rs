//! The service that measures requests.

use std::sync::Arc;
use std::task::{Context, Poll};

use http::{Request, Response};
use http_body::Body;
use tower_service::Service;

use super::in_flight::InFlight;
use super::resolved::Resolved;
use super::{MetricsBody, MetricsFuture, Requests};

/// Measures every request of `S`; made by [`MetricsLayer`](super::MetricsLayer).
#[derive(Debug, Clone)]
pub struct MetricsService<S> {
    inner: S,
    resolved: Arc<Resolved>,
}

impl<S> MetricsService<S> {
    pub(super) fn new(inner: S, requests: &'static Requests) -> Self {
        Self { inner, resolved: Arc::new(Resolved::new(requests)) }
    }
}

impl<S, ReqB, ResB> Service<Request<ReqB>> for MetricsService<S>
where
    S: Service<Request<ReqB>, Response = Response<ResB>>,
    ReqB: Body,
    ResB: Body,
{
    type Response = Response<MetricsBody<ResB>>;
    type Error = S::Error;
    type Future = MetricsFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<ReqB>) -> Self::Future {
        // Before the call: a service that panics in it drops this while unwinding.
        let in_flight = InFlight::start(&self.resolved, &request);
        MetricsFuture::new(self.inner.call(request), in_flight)
    }
}
