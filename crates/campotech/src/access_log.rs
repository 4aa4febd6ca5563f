//! One line per request, written at the end of the answer, and a span that handlers log in.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Instant;

use axum::extract::MatchedPath;
use campotech_core::{ClientIp, EndOfBody, RequestContext, Route, TrackEnd, TrackedBody, matched_route};
use http::{Extensions, Method, Request, Response, StatusCode};
use http_body::Body;
use pin_project_lite::pin_project;
use tower_layer::Layer;
use tower_service::Service;
use tracing::{Level, Span, enabled};

use crate::logs::RequestFields;
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
    /// What the line says beside it, where there is no span that does.
    fields: Option<RequestFields>,
    started: Instant,
    method: Method,
    route: RouteName,
    status: Option<StatusCode>,
    bytes: usize,
    written: bool,
}

/// The line of a request that one is written for: for others there is nothing to watch.
#[derive(Debug)]
pub struct Watched(Option<Box<AccessLine>>);

/// The route as its router keeps it: nothing is copied before the line is written.
#[derive(Debug)]
enum RouteName {
    OfRouter(MatchedPath),
    Named(Route),
    Unmatched,
}

/// Of the lines.
const TARGET: &str = "campotech::access";

pin_project! {
    /// The future of [`AccessLogService`].
    #[derive(Debug)]
    pub struct AccessLogFuture<F> {
        #[pin]
        inner: F,
        // On the heap: it is large, and moved with the request and with its answer.
        line: Option<Box<AccessLine>>,
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
    type Response = Response<TrackedBody<R, Watched>>;
    type Error = S::Error;
    type Future = AccessLogFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.0.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let line = AccessLine::of(&request);
        let inner = match &line {
            Some(line) => line.span.in_scope(|| self.0.call(request)),
            None => self.0.call(request),
        };
        AccessLogFuture { inner, line }
    }
}

impl<F, E, R> Future for AccessLogFuture<F>
where
    F: Future<Output = Result<Response<R>, E>>,
    R: Body,
{
    type Output = Result<Response<TrackedBody<R, Watched>>, E>;

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
        Poll::Ready(Ok(response.map(|body| TrackedBody::new(body, Watched(line)))))
    }
}

impl AccessLine {
    fn of<B>(request: &Request<B>) -> Option<Box<Self>> {
        let extensions = request.extensions();
        let (client, route) = (ClientIp::of(extensions), matched_route(extensions));
        let span = extensions.get::<RequestContext>().map_or_else(Span::none, |context| {
            let span = request_span::of_request(context, client.map(|client| client.network()));
            let https = client.is_some_and(|client| client.https());
            otlp::begin_request(&span, context, request.method(), route, https, request.version());
            span
        });
        let wanted = !span.is_disabled() || enabled!(target: TARGET, Level::INFO);
        let context = extensions.get::<RequestContext>().filter(|_| span.is_disabled());
        wanted.then(|| {
            Box::new(Self {
                fields: context.map(|context| {
                    RequestFields::new(context.clone(), client.map(|client| client.network()))
                }),
                span,
                started: Instant::now(),
                method: request.method().clone(),
                route: RouteName::of(extensions),
                status: None,
                bytes: 0,
                written: false,
            })
        })
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
        let line = || {
            tracing::info!(
                target: TARGET,
                method = %known(&self.method),
                route = self.route.as_str(),
                status = status.unwrap_or(0),
                duration_ms = u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX),
                bytes = self.bytes,
                end,
                "answered"
            );
        };
        match self.fields.clone() {
            Some(fields) => fields.tell(line),
            None => line(),
        }
    }
}

impl RouteName {
    fn of(extensions: &Extensions) -> Self {
        let named = || extensions.get::<Route>().cloned().map(Self::Named);
        extensions.get::<MatchedPath>().cloned().map(Self::OfRouter).or_else(named).unwrap_or(Self::Unmatched)
    }

    fn as_str(&self) -> &str {
        match self {
            Self::OfRouter(path) => path.as_str(),
            Self::Named(route) => &route.0,
            Self::Unmatched => "__unmatched__",
        }
    }
}

impl TrackEnd for Watched {
    fn data(&mut self, bytes: usize) {
        if let Some(line) = &mut self.0 {
            line.bytes += bytes;
        }
    }

    fn end(self, end: EndOfBody) {
        let Some(mut line) = self.0 else { return };
        line.write(match end {
            EndOfBody::Complete | EndOfBody::Trailers => "complete",
            EndOfBody::Error => "error",
            // A server drops a body that is not sent without asking for its end.
            EndOfBody::Dropped if line.silent() => "complete",
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
