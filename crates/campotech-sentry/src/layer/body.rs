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
    // In a box, so that an answer without a client is as small as that of the service inside: what is larger is copied more
    // slowly, three times and more on its way out.
    #[derive(Debug)]
    #[project = KindProj]
    enum Kind<B> {
        Plain { #[pin] body: B },
        Watched { body: Pin<Box<WatchedBody<B>>> },
    }
}

pin_project! {
    #[derive(Debug)]
    struct WatchedBody<B> {
        #[pin]
        body: AnswerBody<B>,
        // None after it has panicked.
        context: Option<RequestContext>,
    }
}

impl<B> SentryBody<B> {
    pub(crate) const fn plain(body: B) -> Self {
        Self { kind: Kind::Plain { body } }
    }

    pub(crate) fn inner(body: B, context: Option<RequestContext>) -> Self {
        Self::watched(AnswerBody::inner(body), context)
    }

    pub(crate) fn answer(bytes: Bytes, context: Option<RequestContext>) -> Self {
        Self::watched(AnswerBody::answer(bytes), context)
    }

    fn watched(body: AnswerBody<B>, context: Option<RequestContext>) -> Self {
        Self { kind: Kind::Watched { body: Box::pin(WatchedBody { body, context }) } }
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
            KindProj::Watched { body } => body.as_mut().poll_watched(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.kind {
            Kind::Plain { body } => body.is_end_stream(),
            Kind::Watched { body } => body.body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.kind {
            Kind::Plain { body } => body.size_hint(),
            Kind::Watched { body } => body.body.size_hint(),
        }
    }
}

impl<B: Body<Data = Bytes>> WatchedBody<B> {
    #[inline(never)]
    fn poll_watched(
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
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_without_a_client_is_no_larger_than_that_of_the_service_inside() {
        type Inner = Pin<Box<dyn Body<Data = Bytes, Error = std::io::Error> + Send>>;
        assert_eq!(size_of::<SentryBody<Inner>>(), size_of::<Inner>());
    }
}
