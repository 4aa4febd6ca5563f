//! The service behind `/metrics`.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::task::{Context, Poll};

use bytes::Bytes;
use campotech_core::{AnswerBody, Problem, kinds};
use http::header::{self, HeaderValue};
use http::{Method, Request, Response};
use tower_service::Service;

use crate::Format;
use crate::Metrics;

/// Answers `GET` and `HEAD` with all metrics in the [`Format`] that `Accept` prefers, wherever it is mounted; other methods are refused
/// with 405.
#[derive(Debug, Clone)]
pub struct MetricsEndpoint {
    metrics: Metrics,
}

impl MetricsEndpoint {
    /// An endpoint that shows `metrics`.
    #[must_use]
    pub const fn new(metrics: Metrics) -> Self {
        Self { metrics }
    }

    fn answer<B>(&self, request: &Request<B>) -> Response<AnswerBody<String>> {
        if !matches!(*request.method(), Method::GET | Method::HEAD) {
            return Problem::new(&kinds::METHOD_NOT_ALLOWED)
                .with_header(header::ALLOW, HeaderValue::from_static("GET, HEAD"))
                .answer(request.headers(), request.extensions());
        }
        let format = Format::accepted(request.headers());
        let mut text = String::new();
        self.metrics.render_into(&mut text, format);
        let length = text.len();
        let body = if *request.method() == Method::HEAD {
            AnswerBody::default()
        } else {
            AnswerBody::answer(Bytes::from(text))
        };
        let mut response = Response::new(body);
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(format.content_type()));
        headers.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
        headers.insert(header::VARY, HeaderValue::from_static("accept"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        response
    }
}

impl<B> Service<Request<B>> for MetricsEndpoint {
    type Response = Response<AnswerBody<String>>;
    type Error = Infallible;
    type Future = Ready<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    // A request's body is dropped unread: there is nothing in it that could matter.
    #[allow(clippy::needless_pass_by_value, reason = "the trait's signature")]
    fn call(&mut self, request: Request<B>) -> Self::Future {
        ready(Ok(self.answer(&request)))
    }
}
