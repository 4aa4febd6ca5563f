//! A request without a client: nothing but its panics is looked at.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use campotech_core::{Language, Problem, RequestContext, kinds};
use http::Response;
use http_body::Body;
use pin_project_lite::pin_project;

use super::body::SentryBody;

pub(crate) type Polled<B, E> = Poll<Result<Response<SentryBody<B>>, E>>;

pin_project! {
    /// The future of the service inside; none where making it has panicked.
    pub(crate) struct UnboundFuture<F> {
        #[pin]
        inner: Option<F>,
    }
}

impl<F> UnboundFuture<F> {
    #[inline]
    pub(crate) fn new(call: impl FnOnce() -> F) -> Self {
        Self { inner: catch_unwind(AssertUnwindSafe(call)).ok() }
    }
}

impl<F, B, E> UnboundFuture<F>
where
    F: Future<Output = Result<Response<B>, E>>,
    B: Body<Data = Bytes>,
{
    /// Answers into `polled`: an answer that is handed out of the catch is copied.
    #[inline]
    pub(crate) fn poll_into(self: Pin<&mut Self>, cx: &mut Context<'_>, polled: &mut Polled<B, E>) {
        let mut this = self.project();
        let whole = this.inner.as_mut().as_pin_mut().is_some_and(|inner| {
            let poll = || {
                *polled = inner.poll(cx).map(|result| result.map(|answer| answer.map(SentryBody::plain)));
            };
            catch_unwind(AssertUnwindSafe(poll)).is_ok()
        });
        if !whole {
            this.inner.set(None);
            panicked(polled);
        }
    }
}

/// In the language and with the id of the request that is worked on, if a layer outside has said which that is.
#[cold]
#[inline(never)]
fn panicked<B, E>(polled: &mut Polled<B, E>) {
    let current = RequestContext::current();
    let language = current.as_ref().map_or(Language::En, RequestContext::language);
    let problem = Problem::new(&kinds::INTERNAL);
    let answer = problem.into_response_in(language, current.as_ref().map(RequestContext::request_id));
    *polled = Poll::Ready(Ok(answer.map(|bytes| SentryBody::answer(bytes, None))));
}
