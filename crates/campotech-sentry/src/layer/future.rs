//! A request under way.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use campotech_core::{Language, Problem, RequestId, kinds};
use http::header::ACCEPT_LANGUAGE;
use http::{HeaderMap, HeaderValue, Response};
use http_body::Body;
use pin_project_lite::pin_project;

use super::body::SentryBody;
use super::context::RequestContext;
use crate::panics::{Caught, catch};

pin_project! {
    /// The future of [`SentryService`](crate::SentryService).
    #[must_use = "futures do nothing unless polled"]
    pub struct SentryFuture<F> {
        #[pin]
        step: Step<F>,
        context: Option<Box<RequestContext>>,
        language: Option<HeaderValue>,
        id: Option<RequestId>,
    }
}

pin_project! {
    #[project = StepProj]
    enum Step<F> {
        Running { #[pin] future: F },
        Panicked { caught: Option<Box<Caught>> },
        Done,
    }
}

impl<F> SentryFuture<F> {
    pub(crate) fn new(
        called: Result<F, Box<Caught>>,
        context: Option<Box<RequestContext>>,
        language: Option<HeaderValue>,
        id: Option<RequestId>,
    ) -> Self {
        let step = match called {
            Ok(future) => Step::Running { future },
            Err(caught) => Step::Panicked { caught: Some(caught) },
        };
        Self { step, context, language, id }
    }
}

impl<F> std::fmt::Debug for SentryFuture<F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SentryFuture").field("id", &self.id).finish_non_exhaustive()
    }
}

impl<F, B, E> Future for SentryFuture<F>
where
    F: Future<Output = Result<Response<B>, E>>,
    B: Body<Data = Bytes>,
{
    type Output = Result<Response<SentryBody<B>>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        let polled = match this.step.as_mut().project() {
            StepProj::Running { future } => match &*this.context {
                Some(context) => context.run(|| catch(|| future.poll(cx))),
                None => catch(|| future.poll(cx)),
            },
            StepProj::Panicked { caught } => match caught.take() {
                Some(caught) => Err(caught),
                None => return Poll::Pending,
            },
            // Polled again after it was ready.
            StepProj::Done => return Poll::Pending,
        };
        let result = match polled {
            Ok(poll) => ready!(poll),
            Err(mut caught) => {
                if let Some(context) = this.context.as_ref() {
                    context.panicked(&mut caught);
                }
                let language = this.language.as_ref().map_or(Language::En, |value| {
                    Language::negotiate(&HeaderMap::from_iter([(ACCEPT_LANGUAGE, value.clone())]))
                });
                let answer = Problem::new(&kinds::INTERNAL).into_response_in(language, this.id.as_ref());
                this.step.set(Step::Done);
                return Poll::Ready(Ok(answer.map(|bytes| SentryBody::answer(bytes, this.context.take()))));
            }
        };
        // What the future still holds ends within the request's hub, too.
        match &*this.context {
            Some(context) => context.run(|| this.step.set(Step::Done)),
            None => this.step.set(Step::Done),
        }
        Poll::Ready(result.map(|response| {
            if let Some(context) = this.context.as_mut() {
                context.answered(&response);
            }
            response.map(|body| SentryBody::inner(body, this.context.take()))
        }))
    }
}
