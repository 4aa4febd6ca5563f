//! Reads the body, then lets the service inside answer.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use campotech_core::{AnswerBody, Decision, Mode, RawBody};
#[cfg(feature = "decompression")]
use http::HeaderValue;
#[cfg(feature = "decompression")]
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH, TRANSFER_ENCODING};
use http::request::Parts;
use http::{Request, Response};
use http_body::Body;
use pin_project_lite::pin_project;
use tokio::time::{Instant, Sleep, sleep_until};
use tower_service::Service;

use super::collector::Collector;
use super::layer::{PayloadLayer, Plan};
use super::refusal::Refusal;

pin_project! {
    /// The future of [`PayloadService`](super::PayloadService).
    pub struct PayloadFuture<S, B, Out, ResB>
    where
        S: Service<Request<Out>>,
    {
        #[pin]
        state: State<S, B, Out, S::Future, ResB>,
    }
}

pin_project! {
    #[project = StateProj]
    enum State<S, B, Out, F, ResB> {
        Reading { #[pin] body: B, reading: Option<Box<Reading<S, Out>>> },
        Inner { #[pin] future: F },
        Refused { answer: Option<Box<Response<AnswerBody<ResB>>>> },
    }
}

/// A request whose body is being read; on the heap, so that requests without a body don't take its room along.
pub(super) struct Reading<S, Out> {
    parts: Parts,
    plan: Plan,
    service: S,
    layer: PayloadLayer<Out>,
    collector: Collector,
    start: Option<Instant>,
    asleep_until: Option<Instant>,
    /// For a body that is not there at once.
    sleep: Option<Pin<Box<Sleep>>>,
    /// The first finding, in a mode that only reports.
    reported: Option<Refusal>,
}

/// Frames taken in one go before others get their turn.
const FRAMES_PER_POLL: usize = 64;
/// What is only reported is stopped at so many times its limit.
const HARD_STOP: u32 = 16;

impl<S: Service<Request<Out>>, B, Out, ResB> PayloadFuture<S, B, Out, ResB> {
    pub(super) fn reading(body: B, reading: Reading<S, Out>) -> Self {
        Self { state: State::Reading { body, reading: Some(Box::new(reading)) } }
    }

    pub(super) const fn inner(future: S::Future) -> Self {
        Self { state: State::Inner { future } }
    }

    pub(super) fn refused(answer: Response<AnswerBody<ResB>>) -> Self {
        Self { state: State::Refused { answer: Some(Box::new(answer)) } }
    }
}

impl<S: Service<Request<Out>>, B, Out, ResB> std::fmt::Debug for PayloadFuture<S, B, Out, ResB> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PayloadFuture").finish_non_exhaustive()
    }
}

impl<S, Out> Reading<S, Out> {
    pub(super) fn new(parts: Parts, plan: Plan, service: S, layer: PayloadLayer<Out>) -> Self {
        let collector = Collector::default();
        Self {
            parts,
            plan,
            service,
            layer,
            collector,
            start: None,
            asleep_until: None,
            sleep: None,
            reported: None,
        }
    }

    /// Where reading ends in any mode.
    pub(super) const fn hard_limit(&self) -> usize {
        let factor = if self.layer.mode.enforces() { 1 } else { HARD_STOP as usize };
        self.plan.limit.saturating_mul(factor)
    }

    /// Deals with a finding: an error ends the request, in a mode that only reports it is kept.
    pub(super) fn found(&mut self, refusal: Refusal, hard: bool) -> Result<(), Refusal> {
        if hard || self.layer.mode.enforces() {
            return Err(refusal);
        }
        self.reported.get_or_insert(refusal);
        Ok(())
    }

    /// The answer that ends the request.
    pub(super) fn refuse<B>(&self, refusal: Refusal) -> Response<AnswerBody<B>> {
        self.layer.observer.decision(Decision::found("payload", Mode::Enforce, refusal.as_str()));
        refusal.answer(&self.parts, self.plan.accepted)
    }

    /// Takes a frame's data.
    fn take(&mut self, data: Bytes) -> Result<(), Refusal> {
        self.collector.push(data);
        let received = self.collector.len();
        if received > self.plan.limit {
            self.found(Refusal::Size, received > self.hard_limit())
        } else {
            Ok(())
        }
    }

    /// Whether the body is in time; the task is woken when it no longer is.
    fn in_time(&mut self, cx: &mut Context<'_>) -> Result<(), Refusal> {
        let pace = self.plan.pace;
        let start = *self.start.get_or_insert_with(Instant::now);
        let received = self.collector.len();
        loop {
            let slow = matches!(self.reported, Some(Refusal::Deadline | Refusal::Rate));
            let until = start + if slow { pace.deadline * HARD_STOP } else { pace.allowance(received) };
            if self.asleep_until != Some(until) {
                self.asleep_until = Some(until);
                match &mut self.sleep {
                    Some(sleep) => sleep.as_mut().reset(until),
                    None => self.sleep = Some(Box::pin(sleep_until(until))),
                }
            }
            if self.sleep.as_mut().is_none_or(|sleep| sleep.as_mut().poll(cx).is_pending()) {
                return Ok(());
            }
            let refusal = if pace.is_deadline(received) { Refusal::Deadline } else { Refusal::Rate };
            self.found(refusal, slow)?;
            // Slowness takes the place of what was reported before, so that the hard stop comes next.
            self.reported = Some(refusal);
        }
    }

