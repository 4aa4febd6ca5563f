//! A request's way: its decision, where somebody else makes it, then its answer.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use campotech_core::{AnswerBody, ClientNetwork, Clock, Problem};
use http::{Request, Response};
use pin_project_lite::pin_project;
use tower_service::Service;

use super::RateLimitLayer;
use super::layer::Standings;
use super::service::{Stamp, go_on};
use super::shared::Asked;
use super::tier::ReadyTier;

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
        Inner { #[pin] future: F, stamps: [Option<Stamp>; 2] },
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
    pub(super) layer: RateLimitLayer<C>,
    pub(super) tiers: [Option<Arc<ReadyTier>>; 2],
    pub(super) client: ClientNetwork,
}

impl<F, B, A> RateLimitFuture<F, B, A> {
    pub(super) const fn passed(future: F, stamps: [Option<Stamp>; 2]) -> Self {
        Self { state: State::Inner { future, stamps } }
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
    fn go_on<A>(mut self, answer: Option<Standings>) -> RateLimitFuture<S::Future, ResB, A> {
        let (layer, tiers) = (&self.layer, self.tiers.each_ref().map(Option::as_ref));
        let decided = match answer {
            Some(answer) => layer.settle(&tiers, self.client, answer),
            None => layer.decide(&tiers, self.client),
        };
        go_on(&mut self.inner, self.request, &tiers, decided)
    }
}

impl<S, C, ReqB, ResB> Future for RateLimitFuture<S::Future, ResB, Asking<S, ReqB, C>>
where
    S: Service<Request<ReqB>, Response = Response<ResB>>,
    C: Clock,
{
    type Output = Result<Response<AnswerBody<ResB>>, S::Error>;

    #[expect(clippy::expect_used, reason = "the contract of Future: not polled after it was ready")]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        loop {
            match self.as_mut().project().state.project() {
                StateProj::Asking { asking } => {
                    let asking = asking.project();
                    let answer = ready!(asking.asked.poll(cx));
                    let held = asking.held.take().expect("polled after it panicked");
                    self.set(held.go_on(answer));
                }
                StateProj::Inner { future, stamps } => {
                    let mut response = ready!(future.poll(cx))?;
                    for stamp in stamps.iter_mut().filter_map(Option::take) {
                        stamp.put(response.headers_mut());
                    }
                    return Poll::Ready(Ok(response.map(AnswerBody::inner)));
                }
                StateProj::Refused { answer } => {
                    return Poll::Ready(Ok(*answer.take().expect("polled after it was ready")));
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
