//! Waits for the replay store, then for the service inside, and tells the store how that ended.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use campotech_core::{AnswerBody, Clock};
use http::{Extensions, HeaderMap, Request, Response};
use pin_project_lite::pin_project;
use tower_service::Service;

use super::error::WebhookReason;
use super::layer::WebhookLayer;
use super::replay::{ReplayStore, Ticket};
use super::verified::{Hold, VerifiedWebhook};

pin_project! {
    /// The future of [`WebhookService`](super::WebhookService).
    pub struct WebhookFuture<S, B, ResB, R, C>
    where
        S: Service<Request<B>>,
        R: ReplayStore,
    {
        #[pin]
        state: State<S, B, S::Future, ResB, R, R::Claiming, C>,
    }
}

pin_project! {
    #[project = StateProj]
    enum State<S, B, F, ResB, R, L, C>
    where
        R: ReplayStore,
    {
        Claiming { #[pin] claiming: L, waiting: Option<Waiting<S, B, R, C>> },
        Inner { #[pin] future: F, hold: Option<Hold<R>> },
        Refused { answer: Option<Response<AnswerBody<ResB>>> },
    }
}

/// A verified request, and the service to call.
pub(super) struct Waiting<S, B, R, C> {
    pub(super) request: Request<B>,
    pub(super) ticket: Ticket,
    pub(super) service: S,
    pub(super) layer: WebhookLayer<R, C>,
}

impl<S: Service<Request<B>>, B, ResB, R: ReplayStore, C> WebhookFuture<S, B, ResB, R, C> {
    pub(super) const fn claiming(claiming: R::Claiming, waiting: Waiting<S, B, R, C>) -> Self {
        Self { state: State::Claiming { claiming, waiting: Some(waiting) } }
    }

    pub(super) const fn inner(future: S::Future, hold: Hold<R>) -> Self {
        Self { state: State::Inner { future, hold: Some(hold) } }
    }

    pub(super) const fn refused(answer: Response<AnswerBody<ResB>>) -> Self {
        Self { state: State::Refused { answer: Some(answer) } }
    }
}

impl<S: Service<Request<B>>, B, ResB, R: ReplayStore, C> fmt::Debug for WebhookFuture<S, B, ResB, R, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebhookFuture").finish_non_exhaustive()
    }
}

impl<R, C> WebhookLayer<R, C> {
    pub(super) fn refusal<B>(
        &self,
        reason: WebhookReason,
        headers: &HeaderMap,
        extensions: &Extensions,
    ) -> Response<AnswerBody<B>> {
        if reason == WebhookReason::Replayed && self.acknowledges {
            return Response::new(AnswerBody::default());
        }
        self.verifier.error(reason).problem().answer(headers, extensions)
    }
}

impl<S, B, ResB, R, C, E> Future for WebhookFuture<S, B, ResB, R, C>
where
    S: Service<Request<B>, Response = Response<ResB>, Error = E>,
    R: ReplayStore,
    C: Clock,
{
    type Output = Result<Response<AnswerBody<ResB>>, E>;

    #[expect(clippy::expect_used, reason = "the contract of Future: not polled after it was ready")]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        loop {
            let next = match self.as_mut().project().state.project() {
                StateProj::Claiming { claiming, waiting } => {
                    let answer = ready!(claiming.poll(cx));
                    let Waiting { mut request, ticket, mut service, layer } =
                        waiting.take().expect("polled after it was ready");
                    let held = layer.verifier.admitted(answer, ticket);
                    layer.verifier.report(layer.mode, held.as_ref().map(drop).map_err(|reason| *reason));
                    match held {
                        Ok(hold) => State::Inner { future: service.call(request), hold: Some(hold) },
                        Err(reason) if layer.mode.enforces() => {
                            let answer = layer.refusal(reason, request.headers(), request.extensions());
                            State::Refused { answer: Some(answer) }
                        }
                        Err(_) => {
                            request.extensions_mut().remove::<VerifiedWebhook>();
                            State::Inner { future: service.call(request), hold: None }
                        }
                    }
                }
                StateProj::Inner { future, hold } => {
                    let answered = ready!(future.poll(cx));
                    if let (Ok(response), Some(hold)) = (&answered, hold.take())
                        && response.status().is_success()
                    {
                        hold.settle();
                    }
                    return Poll::Ready(answered.map(|response| response.map(AnswerBody::inner)));
                }
                StateProj::Refused { answer } => {
                    return Poll::Ready(Ok(answer.take().expect("polled after it was ready")));
                }
            };
            self.as_mut().project().state.set(next);
        }
    }
}