    /// The body without its coding.
    #[cfg(feature = "decompression")]
    fn decoded(&mut self) -> Result<Bytes, Refusal> {
        let body = std::mem::take(&mut self.collector).finish();
        let Some(coding) = self.plan.coding else { return Ok(body) };
        let ratio = if self.layer.mode.enforces() { self.layer.config.ratio } else { usize::MAX };
        match super::decode::decode(coding, &body, self.hard_limit(), ratio) {
            Ok(decoded) => {
                if decoded.len() > self.plan.limit {
                    self.found(Refusal::DecodedSize, false)?;
                }
                self.parts.headers.remove(CONTENT_ENCODING);
                self.parts.headers.remove(TRANSFER_ENCODING);
                self.parts.headers.insert(CONTENT_LENGTH, HeaderValue::from(decoded.len()));
                Ok(decoded)
            }
            // What can't be decoded passes as it came where it is only reported, with its header.
            Err(refusal) => self.found(refusal, refusal != Refusal::Corrupt).map(|()| body),
        }
    }

    /// The body; without the feature no coding gets this far.
    #[cfg(not(feature = "decompression"))]
    #[expect(clippy::unnecessary_wraps, reason = "the same shape with and without the feature")]
    fn decoded(&mut self) -> Result<Bytes, Refusal> {
        Ok(std::mem::take(&mut self.collector).finish())
    }

    /// The request with its whole body, and the service to call.
    fn finish(mut self, body: Bytes) -> (S, Request<Out>)
    where
        Out: From<Bytes>,
    {
        let decision = match self.reported {
            None => Decision::allowed("payload"),
            Some(refusal) => Decision::found("payload", self.layer.mode, refusal.as_str()),
        };
        self.layer.observer.decision(decision);
        self.parts.extensions.insert(RawBody(body.clone()));
        (self.service, Request::from_parts(self.parts, Out::from(body)))
    }
}

impl<S, B, Out, ResB, E> Future for PayloadFuture<S, B, Out, ResB>
where
    S: Service<Request<Out>, Response = Response<ResB>, Error = E>,
    B: Body<Data = Bytes>,
    Out: From<Bytes>,
{
    type Output = Result<Response<AnswerBody<ResB>>, E>;

    #[expect(clippy::expect_used, reason = "the contract of Future: not polled after it was ready")]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        loop {
            let next = match self.as_mut().project().state.project() {
                StateProj::Inner { future } => {
                    let response = ready!(future.poll(cx))?;
                    return Poll::Ready(Ok(response.map(AnswerBody::inner)));
                }
                StateProj::Refused { answer } => {
                    return Poll::Ready(Ok(*answer.take().expect("polled after it was ready")));
                }
                StateProj::Reading { body, reading: slot } => {
                    let reading = slot.as_mut().expect("polled after it was ready");
                    let outcome = ready!(poll_body(body, reading, cx)).and_then(|()| reading.decoded());
                    let reading = slot.take().expect("it was there");
                    match outcome {
                        Ok(body) => {
                            let (mut service, request) = reading.finish(body);
                            State::Inner { future: service.call(request) }
                        }
                        Err(refusal) => State::Refused { answer: Some(Box::new(reading.refuse(refusal))) },
                    }
                }
            };
            self.as_mut().project().state.set(next);
        }
    }
}

/// Reads to the end, or to what ends the request.
fn poll_body<S, B: Body<Data = Bytes>, Out>(
    mut body: Pin<&mut B>,
    reading: &mut Reading<S, Out>,
    cx: &mut Context<'_>,
) -> Poll<Result<(), Refusal>> {
    for _ in 0..FRAMES_PER_POLL {
        match body.as_mut().poll_frame(cx) {
            Poll::Ready(None) => return Poll::Ready(Ok(())),
            Poll::Ready(Some(Err(_))) => return Poll::Ready(Err(Refusal::Incomplete)),
            Poll::Ready(Some(Ok(frame))) => {
                if let Ok(data) = frame.into_data() {
                    reading.take(data)?;
                }
                if body.is_end_stream() {
                    return Poll::Ready(Ok(()));
                }
            }
            Poll::Pending => {
                reading.in_time(cx)?;
                return Poll::Pending;
            }
        }
    }
    reading.in_time(cx)?;
    cx.waker().wake_by_ref();
    Poll::Pending
}
