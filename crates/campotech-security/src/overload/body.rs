//! A response body that holds its request's permit.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;

use super::layer::Permit;

pin_project! {
    /// The response body inside [`OverloadLayer`](super::OverloadLayer): the request is in flight until it ends.
    #[derive(Debug)]
    pub struct OverloadBody<B> {
        #[pin]
        inner: B,
        permit: Option<Permit>,
    }
}

impl<B> OverloadBody<B> {
    pub(super) const fn new(inner: B, permit: Permit) -> Self {
        Self { inner, permit: Some(permit) }
    }
}

impl<B: Body> Body for OverloadBody<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        let this = self.project();
        let frame = ready!(this.inner.poll_frame(cx));
        if !matches!(frame, Some(Ok(_))) {
            *this.permit = None;
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
