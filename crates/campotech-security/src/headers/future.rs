//! The future that puts security headers on the answer.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::Response;
use pin_project_lite::pin_project;

use super::dress::{Asked, dress};
use super::layer::Settings;

pin_project! {
    /// The future of [`SecurityHeadersService`](super::SecurityHeadersService).
    #[derive(Debug)]
    pub struct SecurityHeadersFuture<F> {
        #[pin]
        inner: F,
        settings: Arc<Settings>,
        asked: Asked,
    }
}

impl<F> SecurityHeadersFuture<F> {
    pub(super) const fn new(inner: F, settings: Arc<Settings>, asked: Asked) -> Self {
        Self { inner, settings, asked }
    }
}

impl<F, B, E> Future for SecurityHeadersFuture<F>
where
    F: Future<Output = Result<Response<B>, E>>,
{
    type Output = Result<Response<B>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        // Dressed where it lies: moving an answer costs as much as a header.
        let mut polled = this.inner.poll(cx);
        if let Poll::Ready(Ok(response)) = &mut polled {
            dress(response, this.settings, *this.asked);
        }
        polled
    }
}
