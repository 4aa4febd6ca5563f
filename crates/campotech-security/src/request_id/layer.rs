//! The layer that gives every request an id.

use std::sync::Arc;

use campotech_core::{Observer, Sampling};
use tower_layer::Layer;

use super::RequestIdService;

/// Gives every request a [`RequestContext`](campotech_core::RequestContext) with its id and its place in a trace, and every
/// answer an `X-Request-Id` header.
///
/// The context is an extension, beside its [`RequestId`](campotech_core::RequestId) and its
/// [`TraceId`](campotech_core::TraceId) alone, and the current one
/// ([`RequestContext::current`](campotech_core::RequestContext::current)) until there is an answer. Its trace goes on below
/// the peer's (W3C Trace Context), or begins here.
///
/// An inbound `X-Request-Id` or `traceparent` is taken over only if the peer is a trusted proxy
/// ([`ClientIp::trusted_peer`](campotech_core::ClientIp::trusted_peer), so the client-ip layer stands outside) and the value is
/// well-formed; else the id is a new UUIDv7 and the trace a new one. So no stranger decides which requests are recorded. The inbound headers stay as they came: payment providers sign
/// `X-Request-Id`.
///
/// # Defaults
/// No observer; no new trace is sampled.
#[derive(Debug, Clone)]
#[must_use]
pub struct RequestIdLayer {
    pub(super) observer: Option<Arc<dyn Observer>>,
    pub(super) sampling: Sampling,
}

impl RequestIdLayer {
    /// The layer.
    pub fn new() -> Self {
        Self { observer: None, sampling: Sampling::never() }
    }

    /// Reports what trusted peers sent malformed (`request_id`, `traceparent`) to `observer`, and lets those that find fault with a request
    /// further inside do the same ([`RequestContext::observer`](campotech_core::RequestContext::observer)).
    pub fn with_observer(mut self, observer: Arc<dyn Observer>) -> Self {
        self.observer = Some(observer);
        self
    }

    /// The share of new traces that is recorded; those that a trusted peer began are as it says.
    pub const fn with_sampling(mut self, sampling: Sampling) -> Self {
        self.sampling = sampling;
        self
    }
}

impl Default for RequestIdLayer {
    fn default() -> Self {
        Self::new()
    }
}

impl<S> Layer<S> for RequestIdLayer {
    type Service = RequestIdService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        RequestIdService::new(inner, self.clone())
    }
}
