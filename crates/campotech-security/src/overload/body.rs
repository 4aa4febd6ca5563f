//! A response body that holds its request's permit.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use http::StatusCode;
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;

use super::limit::Permit;

pin_project! {
    /// The response body inside [`OverloadLayer`](super::OverloadLayer): the request is in flight until its last frame.
    #[derive(Debug)]
    pub struct OverloadBody<B> {
        #[pin]
        inner: B,
        permit: Option<Permit>,
    }
}

/// A refusal of so many bytes at most is taken to be in memory.
const SMALL: u64 = 16 << 10;

impl<B: Body> OverloadBody<B> {
    /// A body that holds `permit` as long as there is work left.
    pub(super) fn new(inner: B, permit: Permit, status: StatusCode) -> Self {
        let refusal = status.is_client_error() || status.is_server_error();
        let small = inner.size_hint().exact().is_some_and(|size| size <= SMALL);
        let done = inner.is_end_stream() || (refusal && small);
        Self { inner, permit: (!done).then_some(permit) }
    }
}

/// Whether all data has been taken out; trailers that may follow are no work.
fn is_done<B: Body>(body: &B) -> bool {
    body.is_end_stream() || body.size_hint().exact() == Some(0)
}

impl<B: Body> Body for OverloadBody<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        let mut this = self.project();
        let frame = ready!(this.inner.as_mut().poll_frame(cx));
        let last = match &frame {
            Some(Ok(frame)) => frame.is_trailers() || is_done(&*this.inner),
            _ => true,
        };
        if last {
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
