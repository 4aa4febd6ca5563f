//! What handlers share.

use std::fmt;
use std::sync::Arc;

use campotech::DrainSignal;
use campotech::core::SystemClock;
use campotech::metrics::Metrics;
use campotech::security::cors::OriginList;
use campotech::security::rate_limit::SharedFailureLimiter;
use campotech::security::webhook::{VerifyToken, WebhookVerifier};
use campotech::validate::CursorKeys;
use jiff::Timestamp;

use crate::auth::PasswordHasher;
use crate::cursors::SharedCursorKeys;
use crate::domain::Job;
use crate::events::EventBus;
use crate::openapi::Document;
use crate::store::{StatusChange, Store};
use crate::upkeep::metrics_kind;

/// The application's state; a clone is a handle on the same one.
#[derive(Clone)]
pub struct App(Arc<Parts>);

/// What the application is made of.
pub struct Parts {
    /// Where everything is kept.
    pub store: Store,
    /// Who hashes passwords.
    pub hasher: PasswordHasher,
    /// Failed logins, per account, at whichever replica.
    pub failures: SharedFailureLimiter,
    /// Seals the cursors of lists.
    pub cursors: SharedCursorKeys,
    /// The webhook, where it has secrets.
    pub webhook: Option<Webhook>,
    /// Where job events go.
    pub events: EventBus,
    /// The platform's metrics.
    pub metrics: Metrics,
    /// Origins that may open a WebSocket.
    pub origins: OriginList,
    /// Tells when the service drains.
    pub drain: DrainSignal,
    /// The contract.
    pub document: Document,
}

/// The webhook's secrets, ready to verify with.
pub struct Webhook {
    /// Verifies callbacks.
    pub signature: WebhookVerifier,
    /// What the handshake must show.
    pub verify_token: VerifyToken,
}

impl App {
    /// Puts the parts together.
    #[must_use]
    pub fn new(parts: Parts) -> Self {
        Self(Arc::new(parts))
    }

    /// The present.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        crate::domain::wall_now(&SystemClock)
    }

    pub(crate) fn store(&self) -> &Store {
        &self.0.store
    }

    pub(crate) fn hasher(&self) -> &PasswordHasher {
        &self.0.hasher
    }

    pub(crate) fn failures(&self) -> &SharedFailureLimiter {
        &self.0.failures
    }

    /// The key of the cursors; none while the database has not told it.
    pub(crate) fn cursors(&self) -> Option<&CursorKeys> {
        self.0.cursors.get()
    }

    pub(crate) fn webhook(&self) -> Option<&Webhook> {
        self.0.webhook.as_ref()
    }

    pub(crate) fn events(&self) -> &EventBus {
        &self.0.events
    }

    pub(crate) fn metrics(&self) -> &Metrics {
        &self.0.metrics
    }

    pub(crate) fn origins(&self) -> &OriginList {
        &self.0.origins
    }

    pub(crate) fn drain(&self) -> DrainSignal {
        self.0.drain.clone()
    }

    pub(crate) fn document(&self) -> &Document {
        &self.0.document
    }

    /// A job is stored: counts it and tells whoever listens.
    pub(crate) fn created(&self, job: &Job) {
        self.0.metrics.job_created(metrics_kind(job.kind));
        self.0.events.created(job);
    }

    /// A job has changed.
    pub(crate) fn updated(&self, change: &StatusChange) {
        self.0.events.updated(&change.job, change.owner_before);
    }
}

impl fmt::Debug for App {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("App")
    }
}

impl fmt::Debug for Parts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Parts").field("store", &self.store).finish_non_exhaustive()
    }
}

impl fmt::Debug for Webhook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Webhook(********)")
    }
}
