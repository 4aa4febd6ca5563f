//! What the span of a request says: HTTP's semantic conventions, without anything a client sent.

use campotech_core::RequestContext;
use http::{Method, Version};
use opentelemetry::KeyValue;
use opentelemetry::trace::{SpanRef, Status, TraceContextExt};
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt;

use super::ids::{choose, parent_of};
use crate::access_log::known;

/// Starts the span of a request that is answered here.
pub(crate) fn begin_request(
    span: &Span,
    context: &RequestContext,
    method: &Method,
    route: Option<&str>,
    https: bool,
    version: Version,
) {
    if !begin(span, context) || !context.trace().sampled() {
        return;
    }
    let method = known(method);
    on(span, |span| {
        span.update_name(route.map_or_else(|| method.to_owned(), |route| format!("{method} {route}")));
        span.set_attribute(KeyValue::new("http.request.method", method.to_owned()));
        span.set_attribute(KeyValue::new("url.scheme", if https { "https" } else { "http" }));
        if let Some(route) = route {
            span.set_attribute(KeyValue::new("http.route", route.to_owned()));
        }
        if let Some(version) = number(version) {
            span.set_attribute(KeyValue::new("network.protocol.version", version));
        }
    });
}

/// Starts the span of work that a request left to be done.
pub(crate) fn begin_work(span: &Span, context: &RequestContext) {
    begin(span, context);
}

/// Says how the request ended; the span ends when its last handle is dropped.
pub(crate) fn end_request(span: &Span, status: Option<u16>, end: &'static str) {
    on(span, |span| {
        if !span.span_context().is_sampled() {
            return;
        }
        if let Some(status) = status {
            span.set_attribute(KeyValue::new("http.response.status_code", i64::from(status)));
        }
        match status {
            Some(status @ 500..) => {
                span.set_attribute(KeyValue::new("error.type", status.to_string()));
                span.set_status(Status::error(""));
            }
            _ if end != "complete" => {
                span.set_attribute(KeyValue::new("error.type", end));
                span.set_status(Status::error(""));
            }
            _ => {}
        }
    });
}

/// Whether spans are sent at all.
fn begin(span: &Span, context: &RequestContext) -> bool {
    let trace = context.trace();
    if span.set_parent(parent_of(trace)).is_err() {
        return false;
    }
    let ids = choose(trace);
    // Asking for its context is what starts a span, so it happens while the ids are chosen.
    let _ = span.context();
    drop(ids);
    if trace.sampled() {
        let id = context.request_id().as_str().to_owned();
        on(span, |span| span.set_attribute(KeyValue::new("request_id", id)));
    }
    true
}

fn on(span: &Span, tell: impl FnOnce(SpanRef<'_>)) {
    tell(span.context().span());
}

const fn number(version: Version) -> Option<&'static str> {
    match version {
        Version::HTTP_10 => Some("1.0"),
        Version::HTTP_11 => Some("1.1"),
        Version::HTTP_2 => Some("2"),
        _ => None,
    }
}
