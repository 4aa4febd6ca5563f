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

impl<F, B, E> Future for UnboundFuture<F>
where
    F: Future<Output = Result<Response<B>, E>>,
    B: Body<Data = Bytes>,
{
    type Output = Result<Response<SentryBody<B>>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        // Written here and not handed out of the catch, which would copy it.
        let mut polled = Poll::Pending;
        let whole = this
            .inner
            .as_mut()
            .as_pin_mut()
            .is_some_and(|inner| catch_unwind(AssertUnwindSafe(|| polled = inner.poll(cx))).is_ok());
        if !whole {
            this.inner.set(None);
            return Poll::Ready(Ok(panicked()));
        }
        polled.map(|result| result.map(|response| response.map(SentryBody::plain)))
    }
}

/// In the language and with the id of the request that is worked on, if a layer outside has said which that is.
#[cold]
fn panicked<B>() -> Response<SentryBody<B>> {
    let current = RequestContext::current();
    let language = current.as_ref().map_or(Language::En, RequestContext::language);
    let problem = Problem::new(&kinds::INTERNAL);
    let answer = problem.into_response_in(language, current.as_ref().map(RequestContext::request_id));
    answer.map(|bytes| SentryBody::answer(bytes, None))
}
