//! The handler against the clock.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use campotech_core::{Addressee, AnswerBody, Decision, Mode, Observer, Problem, kinds};
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
        // On the heap: most handlers are done when they are first polled, and need none.
        sleep: Option<Pin<Box<Sleep>>>,
        deadline: Instant,
        late: bool,
        observer: Arc<dyn Observer>,
        mode: Mode,
        // For an answer in the handler's place: the request is the handler's.
        addressee: Addressee,
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
        HandlerDeadlineFuture {
            deadline: Instant::now() + self.layer.deadline,
            sleep: None,
            late: false,
            observer: Arc::clone(&self.layer.observer),
            mode: self.layer.mode,
            addressee: Addressee::of(&request),
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
        let sleep = this.sleep.get_or_insert_with(|| Box::pin(sleep_until(*this.deadline)));
        if sleep.as_mut().poll(cx).is_pending() {
            return Poll::Pending;
        }
        *this.late = true;
        this.observer.decision(Decision::found("deadline", *this.mode, "handler"));
        if !this.mode.enforces() {
            return Poll::Pending;
        }
        this.inner.set(None);
        let answer = this.addressee.answer(&Problem::new(&kinds::DEADLINE_EXCEEDED));
        Poll::Ready(Ok(answer.map(AnswerBody::answer)))
    }
}
