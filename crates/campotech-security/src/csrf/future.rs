//! The future of a request that passed or was refused.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use campotech_core::AnswerBody;
use http::Response;
use pin_project_lite::pin_project;

pin_project! {
    /// The future of [`CsrfService`](super::CsrfService).
    #[derive(Debug)]
    pub struct CsrfFuture<F, B> {
        #[pin]
        state: State<F, B>,
    }
}

pin_project! {
    #[derive(Debug)]
    #[project = StateProj]
    enum State<F, B> {
        Inner { #[pin] inner: F },
        // Boxed: refusals are rare, and every request would carry the space.
        Refusal { response: Option<Box<Response<AnswerBody<B>>>> },
    }
}

impl<F, B> CsrfFuture<F, B> {
    pub(super) const fn inner(inner: F) -> Self {
        Self { state: State::Inner { inner } }
    }

    pub(super) fn refusal(response: Response<AnswerBody<B>>) -> Self {
        Self { state: State::Refusal { response: Some(Box::new(response)) } }
    }
}

impl<F, B, E> Future for CsrfFuture<F, B>
where
    F: Future<Output = Result<Response<B>, E>>,
{
    type Output = Result<Response<AnswerBody<B>>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project().state.project() {
            StateProj::Inner { inner } => {
                inner.poll(cx).map(|result| result.map(|response| response.map(AnswerBody::inner)))
            }
            StateProj::Refusal { response } => match response.take() {
                Some(response) => Poll::Ready(Ok(*response)),
                None => Poll::Pending,
            },
        }
    }
}
