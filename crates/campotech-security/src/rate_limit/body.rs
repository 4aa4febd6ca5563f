//! The answer's body, with which a request's place ends.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use campotech_core::AnswerBody;
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;

use super::claim::Rest;

pin_project! {
    /// The body of an answer; a request that is counted as long as it is under way gives up its place with the end of it.
    #[derive(Debug)]
    pub struct RateLimitBody<B> {
        #[pin]
        body: AnswerBody<B>,
        places: Option<Box<Rest>>,
    }
}

impl<B> RateLimitBody<B> {
    pub(super) const fn new(body: AnswerBody<B>, places: Option<Box<Rest>>) -> Self {
        Self { body, places }
    }
}

impl<B> Default for RateLimitBody<B> {
    fn default() -> Self {
        Self::new(AnswerBody::default(), None)
    }
}

impl<B: Body<Data = Bytes>> Body for RateLimitBody<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        let this = self.project();
        let polled = this.body.poll_frame(cx);
        if this.places.is_some() && matches!(polled, Poll::Ready(None | Some(Err(_)))) {
            *this.places = None;
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
