//! Requests through the gate.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use campotech_core::{AnswerBody, Decision, Mode, RawBody};
use http::{Request, Response, Uri};
use pin_project_lite::pin_project;
use tower_service::Service;

use super::detect::Attack;
use super::detection::{Detection, Examination};
use super::finding::{Finding, Report};
use super::head::HeadMakeup;
use super::layer::InspectLayer;
use super::{body, head};
use crate::path_pattern::PathReadings;

/// The service of [`InspectLayer`].
#[derive(Debug, Clone)]
pub struct InspectService<S> {
    pub(super) inner: S,
    pub(super) layer: Arc<InspectLayer>,
}

pin_project! {
    /// The future of [`InspectService`].
    #[derive(Debug)]
    pub struct InspectFuture<F, B> {
        #[pin]
        state: State<F, B>,
    }
}

pin_project! {
    #[derive(Debug)]
    #[project = StateProj]
    enum State<F, B> {
        Inner { #[pin] future: F },
        // On the heap: what most requests don't need is not moved about with each of them.
        Refused { answer: Option<Box<Response<AnswerBody<B>>>> },
    }
}

impl<S, ReqB, ResB> Service<Request<ReqB>> for InspectService<S>
where
    S: Service<Request<ReqB>, Response = Response<ResB>>,
{
    type Response = Response<AnswerBody<ResB>>;
    type Error = S::Error;
    type Future = InspectFuture<S::Future, ResB>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<ReqB>) -> Self::Future {
        let layer = &*self.layer;
        let outcome = layer.check(&request);
        if let Some(report) = layer.told(outcome) {
            let answer = report.problem(request.headers()).answer(request.headers(), request.extensions());
            return InspectFuture { state: State::Refused { answer: Some(Box::new(answer)) } };
        }
        InspectFuture { state: State::Inner { future: self.inner.call(request) } }
    }
}

/// What became of a request.
enum Outcome {
    Fine,
    /// What the gate refuses, unless it only reports.
    Malformed(Report),
    /// What lets pass in any mode.
    Noted(Finding),
    Attack(Attack, Mode),
}

impl InspectLayer {
    /// Tells the observer; what is left is to be refused.
    fn told(&self, outcome: Outcome) -> Option<Report> {
        let (mode, report) = match outcome {
            Outcome::Fine => {
                self.observer.decision(Decision::allowed("inspect"));
                return None;
            }
            Outcome::Malformed(report) => (self.mode, report),
            Outcome::Noted(finding) => (Mode::ReportOnly, finding.into()),
            Outcome::Attack(attack, mode) => (mode, Finding::Attack(attack).into()),
        };
        self.observer.decision(Decision::found("inspect", mode, report.finding.as_str()));
        mode.enforces().then_some(report)
    }

    fn check<B>(&self, request: &Request<B>) -> Outcome {
        let makeup = match head::check(request, self.max_uri, self.duplicates) {
            Ok(makeup) => makeup,
            Err(finding) => return Outcome::Malformed(finding.into()),
        };
        let body = request.extensions().get().map(|RawBody(body)| &**body).unwrap_or_default();
        let detection = self.detection.as_ref();
        // The head of most requests holds nothing that could be one.
        let idle = body.is_empty() && makeup.is_idle() && !detection.is_some_and(Detection::wants_headers);
        if idle {
            return Outcome::Fine;
        }
        self.look(request, makeup, body)
    }

    fn look<B>(&self, request: &Request<B>, makeup: HeadMakeup, body: &[u8]) -> Outcome {
        let chosen = self.detection.as_ref().filter(|detection| detection.is_chosen());
        let mut examination = chosen.map(|detection| Examination::new(detection, request.uri()));
        if let Some(examination) = &mut examination {
            head::examine(request, makeup, examination);
        }
        let mut noted = None;
        // No bytes are no body; whether the handler wants some, it says itself.
        if !body.is_empty() && !self.is_unread(request.uri()) {
            let checked = body::check(self, request.headers(), body, &mut examination, &mut noted);
            if let Err(report) = checked {
                return Outcome::Malformed(report);
            }
        }
        let mode = chosen.map_or(Mode::ReportOnly, Detection::mode);
        match (examination.and_then(Examination::concluded), noted) {
            (Some(attack), _) => Outcome::Attack(attack, mode),
            (None, Some(finding)) => Outcome::Noted(finding),
            (None, None) => Outcome::Fine,
        }
    }

    fn is_unread(&self, uri: &Uri) -> bool {
        if self.unread.is_empty() {
            return false;
        }
        let readings = PathReadings::new(uri.path());
        self.unread.iter().any(|pattern| readings.all(pattern))
    }
}

impl<F, B, E> Future for InspectFuture<F, B>
where
    F: Future<Output = Result<Response<B>, E>>,
{
    type Output = Result<Response<AnswerBody<B>>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project().state.project() {
            StateProj::Inner { future } => Poll::Ready(Ok(ready!(future.poll(cx))?.map(AnswerBody::inner))),
            #[expect(clippy::expect_used, reason = "the contract of Future: not polled after it was ready")]
            StateProj::Refused { answer } => {
                Poll::Ready(Ok(*answer.take().expect("polled after it was ready")))
            }
        }
    }
}
