//! Which request this is, in one value.

use http::{HeaderMap, HeaderName, Request};

use super::future::{ContextFuture, Entered, current};
use crate::identity::{RequestId, TRACEPARENT, TRACESTATE, TraceContext, TraceId};
use crate::problem::{AcceptLanguage, Language};

/// The request's id and its place in a trace; a request extension, and the current one while a request is worked on.
///
/// A clone shares the id's and the state's bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestContext {
    request_id: RequestId,
    trace: TraceContext,
    accept_language: AcceptLanguage,
}

/// The trace that a request is recorded in, if it is: as its [`RequestContext`] says, or, where it has none and whoever sends it may be
/// believed, its `traceparent`.
#[must_use]
pub fn recorded_trace<B>(request: &Request<B>, believed: bool) -> Option<TraceId> {
    static HEADER: HeaderName = TRACEPARENT;
    if let Some(context) = request.extensions().get::<RequestContext>() {
        return context.trace.sampled().then(|| context.trace.trace_id());
    }
    if !believed {
        return None;
    }
    let headers = request.headers();
    let value = headers.get(&HEADER)?;
    let repeated = headers.get_all(&HEADER).iter().nth(1).is_some();
    let trace = TraceContext::from_traceparent(value.to_str().ok().filter(|_| !repeated)?)?;
    trace.sampled().then(|| trace.trace_id())
}

const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

impl RequestContext {
    /// A request.
    #[must_use]
    pub const fn new(request_id: RequestId, trace: TraceContext) -> Self {
        Self { request_id, trace, accept_language: AcceptLanguage::none() }
    }

    /// With what its client says of languages.
    #[must_use]
    pub fn with_accept_language(mut self, accept_language: AcceptLanguage) -> Self {
        self.accept_language = accept_language;
        self
    }

    /// The language that its client is answered in; it is not handed on with what the request leaves to be done.
    #[must_use]
    pub fn language(&self) -> Language {
        self.accept_language.language()
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
