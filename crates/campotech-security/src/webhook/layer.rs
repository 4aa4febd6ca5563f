//! What a webhook's route asks of a request.

use std::fmt;
use std::sync::Arc;

use campotech_core::{Mode, SystemClock};
use tower_layer::Layer;

use super::WebhookService;
use super::replay::NoReplays;
use super::verifier::WebhookVerifier;

/// Lets only verified webhooks pass, and tells the service inside what is vouched for, in a
/// [`VerifiedWebhook`](super::VerifiedWebhook) extension.
///
/// Its place is inside the payload layer, whose [`RawBody`](campotech_core::RawBody) it verifies, and around the one route
/// (under axum: `post(handler).layer(...)`; Meta's handshake is a `GET` and stays outside). A body that nobody has read is 500
/// `unread`: the layers are in the wrong order. An answer that is a success settles the request in the replay store; any
/// other, and a request that is dropped, gives its place back, so that the sender's next try is taken; dropped while it waits for
/// the store, or dealt with for longer than two minutes, it has its place no longer than those. The service inside must
/// be `Clone`: a request that waits for the store keeps the one that was ready.
///
/// # Defaults
/// Enforced; a request that was taken before is refused with 401.
#[must_use]
pub struct WebhookLayer<R = NoReplays, C = SystemClock> {
    pub(super) verifier: Arc<WebhookVerifier<R, C>>,
    pub(super) mode: Mode,
    pub(super) acknowledges: bool,
}

impl<R, C> WebhookLayer<R, C> {
    /// Asks `verifier`, which reports to its own observer.
    pub fn new(verifier: WebhookVerifier<R, C>) -> Self {
        Self { verifier: Arc::new(verifier), mode: Mode::Enforce, acknowledges: false }
    }

    /// Answers a request that was taken before with an empty 200, for senders that repeat what they got no answer to and give
    /// up on an address that refuses. It is counted as refused: the service inside does not see it.
    pub const fn with_replays_acknowledged(mut self) -> Self {
        self.acknowledges = true;
        self
    }

    /// Refuses, or only reports: then what is not verified passes without a [`VerifiedWebhook`](super::VerifiedWebhook).
    pub const fn with_mode(mut self, mode: Mode) -> Self {
        self.mode = mode;
        self
    }
}

// By hand, as the derives would ask the same of `R` and `C`.
impl<R, C> Clone for WebhookLayer<R, C> {
    fn clone(&self) -> Self {
        Self { verifier: Arc::clone(&self.verifier), ..*self }
    }
}

impl<R: fmt::Debug, C> fmt::Debug for WebhookLayer<R, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("WebhookLayer");
        shown.field("verifier", &self.verifier).field("mode", &self.mode).finish_non_exhaustive()
    }
}

impl<S, R, C> Layer<S> for WebhookLayer<R, C> {
    type Service = WebhookService<S, R, C>;

    fn layer(&self, inner: S) -> Self::Service {
        WebhookService { inner, layer: self.clone() }
    }
}
