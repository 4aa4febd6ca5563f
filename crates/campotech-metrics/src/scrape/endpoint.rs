//! The service behind `/metrics`.

use std::convert::Infallible;
use std::task::{Context, Poll};
use std::time::Instant;

use campotech_core::{AnswerBody, NeverBody, Problem, kinds};
use http::header::{self, HeaderValue};
use http::{Method, Request, Response};
use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tower_service::Service;

use super::ScrapeFuture;
use super::coding::Coding;
use super::deadline::patience;
use super::desk::Order;
use super::future::{Answer, Waiting};
use crate::{Format, Metrics};

/// Answers `GET` and `HEAD` with all metrics in the [`Format`] that `Accept` prefers and the coding that `Accept-Encoding` does (features
/// `gzip` and `zstd`), wherever it is mounted; other methods are refused with 405.
///
/// A thread of its own makes the answers, so a scrape keeps no request waiting. Scrapes that wait at the same time share one. Collectors
/// are asked for nine tenths of `X-Prometheus-Scrape-Timeout-Seconds` (10 s where nobody says) at most. A scrape that has waited longer than
/// that for the answer before it is 503, and at once so is every scrape over
/// [`with_max_scrapes`](crate::MetricsBuilder::with_max_scrapes).
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

    fn order<B>(&self, request: &Request<B>) -> ScrapeFuture {
        let refused =
            |problem: Problem| -> Answer { problem.answer(request.headers(), request.extensions()) };
        if !matches!(*request.method(), Method::GET | Method::HEAD) {
            let problem = Problem::new(&kinds::METHOD_NOT_ALLOWED)
                .with_header(header::ALLOW, HeaderValue::from_static("GET, HEAD"));
            return ScrapeFuture::refused(refused(problem));
        }
        let unavailable = |kind| {
            refused(Problem::new(kind).with_header(header::RETRY_AFTER, HeaderValue::from_static("1")))
        };
        let desk = &self.metrics.inner().desk;
        let Some(seat) = desk.seat() else {
            return ScrapeFuture::refused(unavailable(&kinds::TEMPORARY_REDUCED_CAPACITY));
        };
        let (format, coding) = (Format::accepted(request.headers()), Coding::accepted(request.headers()));
        let (sender, reply) = oneshot::channel();
        let deadline = Instant::now() + patience(request.headers());
        let runtime = Handle::try_current().ok();
        desk.order(
            self.metrics.shared(),
            Order { format, coding, deadline, runtime, reply: sender, seat: seat.clone() },
        );
        let head = *request.method() == Method::HEAD;
        let late = Box::new(unavailable(&kinds::DEADLINE_EXCEEDED));
        ScrapeFuture::waiting(Waiting { reply, seat, format, coding, head, late })
    }
}

impl<B> Service<Request<B>> for MetricsEndpoint {
    type Response = Response<AnswerBody<NeverBody>>;
    type Error = Infallible;
    type Future = ScrapeFuture;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    // A request's body is dropped unread: there is nothing in it that could matter.
    #[allow(clippy::needless_pass_by_value, reason = "the trait's signature")]
    fn call(&mut self, request: Request<B>) -> ScrapeFuture {
        self.order(&request)
    }
}
