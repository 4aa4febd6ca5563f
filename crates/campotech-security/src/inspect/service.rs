//! Requests through the gate.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use campotech_core::media::{is_json_type, is_no_charset_or_utf8};
use campotech_core::{AnswerBody, Decision, RawBody};
use http::header::CONTENT_TYPE;
use http::request::Parts;
use http::{HeaderMap, Request, Response};
use pin_project_lite::pin_project;
use tower_service::Service;

use super::finding::Report;
use super::layer::InspectLayer;
use super::{head, json};
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
        Refused { answer: Option<Response<AnswerBody<B>>> },
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
        let (parts, body) = request.into_parts();
        let layer = &*self.layer;
        match layer.check(&parts) {
            Ok(()) => layer.observer.decision(Decision::allowed("inspect")),
            Err(report) => {
                layer.observer.decision(Decision::found("inspect", layer.mode, report.finding.as_str()));
                if layer.mode.enforces() {
                    let answer = report.problem(&parts.headers).answer(&parts.headers, &parts.extensions);
                    return InspectFuture { state: State::Refused { answer: Some(answer) } };
                }
            }
        }
        InspectFuture { state: State::Inner { future: self.inner.call(Request::from_parts(parts, body)) } }
    }
}

impl InspectLayer {
    fn check(&self, parts: &Parts) -> Result<(), Report> {
        head::check(parts, self.max_uri, self.duplicates)?;
        let Some(RawBody(body)) = parts.extensions.get() else { return Ok(()) };
        // No bytes are no JSON; whether the handler wants some, it says itself.
        if body.is_empty() || !is_json(&parts.headers) {
            return Ok(());
        }
        let readings = PathReadings::new(parts.uri.path());
        if self.unread.iter().any(|pattern| readings.all(pattern)) {
            return Ok(());
        }
        json::check(body, &self.json).map_err(|fault| Report {
            finding: fault.finding,
            pointer: Some(json::pointer_at(body, fault.offset)),
            max: self.json.crossed(fault.finding),
        })
    }
}

/// Whether the body is JSON to us: one `Content-Type` of `application/json` or `application/*+json`, with no charset or UTF-8.
///
/// The rule of validation, which answers 415 to what is not: a finding in such a body would hide that.
fn is_json(headers: &HeaderMap) -> bool {
    let mut values = headers.get_all(CONTENT_TYPE).iter();
    let (Some(value), None) = (values.next(), values.next()) else { return false };
    let mut parts = value.to_str().unwrap_or("").split(';');
    is_json_type(parts.next().unwrap_or("").trim()) && parts.all(is_no_charset_or_utf8)
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
                Poll::Ready(Ok(answer.take().expect("polled after it was ready")))
            }
        }
    }
}
