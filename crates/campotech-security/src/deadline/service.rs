//! The handler against the clock.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use campotech_core::{AcceptLanguage, AnswerBody, Decision, Mode, Observer, Problem, RequestId, kinds};
use http::{Request, Response};
use pin_project_lite::pin_project;
use tokio::time::{Instant, Sleep, sleep_until};
use tower_service::Service;

use super::HandlerDeadlineLayer;

/// The service of [`HandlerDeadlineLayer`].
#[derive(Debug, Clone)]
pub struct HandlerDeadlineService<S> {
    pub(super) inner: S,
    pub(super) layer: HandlerDeadlineLayer,
}

pin_project! {
    /// The future of [`HandlerDeadlineService`].
    #[derive(Debug)]
    pub struct HandlerDeadlineFuture<F> {
        #[pin]
        inner: Option<F>,
        #[pin]
        sleep: Option<Sleep>,
        deadline: Instant,
        late: bool,
        observer: Arc<dyn Observer>,
        mode: Mode,
        language: AcceptLanguage,
        id: Option<RequestId>,
    }
}

impl<S, ReqB, ResB> Service<Request<ReqB>> for HandlerDeadlineService<S>
where
    S: Service<Request<ReqB>, Response = Response<ResB>>,
{
    type Response = Response<AnswerBody<ResB>>;
    type Error = S::Error;
    type Future = HandlerDeadlineFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<ReqB>) -> Self::Future {
        // Kept for an answer in the handler's place: the request is the handler's.
        let language = AcceptLanguage::of(request.headers());
        let id = request.extensions().get::<RequestId>().cloned();
        HandlerDeadlineFuture {
            deadline: Instant::now() + self.layer.deadline,
            sleep: None,
            late: false,
            observer: Arc::clone(&self.layer.observer),
            mode: self.layer.mode,
            language,
            id,
            inner: Some(self.inner.call(request)),
        }
    }
}

impl<F, B, E> Future for HandlerDeadlineFuture<F>
where
    F: Future<Output = Result<Response<B>, E>>,
{
    type Output = Result<Response<AnswerBody<B>>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        let Some(inner) = this.inner.as_mut().as_pin_mut() else { return Poll::Pending };
        if let Poll::Ready(answer) = inner.poll(cx) {
            if !*this.late {
                this.observer.decision(Decision::allowed("deadline"));
            }
            return Poll::Ready(answer.map(|response| response.map(AnswerBody::inner)));
        }
        if *this.late {
            return Poll::Pending;
        }
        // Most handlers are done when they are first polled; only the others need a timer.
        if this.sleep.is_none() {
            this.sleep.set(Some(sleep_until(*this.deadline)));
        }
        let due = this.sleep.as_mut().as_pin_mut().is_some_and(|sleep| sleep.poll(cx).is_ready());
        if !due {
            return Poll::Pending;
        }
        *this.late = true;
        this.observer.decision(Decision::found("deadline", *this.mode, "handler"));
        if !this.mode.enforces() {
            return Poll::Pending;
        }
        this.inner.set(None);
        let problem = Problem::new(&kinds::DEADLINE_EXCEEDED);
        let answer = problem.into_response_in(this.language.language(), this.id.as_ref());
        Poll::Ready(Ok(answer.map(AnswerBody::answer)))
    }
}
