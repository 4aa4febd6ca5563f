//! A webhook whose sender is known.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::Bytes;

use super::replay::{NoReplays, ReplayStore, Ticket};
use super::scheme::Scheme;

/// What was verified, and so may be believed. A request extension behind [`WebhookLayer`](super::WebhookLayer).
#[derive(Debug, Clone)]
pub struct VerifiedWebhook {
    pub(super) scheme: Scheme,
    pub(super) signed: Signed,
    pub(super) sent_at: Option<SystemTime>,
    pub(super) delivery: Option<Arc<str>>,
    pub(super) by_previous: bool,
}

/// What the signature vouches for, and nothing else.
#[derive(Clone, PartialEq, Eq)]
pub enum Signed {
    /// The body, byte for byte.
    Body(Bytes),
    /// These identifiers. The body is anybody's: fetch what `data_id` names from the sender's API.
    Identifiers {
        /// `data.id` of the query, in lower case.
        data_id: Arc<str>,
        /// `X-Request-Id`, where there was one.
        request_id: Option<Arc<str>>,
    },
}

/// A verified webhook that holds its place in the replay store.
///
/// [`settle`](Self::settle) it once it was dealt with. Dropped before, its place is given back, so that the sender's next
/// try is taken.
#[derive(Debug)]
#[must_use = "dropped, it is as if it had never been here"]
pub struct Admission<R: ReplayStore = NoReplays> {
    pub(super) webhook: VerifiedWebhook,
    pub(super) hold: Hold<R>,
}

/// A place in a replay store, given back when it is dropped.
#[derive(Debug)]
pub(super) struct Hold<R: ReplayStore> {
    pub(super) place: Option<(Arc<R>, Ticket)>,
    pub(super) window: Duration,
}

impl VerifiedWebhook {
    /// Who signed.
    #[must_use]
    pub const fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// What the signature vouches for.
    #[must_use]
    pub const fn signed(&self) -> &Signed {
        &self.signed
    }

    /// The body, where the signature vouches for it.
    #[must_use]
    pub const fn body(&self) -> Option<&Bytes> {
        match &self.signed {
            Signed::Body(body) => Some(body),
            Signed::Identifiers { .. } => None,
        }
    }

    /// When it was signed, where the scheme says it.
    #[must_use]
    pub const fn sent_at(&self) -> Option<SystemTime> {
        self.sent_at
    }

    /// What the sender calls this delivery: `Webhook-Id`, which is signed, or `X-GitHub-Delivery`, which is not, so that
    /// whoever replays a request may choose it.
    #[must_use]
    pub fn delivery(&self) -> Option<&str> {
        self.delivery.as_deref()
    }

    /// Whether it was the previous secret that matched: as long as there are such, it is still needed.
    #[must_use]
    pub const fn by_previous_secret(&self) -> bool {
        self.by_previous
    }
}

impl<R: ReplayStore> Admission<R> {
    /// What was verified.
    pub const fn webhook(&self) -> &VerifiedWebhook {
        &self.webhook
    }

    /// It was dealt with: the same one again will be refused.
    pub fn settle(self) -> VerifiedWebhook {
        self.hold.settle();
        self.webhook
    }
}

impl<R: ReplayStore> Hold<R> {
    pub(super) fn settle(mut self) {
        if let Some((store, ticket)) = self.place.take() {
            store.settle(ticket, self.window);
        }
    }
}

impl<R: ReplayStore> Drop for Hold<R> {
    fn drop(&mut self) {
        if let Some((store, ticket)) = self.place.take() {
            store.release(ticket);
        }
    }
}

// Bodies and identifiers are what a client sent, so they never get into a log by way of `{:?}`.
impl fmt::Debug for Signed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Body(body) => write!(f, "Body({} bytes)", body.len()),
            Self::Identifiers { .. } => f.write_str("Identifiers(..)"),
        }
    }
}
