//! The answer's body, within the hub of its request.

use std::panic::resume_unwind;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use campotech_core::AnswerBody;
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;

use super::context::RequestContext;
use crate::panics::catch;

pin_project! {
    /// The response body of [`SentryService`](crate::SentryService): the inner one, or the problem of a panic.
    ///
    /// A panic while it streams is reported and goes on: the head has left, so all that can be told to the client is a
    /// connection that breaks off.
    #[derive(Debug)]
    pub struct SentryBody<B> {
        #[pin]
        body: AnswerBody<B>,
        context: Option<Box<RequestContext>>,
    }
}

impl<B> SentryBody<B> {
    pub(crate) fn inner(body: B, context: Option<Box<RequestContext>>) -> Self {
        Self { body: AnswerBody::inner(body), context }
    }

    pub(crate) fn answer(bytes: Bytes, context: Option<Box<RequestContext>>) -> Self {
        Self { body: AnswerBody::answer(bytes), context }
    }
}

impl<B: Body<Data = Bytes>> Body for SentryBody<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        let this = self.project();
        let Some(context) = this.context.as_mut() else { return this.body.poll_frame(cx) };
        match context.run(|| catch(|| this.body.poll_frame(cx))) {
            Ok(poll) => poll,
            Err(mut caught) => {
                context.panicked(&mut caught);
                *this.context = None;
                resume_unwind(caught.payload)
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
