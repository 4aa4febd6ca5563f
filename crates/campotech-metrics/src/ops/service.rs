//! The service that counts ops requests.

use std::task::{Context, Poll};

use campotech_core::matched_route;
use http::{Request, Response};
use tower_service::Service;

use super::{OpsMetricsFuture, OpsRequests};

/// Counts the answers of `S`; made by [`OpsMetricsLayer`](super::OpsMetricsLayer).
#[derive(Debug, Clone)]
pub struct OpsMetricsService<S> {
    inner: S,
    requests: &'static OpsRequests,
}

impl<S> OpsMetricsService<S> {
    pub(super) const fn new(inner: S, requests: &'static OpsRequests) -> Self {
        Self { inner, requests }
    }
}

impl<S, ReqB, ResB> Service<Request<ReqB>> for OpsMetricsService<S>
where
    S: Service<Request<ReqB>, Response = Response<ResB>>,
{
    type Response = Response<ResB>;
    type Error = S::Error;
    type Future = OpsMetricsFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<ReqB>) -> Self::Future {
        let route = self.requests.route(matched_route(request.extensions()));
        OpsMetricsFuture::new(self.inner.call(request), self.requests, route)
    }
}
