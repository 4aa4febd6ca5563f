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
        kind: Kind<B>,
    }
}

pin_project! {
    // The first without a client: there is nothing to do for it.
    #[derive(Debug)]
    #[project = KindProj]
    enum Kind<B> {
        Plain { #[pin] body: B },
        Watched { #[pin] body: AnswerBody<B>, context: Option<Box<RequestContext>> },
    }
}

impl<B> SentryBody<B> {
    pub(crate) const fn plain(body: B) -> Self {
        Self { kind: Kind::Plain { body } }
    }

    pub(crate) fn inner(body: B, context: Option<Box<RequestContext>>) -> Self {
        Self { kind: Kind::Watched { body: AnswerBody::inner(body), context } }
    }

    pub(crate) fn answer(bytes: Bytes, context: Option<Box<RequestContext>>) -> Self {
        Self { kind: Kind::Watched { body: AnswerBody::answer(bytes), context } }
    }
}

impl<B: Body<Data = Bytes>> Body for SentryBody<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        match self.project().kind.project() {
            KindProj::Plain { body } => body.poll_frame(cx),
            KindProj::Watched { body, context } => watched(body, context, cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.kind {
            Kind::Plain { body } => body.is_end_stream(),
            Kind::Watched { body, .. } => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.kind {
            Kind::Plain { body } => body.size_hint(),
            Kind::Watched { body, .. } => body.size_hint(),
        }
    }
}

#[inline(never)]
fn watched<B: Body<Data = Bytes>>(
    body: Pin<&mut AnswerBody<B>>,
    context: &mut Option<Box<RequestContext>>,
    cx: &mut Context<'_>,
) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
    let Some(watching) = context.as_mut() else { return body.poll_frame(cx) };
    match watching.run(|| catch(|| body.poll_frame(cx))) {
        Ok(poll) => poll,
        Err(mut caught) => {
            watching.panicked(&mut caught);
            *context = None;
            resume_unwind(caught.payload)
        }
    }
}
