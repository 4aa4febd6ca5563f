//! The service that gives every request an id.

use std::sync::Arc;
use std::task::{Context, Poll};

use campotech_core::{
    AcceptLanguage, ClientIp, Decision, Mode, Observer, RequestContext, RequestId, Sampling, TraceContext,
};
use http::{HeaderMap, HeaderName, Request, Response};
use tower_service::Service;

use super::RequestIdFuture;

pub(super) const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The service of [`RequestIdLayer`](super::RequestIdLayer).
#[derive(Debug, Clone)]
pub struct RequestIdService<S> {
    inner: S,
    observer: Arc<dyn Observer>,
    sampling: Sampling,
}

impl<S> RequestIdService<S> {
    pub(super) const fn new(inner: S, observer: Arc<dyn Observer>, sampling: Sampling) -> Self {
        Self { inner, observer, sampling }
    }

    fn found(&self, reason: &'static str) {
        self.observer.decision(Decision::found("request_id", Mode::ReportOnly, reason));
    }

    fn inbound_id(&self, headers: &HeaderMap) -> Option<RequestId> {
        let mut values = headers.get_all(X_REQUEST_ID).iter();
        let first = values.next()?;
        let adopted = if values.next().is_none() { RequestId::adopt(first) } else { None };
        if adopted.is_none() {
            self.found("request_id");
        }
        adopted
    }

    fn inbound_trace(&self, headers: &HeaderMap) -> Option<TraceContext> {
        let trace = TraceContext::from_headers(headers);
        if trace.is_none() && headers.contains_key("traceparent") {
            self.found("traceparent");
        }
        trace
    }
}

impl<S, B, C> Service<Request<B>> for RequestIdService<S>
where
    S: Service<Request<B>, Response = Response<C>>,
{
    type Response = Response<C>;
    type Error = S::Error;
    type Future = RequestIdFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        let trusted = request.extensions().get::<ClientIp>().is_some_and(ClientIp::trusted_peer);
        let (id, trace) = if trusted {
            (self.inbound_id(request.headers()), self.inbound_trace(request.headers()))
        } else {
            (None, None)
        };
        let id = id.unwrap_or_else(RequestId::generate);
        let trace = trace.unwrap_or_else(|| TraceContext::root(self.sampling));
        let context = RequestContext::new(id.clone(), trace)
            .with_accept_language(AcceptLanguage::of(request.headers()));
        let extensions = request.extensions_mut();
        extensions.insert(id);
        extensions.insert(context.trace().trace_id());
        extensions.insert(context.clone());
        let inner = context.enter(|| self.inner.call(request));
        RequestIdFuture::new(context.scope(inner))
    }
}
