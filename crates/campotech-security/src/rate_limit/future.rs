//! A request's way: its decision, where somebody else makes it, then its answer.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use campotech_core::{AnswerBody, Clock, Problem};
use http::{Request, Response};
use pin_project_lite::pin_project;
use tower_service::Service;

use super::RateLimitLayer;
use super::body::RateLimitBody;
use super::claim::Claims;
use super::header::Legacy;
use super::shared::{Asked, Told};

pin_project! {
    /// The future of [`RateLimitService`](super::RateLimitService); `A` is what waits for a shared decision.
    #[derive(Debug)]
    pub struct RateLimitFuture<F, B, A> {
        #[pin]
        state: State<F, B, A>,
    }
}

pin_project! {
    #[derive(Debug)]
    #[project = StateProj]
    enum State<F, B, A> {
        Asking { #[pin] asking: A },
        Inner { #[pin] future: F, claims: Option<Claims>, legacy: Option<Legacy> },
        Refused { answer: Option<Box<Response<AnswerBody<B>>>> },
    }
}

pin_project! {
    /// A request whose decision the shared store was asked for.
    pub struct Asking<S, ReqB, C> {
        #[pin]
        asked: Asked,
        // On the heap: what most requests don't need is not moved about with each of them.
        held: Option<Box<Held<S, ReqB, C>>>,
    }
}

/// All that the request needs to go on.
pub(super) struct Held<S, ReqB, C> {
    pub(super) inner: S,
    pub(super) request: Request<ReqB>,
    pub(super) layer: Arc<RateLimitLayer<C>>,
    pub(super) claims: Claims,
}

impl<F, B, A> RateLimitFuture<F, B, A> {
    pub(super) const fn passed(future: F, claims: Option<Claims>, legacy: Option<Legacy>) -> Self {
        Self { state: State::Inner { future, claims, legacy } }
    }

    pub(super) fn refused<ReqB>(problem: &Problem, request: &Request<ReqB>) -> Self {
        let answer = Some(Box::new(problem.answer(request.headers(), request.extensions())));
        Self { state: State::Refused { answer } }
    }
}

impl<F, S, ReqB, ResB, C> RateLimitFuture<F, ResB, Asking<S, ReqB, C>> {
    pub(super) fn asking(asked: Asked, held: Held<S, ReqB, C>) -> Self {
        Self { state: State::Asking { asking: Asking { asked, held: Some(Box::new(held)) } } }
    }
}

impl<S, ReqB, ResB, C> Held<S, ReqB, C>
where
    S: Service<Request<ReqB>, Response = Response<ResB>>,
    C: Clock,
{
    fn go_on<A>(mut self, told: Option<&Told>) -> RateLimitFuture<S::Future, ResB, A> {
        let legacy = self.layer.legacy;
        match self.layer.end(&mut self.claims, told) {
            Ok(()) => RateLimitFuture::passed(self.inner.call(self.request), Some(self.claims), legacy),
            Err(refusal) => RateLimitFuture::refused(&refusal.problem(legacy), &self.request),
        }
    }
}

impl<S, C, ReqB, ResB> Future for RateLimitFuture<S::Future, ResB, Asking<S, ReqB, C>>
where
    S: Service<Request<ReqB>, Response = Response<ResB>>,
    C: Clock,
{
    type Output = Result<Response<RateLimitBody<ResB>>, S::Error>;

    #[expect(clippy::expect_used, reason = "the contract of Future: not polled after it was ready")]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        loop {
            match self.as_mut().project().state.project() {
                StateProj::Asking { asking } => {
                    let asking = asking.project();
                    let told = ready!(asking.asked.poll(cx));
                    let held = asking.held.take().expect("polled after it panicked");
                    self.set(held.go_on(told.as_ref()));
                }
                StateProj::Inner { future, claims, legacy } => {
                    let mut response = ready!(future.poll(cx))?;
                    let mut places = None;
                    if let Some(claims) = claims {
                        claims.put(response.headers_mut(), *legacy);
                        claims.answered(response.status());
                        places = claims.places();
                    }
                    return Poll::Ready(Ok(
                        response.map(|body| RateLimitBody::new(AnswerBody::inner(body), places))
                    ));
                }
                StateProj::Refused { answer } => {
                    let answer = answer.take().expect("polled after it was ready");
                    return Poll::Ready(Ok(answer.map(|body| RateLimitBody::new(body, None))));
                }
            }
        }
    }
}

// Without the client, which may be personal.
impl<S, ReqB, C> fmt::Debug for Asking<S, ReqB, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Asking").finish_non_exhaustive()
    }
}
