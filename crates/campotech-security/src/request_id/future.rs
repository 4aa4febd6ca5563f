//! The future that puts the id on the answer.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use campotech_core::ContextFuture;
use http::Response;
use pin_project_lite::pin_project;

use super::service::X_REQUEST_ID;

pin_project! {
    /// The future of [`RequestIdService`](super::RequestIdService).
    #[derive(Debug)]
    pub struct RequestIdFuture<F> {
        #[pin]
        inner: ContextFuture<F>,
    }
}

impl<F> RequestIdFuture<F> {
    pub(crate) const fn new(inner: ContextFuture<F>) -> Self {
        Self { inner }
    }
}

impl<F, B, E> Future for RequestIdFuture<F>
where
    F: Future<Output = Result<Response<B>, E>>,
{
    type Output = Result<Response<B>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut inner = self.project().inner;
        let mut response = ready!(inner.as_mut().poll(cx))?;
        if let Some(context) = inner.take_context() {
            response.headers_mut().insert(X_REQUEST_ID, context.into_request_id().into());
        }
        Poll::Ready(Ok(response))
    }
}
