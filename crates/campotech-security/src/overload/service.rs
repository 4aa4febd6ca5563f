//! Requests under the limit, refusals above it.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use campotech_core::{AnswerBody, ClientIp, Decision, Mode, Problem, kinds};
use http::header::RETRY_AFTER;
use http::{HeaderValue, Request, Response};
use http_body::Body;
use pin_project_lite::pin_project;
use tower_service::Service;

use super::limit::{Permit, Room};
use super::{OverloadBody, OverloadLayer};

/// The service of [`OverloadLayer`]. It is always ready: what can't be served at once is refused, not queued.
#[derive(Debug)]
pub struct OverloadService<S> {
    inner: S,
    layer: OverloadLayer,
    inner_ready: bool,
}

pin_project! {
    /// The future of [`OverloadService`].
    #[derive(Debug)]
    pub struct OverloadFuture<F, B> {
        #[pin]
        state: State<F, B>,
    }
}

pin_project! {
    #[derive(Debug)]
    #[project = StateProj]
    enum State<F, B> {
        Inner { #[pin] future: F, permit: Option<Permit> },
        // On the heap: what most requests don't need is not moved about with each of them.
        Shed { answer: Option<Box<Response<AnswerBody<OverloadBody<B>>>>> },
    }
}

impl<S> OverloadService<S> {
    pub(super) const fn new(inner: S, layer: OverloadLayer) -> Self {
        Self { inner, layer, inner_ready: false }
    }
}

// By hand: a clone of a service that was ready need not be.
impl<S: Clone> Clone for OverloadService<S> {
    fn clone(&self) -> Self {
        Self::new(self.inner.clone(), self.layer.clone())
    }
}

impl<S, ReqB, ResB> Service<Request<ReqB>> for OverloadService<S>
where
    S: Service<Request<ReqB>, Response = Response<ResB>>,
    ResB: Body,
{
    type Response = Response<AnswerBody<OverloadBody<ResB>>>;
    type Error = S::Error;
    type Future = OverloadFuture<S::Future, ResB>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner_ready = match self.inner.poll_ready(cx) {
            Poll::Ready(Ok(())) => true,
            Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
            Poll::Pending => false,
        };
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<ReqB>) -> Self::Future {
        let network = ClientIp::of(request.extensions()).map(|client| client.network());
        let (permit, room) = self.layer.limit.enter(network, self.layer.share);
        let mode = self.layer.mode;
        let decision = match (self.inner_ready, room) {
            // A service that is not ready can't be called in any mode.
            (false, _) => Decision::found("overload", Mode::Enforce, "not_ready"),
            (true, Room::Full) => Decision::found("overload", mode, "in_flight"),
            (true, Room::ShareUsed) => Decision::found("overload", mode, "network_share"),
            (true, Room::Free) => Decision::allowed("overload"),
        };
        self.layer.observer.decision(decision);
        if !self.inner_ready || (room != Room::Free && mode.enforces()) {
            let answer = Problem::new(&kinds::TEMPORARY_REDUCED_CAPACITY)
                .with_header(RETRY_AFTER, HeaderValue::from(self.layer.retry_after))
                .answer(request.headers(), request.extensions());
            return OverloadFuture { state: State::Shed { answer: Some(Box::new(answer)) } };
        }
        self.inner_ready = false;
        OverloadFuture { state: State::Inner { future: self.inner.call(request), permit: Some(permit) } }
    }
}

impl<F, B, E> Future for OverloadFuture<F, B>
where
    F: Future<Output = Result<Response<B>, E>>,
    B: Body,
{
    type Output = Result<Response<AnswerBody<OverloadBody<B>>>, E>;

    #[expect(clippy::expect_used, reason = "the contract of Future: not polled after it was ready")]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project().state.project() {
            StateProj::Inner { future, permit } => {
                let response = ready!(future.poll(cx))?;
                let permit = permit.take().expect("polled after it was ready");
                let status = response.status();
                Poll::Ready(Ok(
                    response.map(|body| AnswerBody::inner(OverloadBody::new(body, permit, status)))
                ))
            }
            StateProj::Shed { answer } => Poll::Ready(Ok(*answer.take().expect("polled after it was ready"))),
        }
    }
}
