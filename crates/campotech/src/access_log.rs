//! One line per request, written at the end of the answer, and a span that handlers log in.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Instant;

use campotech_core::{ClientIp, EndOfBody, RequestContext, TrackEnd, TrackedBody, matched_route};
use http::{Method, Request, Response, StatusCode};
use http_body::Body;
use pin_project_lite::pin_project;
use tower_layer::Layer;
use tower_service::Service;
use tracing::Span;

use crate::{otlp, request_span};

/// Logs a line per request: method, route template, status, time, bytes, ids. Never the raw path, query or headers.
#[derive(Debug, Clone, Copy, Default)]
pub struct AccessLogLayer;

/// The service of [`AccessLogLayer`].
#[derive(Debug, Clone)]
pub struct AccessLogService<S>(S);

/// What the line says; written exactly once, also when the client goes away.
#[derive(Debug)]
pub struct AccessLine {
    span: Span,
    started: Instant,
    method: Method,
    route: Option<Box<str>>,
    status: Option<StatusCode>,
    bytes: usize,
    written: bool,
}

pin_project! {
    /// The future of [`AccessLogService`].
    #[derive(Debug)]
    pub struct AccessLogFuture<F> {
        #[pin]
        inner: F,
        line: Option<AccessLine>,
    }
}

impl<S> Layer<S> for AccessLogLayer {
    type Service = AccessLogService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        AccessLogService(inner)
    }
}

impl<S, B, R> Service<Request<B>> for AccessLogService<S>
where
    S: Service<Request<B>, Response = Response<R>>,
    R: Body,
{
    type Response = Response<TrackedBody<R, AccessLine>>;
    type Error = S::Error;
    type Future = AccessLogFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.0.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let line = AccessLine::of(&request);
        let inner = line.span.in_scope(|| self.0.call(request));
        AccessLogFuture { inner, line: Some(line) }
    }
}

impl<F, E, R> Future for AccessLogFuture<F>
where
    F: Future<Output = Result<Response<R>, E>>,
    R: Body,
{
    type Output = Result<Response<TrackedBody<R, AccessLine>>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let inner = this.inner;
        let polled = match this.line.as_ref() {
            Some(line) => line.span.in_scope(|| inner.poll(cx)),
            None => inner.poll(cx),
        };
        let response = ready!(polled?);
        let mut line = this.line.take();
        if let Some(line) = line.as_mut() {
            line.status = Some(response.status());
        }
        Poll::Ready(Ok(response.map(|body| TrackedBody::new(body, line.unwrap_or_else(AccessLine::spent)))))
    }
}

impl AccessLine {
    fn of<B>(request: &Request<B>) -> Self {
        let extensions = request.extensions();
        let (client, route) = (extensions.get::<ClientIp>(), matched_route(extensions));
        let span = extensions.get::<RequestContext>().map_or_else(Span::none, |context| {
            let span = request_span::of_request(context, client.map(ClientIp::network));
            let https = client.is_some_and(ClientIp::https);
            otlp::begin_request(&span, context.trace(), request.method(), route, https, request.version());
            span
        });
        Self {
            span,
            started: Instant::now(),
            method: request.method().clone(),
            route: route.map(Into::into),
            status: None,
            bytes: 0,
            written: false,
        }
    }

    // Only for a future that is polled again after it was done.
    fn spent() -> Self {
        Self {
            span: Span::none(),
            started: Instant::now(),
            method: Method::GET,
            route: None,
            status: None,
            bytes: 0,
            written: true,
        }
    }

    /// Whether the answer has no body on the wire, whatever body the handler gave it (RFC 9110, section 6.4.1).
    fn silent(&self) -> bool {
        let bodyless = |status: StatusCode| {
            status.is_informational() || matches!(status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED)
        };
        self.method == Method::HEAD || self.status.is_some_and(bodyless)
    }

    fn write(&mut self, end: &'static str) {
        if std::mem::replace(&mut self.written, true) {
            return;
        }
        let status = self.status.map(|status| status.as_u16());
        otlp::end_request(&self.span, status, end);
        let _entered = self.span.enter();
        tracing::info!(
            target: "campotech::access",
            method = %known(&self.method),
            route = self.route.as_deref().unwrap_or("__unmatched__"),
            status = status.unwrap_or(0),
            duration_ms = u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX),
            bytes = self.bytes,
            end,
            "answered"
        );
    }
}

impl TrackEnd for AccessLine {
    fn data(&mut self, bytes: usize) {
        self.bytes += bytes;
    }

    fn end(mut self, end: EndOfBody) {
        self.write(match end {
            EndOfBody::Complete | EndOfBody::Trailers => "complete",
            EndOfBody::Error => "error",
            // A server drops a body that is not sent without asking for its end.
            EndOfBody::Dropped if self.silent() => "complete",
            EndOfBody::Dropped => "cancelled",
        });
    }
}

impl Drop for AccessLine {
    fn drop(&mut self) {
        // Dropped before there was an answer: the client went away, or the service inside failed.
        self.write("cancelled");
    }
}

// A method is the client's to choose; one that nobody knows is not repeated in the log.
pub(crate) fn known(method: &Method) -> &str {
    match *method {
        Method::GET
        | Method::HEAD
        | Method::POST
        | Method::PUT
        | Method::PATCH
        | Method::DELETE
        | Method::OPTIONS
        | Method::CONNECT
        | Method::TRACE => method.as_str(),
        _ => "_OTHER",
    }
}
