//! The service that gives every request an id.

use std::sync::Arc;
use std::task::{Context, Poll};

use campotech_core::{ClientIp, Decision, Language, Mode, RequestContext, RequestId, TraceContext};
use http::{HeaderMap, HeaderName, Request, Response};
use tower_service::Service;

use super::{RequestIdFuture, RequestIdLayer};

pub(super) const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The service of [`RequestIdLayer`].
#[derive(Debug, Clone)]
pub struct RequestIdService<S> {
    inner: S,
    layer: RequestIdLayer,
}

impl<S> RequestIdService<S> {
    pub(super) const fn new(inner: S, layer: RequestIdLayer) -> Self {
        Self { inner, layer }
    }
}

impl RequestIdLayer {
    /// The context of a request; what its headers say of it counts if they are `trusted`.
    #[inline]
    pub(crate) fn context(&self, headers: &HeaderMap, trusted: bool) -> RequestContext {
        let (id, trace) =
            if trusted { (self.inbound_id(headers), self.inbound_trace(headers)) } else { (None, None) };
        let id = id.unwrap_or_else(RequestId::generate);
        let trace = trace.unwrap_or_else(|| TraceContext::root(self.sampling));
        let context = RequestContext::new(id, trace).with_language(Language::negotiate(headers));
        match &self.observer {
            Some(observer) => context.with_observer(Arc::clone(observer)),
            None => context,
        }
    }

    fn found(&self, reason: &'static str) {
        if let Some(observer) = &self.observer {
            observer.decision(Decision::found("request_id", Mode::ReportOnly, reason));
        }
    }

    fn inbound_id(&self, headers: &HeaderMap) -> Option<RequestId> {
        static NAME: HeaderName = X_REQUEST_ID;
        let mut values = headers.get_all(&NAME).iter();
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
        let client = ClientIp::of(request.extensions());
        let trusted = client.is_some_and(|client| client.trusted_peer());
        let mut context = self.layer.context(request.headers(), trusted).with_client(client);
        // Within another layer of its kind: whom that one tells is told, too.
        if context.observer().is_none()
            && let Some(outer) =
                request.extensions().get::<RequestContext>().and_then(RequestContext::observer)
        {
            context = context.with_observer(Arc::clone(outer));
        }
        request.extensions_mut().insert(context.clone());
        RequestIdFuture::new(context.scope_made(|| self.inner.call(request)))
    }
}
