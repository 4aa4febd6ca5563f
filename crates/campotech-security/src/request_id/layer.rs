//! The layer that gives every request an id.

use std::sync::Arc;

use campotech_core::{NoObserver, Observer};
use tower_layer::Layer;

use super::RequestIdService;

/// Gives every request a [`RequestId`](campotech_core::RequestId) and a [`TraceId`](campotech_core::TraceId) extension, and
/// every answer an `X-Request-Id` header.
///
/// An inbound `X-Request-Id` or `traceparent` is taken over only if the peer is a trusted proxy
/// ([`ClientIp::trusted_peer`](campotech_core::ClientIp::trusted_peer), so the client-ip layer stands outside) and the value is
/// well-formed; else the id is a new UUIDv7. The inbound headers stay as they came: payment providers sign
/// `X-Request-Id`.
///
/// # Defaults
/// No observer.
#[derive(Debug, Clone)]
#[must_use]
pub struct RequestIdLayer {
    observer: Arc<dyn Observer>,
}

impl RequestIdLayer {
    /// The layer.
    pub fn new() -> Self {
        Self { observer: Arc::new(NoObserver) }
    }

    /// Reports what trusted peers sent malformed (`request_id`, `traceparent`) to `observer`.
    pub fn with_observer(mut self, observer: Arc<dyn Observer>) -> Self {
        self.observer = observer;
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
        RequestIdService::new(inner, Arc::clone(&self.observer))
    }
}
