//! The future of a counted ops request.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use http::Response;
use pin_project_lite::pin_project;

use super::OpsRequests;
use super::families::OpsRoute;

pin_project! {
    /// The answer of a counted service to come.
    pub struct OpsMetricsFuture<F> {
        #[pin]
        inner: F,
        requests: &'static OpsRequests,
        route: Option<&'static OpsRoute>,
    }
}

impl<F> OpsMetricsFuture<F> {
    pub(super) const fn new(
        inner: F,
        requests: &'static OpsRequests,
        route: Option<&'static OpsRoute>,
    ) -> Self {
        Self { inner, requests, route }
    }
}

impl<F, B, E> Future for OpsMetricsFuture<F>
where
    F: Future<Output = Result<Response<B>, E>>,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let result = ready!(this.inner.poll(cx));
        if let Ok(response) = &result {
            this.requests.count(*this.route, response.status().as_u16());
        }
        Poll::Ready(result)
    }
}

impl<F> std::fmt::Debug for OpsMetricsFuture<F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OpsMetricsFuture").finish_non_exhaustive()
    }
}
