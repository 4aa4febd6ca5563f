//! Which request this is, in one value.

use std::sync::Arc;

use http::{HeaderMap, HeaderName, Request};

use super::future::{ContextFuture, Entered, current};
use crate::identity::{ClientIp, RequestId, TRACEPARENT, TRACESTATE, TraceContext, TraceId};
use crate::observer::Observer;
use crate::problem::Language;

/// The request's id and its place in a trace; a request extension, and the current one while a request is worked on.
///
/// A clone shares the id's and the state's bytes. Two are equal that stand for the same step of the same request, whoever is told of it.
#[derive(Debug, Clone)]
pub struct RequestContext {
    pub(super) request_id: RequestId,
    pub(super) trace: TraceContext,
    language: Language,
    pub(super) client: Option<ClientIp>,
    observer: Option<Arc<dyn Observer>>,
}

impl PartialEq for RequestContext {
    fn eq(&self, other: &Self) -> bool {
        let Self { request_id, trace, language, client, observer: _ } = self;
        (request_id, trace, language, client)
            == (&other.request_id, &other.trace, &other.language, &other.client)
    }
}

impl Eq for RequestContext {}

/// The trace that a request is recorded in, if it is: as its [`RequestContext`] says, or, where it has none and whoever sends it may be
/// believed, its `traceparent`.
#[must_use]
pub fn recorded_trace<B>(request: &Request<B>, believed: bool) -> Option<TraceId> {
    if let Some(context) = request.extensions().get::<RequestContext>() {
        return context.trace.sampled().then(|| context.trace.trace_id());
    }
    if !believed {
        return None;
    }
    TraceContext::sent(request.headers()).filter(TraceContext::sampled).map(|trace| trace.trace_id())
}

const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

impl RequestContext {
    /// A request.
    #[must_use]
    pub const fn new(request_id: RequestId, trace: TraceContext) -> Self {
        Self { request_id, trace, language: Language::En, client: None, observer: None }
    }

    /// With the language that its client is answered in; English, if nothing is said.
    #[must_use]
    pub const fn with_language(mut self, language: Language) -> Self {
        self.language = language;
        self
    }

    /// The language that its client is answered in; it is not handed on with what the request leaves to be done.
    #[must_use]
    pub const fn language(&self) -> Language {
        self.language
    }

    /// With the client that it is of, where no [`ClientIp`] extension says otherwise ([`ClientIp::of`]).
    #[must_use]
    pub const fn with_client(mut self, client: Option<ClientIp>) -> Self {
        self.client = client;
        self
    }

    /// With whom guards and extractors tell what they find in it.
    #[must_use]
    pub fn with_observer(mut self, observer: Arc<dyn Observer>) -> Self {
        self.observer = Some(observer);
        self
    }

    /// Whom guards and extractors tell what they find in it, if anybody; nor is that handed on.
    #[must_use]
    pub const fn observer(&self) -> Option<&Arc<dyn Observer>> {
        self.observer.as_ref()
    }

    /// The request whose future is polled on this thread, or whose [`enter`](Self::enter) runs, if any.
    ///
    /// Not the one of a task that was spawned from it: see [`in_current`](super::in_current).
    #[must_use]
    pub fn current() -> Option<Self> {
        current()
    }

    /// The request's id.
    #[must_use]
    pub const fn request_id(&self) -> &RequestId {
        &self.request_id
    }

    /// The same, where nothing else is wanted any more.
    #[must_use]
    pub fn into_request_id(self) -> RequestId {
        self.request_id
    }

    /// The request's place in a trace.
    #[must_use]
    pub const fn trace(&self) -> &TraceContext {
        &self.trace
    }

    /// The next step below this one, such as a message that the request left in a queue: the same request id and trace,
    /// a new span.
    #[must_use]
    pub fn child(&self) -> Self {
        Self::new(self.request_id.clone(), self.trace.child())
    }

    /// Makes this the current request for as long as `future` is polled.
    pub const fn scope<F>(self, future: F) -> ContextFuture<F> {
        ContextFuture::new(future, Some(self))
    }

    /// Makes this the current request while `work` makes a future, and for as long as that is polled.
    pub fn scope_made<F>(self, work: impl FnOnce() -> F) -> ContextFuture<F> {
        let mut slot = Some(self);
        let future = {
            let _entered = Entered::swap(&mut slot);
            work()
        };
        ContextFuture::new(future, slot)
    }

    /// Makes this the current request while `work` runs.
    pub fn enter<R>(&self, work: impl FnOnce() -> R) -> R {
        let mut slot = Some(self.clone());
        let _entered = Entered::swap(&mut slot);
        work()
    }

    /// Puts `traceparent`, `tracestate` and `X-Request-Id` on an outgoing request, in place of what is there: a proxy that
    /// copies its client's headers must not pass on a stranger's.
    pub fn inject(&self, headers: &mut HeaderMap) {
        headers.insert(TRACEPARENT, self.trace.header_value());
        match self.trace.state() {
            Some(state) => headers.insert(TRACESTATE, state.header_value().clone()),
            None => headers.remove(TRACESTATE),
        };
        headers.insert(X_REQUEST_ID, self.request_id.header_value().clone());
    }
}
