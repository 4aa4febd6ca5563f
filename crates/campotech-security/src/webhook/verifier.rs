//! One verifier for all schemes.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use campotech_core::{Clock, Decision, Mode, NoObserver, Observer, SystemClock};

use super::error::{WebhookError, WebhookReason};
use super::replay::{NoReplays, ReplayStore};
use super::scheme::{Key, Scheme};
use crate::ConfigError;

pub(super) const GUARD: &str = "webhook";

/// Verifies who sent a webhook, when, and (with a replay store) that it was not taken before.
///
/// Signatures are compared in constant time, under both secrets while one is rotated. What was signed is compared with the
/// bytes as they came ([`RawBody`](campotech_core::RawBody)): a body that was parsed and written again has other bytes.
///
/// # Defaults
/// One secret; 300 s of tolerance for the sender's clock, both ways; bodies up to 1 MiB; no replay store, whose window would
/// be 600 s, and which is needed (a fault of it is 503); the system's clock; no observer.
#[must_use]
pub struct WebhookVerifier<R = NoReplays, C = SystemClock> {
    pub(super) scheme: Scheme,
    pub(super) keys: Option<Keys>,
    pub(super) tolerance: Duration,
    pub(super) window: Duration,
    pub(super) max_body: usize,
    pub(super) replays: Option<Arc<R>>,
    pub(super) open: bool,
    pub(super) clock: C,
    pub(super) observer: Arc<dyn Observer>,
}

/// The live secrets.
#[derive(Clone)]
pub(super) struct Keys {
    pub(super) current: Key,
    pub(super) previous: Option<Key>,
}

const TOLERANCE: Duration = Duration::from_secs(300);
const DAY: Duration = Duration::from_secs(86_400);
const MAX_BODY: usize = 1 << 20;

impl WebhookVerifier {
    /// Verifies with this secret of the sender.
    ///
    /// # Errors
    /// [`ConfigError::EmptySecret`]; [`ConfigError::Range`] for a secret of Standard Webhooks that is not base64 of 24 bytes or
    /// more.
    pub fn new(scheme: Scheme, secret: impl AsRef<[u8]>) -> Result<Self, ConfigError> {
        let current = scheme.key(secret.as_ref())?;
        Ok(Self { keys: Some(Keys { current, previous: None }), ..Self::unconfigured(scheme) })
    }

    /// Refuses everything with 503: there is no secret, and without one nobody is believed.
    pub fn unconfigured(scheme: Scheme) -> Self {
        Self {
            scheme,
            keys: None,
            tolerance: TOLERANCE,
            window: 2 * TOLERANCE,
            max_body: MAX_BODY,
            replays: None,
            open: false,
            clock: SystemClock,
            observer: Arc::new(NoObserver),
        }
    }
}

impl<R, C> WebhookVerifier<R, C> {
    /// Accepts the secret from before a rotation too.
    ///
    /// # Errors
    /// As [`new`](WebhookVerifier::new); [`ConfigError::EmptySecret`] too where there is no current one.
    pub fn with_previous(mut self, secret: impl AsRef<[u8]>) -> Result<Self, ConfigError> {
        let key = self.scheme.key(secret.as_ref())?;
        let keys = self.keys.as_mut().ok_or(ConfigError::EmptySecret("webhook secret"))?;
        keys.previous = Some(key);
        Ok(self)
    }

    /// Tolerates clocks that differ by so much, either way. Requests are remembered for twice that, or for the replay window that is
    /// set already where that is longer.
    ///
    /// # Errors
    /// [`ConfigError::Range`] where it is not from 1 s to a day.
    pub fn with_tolerance(mut self, tolerance: Duration) -> Result<Self, ConfigError> {
        if !(Duration::from_secs(1)..=DAY).contains(&tolerance) {
            return Err(ConfigError::Range("the tolerance of a webhook's time", "1 s to a day"));
        }
        (self.tolerance, self.window) = (tolerance, self.window.max(2 * tolerance));
        Ok(self)
    }

    /// Takes bodies of up to so many bytes; what is larger is refused before it is hashed.
    pub const fn with_max_body(mut self, bytes: usize) -> Self {
        self.max_body = bytes;
        self
    }

    /// Refuses what `store` has seen, for as long as its time would be tolerated.
    pub fn with_replays<S: ReplayStore>(self, store: S) -> WebhookVerifier<S, C> {
        let Self { scheme, keys, tolerance, window, max_body, open, clock, observer, .. } = self;
        let replays = Some(Arc::new(store));
        WebhookVerifier { scheme, keys, tolerance, window, max_body, replays, open, clock, observer }
    }

    /// Remembers requests for so long: longer than the default for senders that sign no time.
    ///
    /// # Errors
    /// [`ConfigError::Range`] where it is shorter than twice the tolerance, or longer than 30 days.
    pub fn with_replay_window(mut self, window: Duration) -> Result<Self, ConfigError> {
        if !(2 * self.tolerance..=30 * DAY).contains(&window) {
            return Err(ConfigError::Range("the replay window", "twice the tolerance to 30 days"));
        }
        self.window = window;
        Ok(self)
    }

    /// Takes requests too while the replay store is full or away: then they may be replayed.
    pub const fn with_dangerous_admission_without_store(mut self) -> Self {
        self.open = true;
        self
    }

    /// Takes the time from `clock`.
    pub fn with_clock<D: Clock>(self, clock: D) -> WebhookVerifier<R, D> {
        let Self { scheme, keys, tolerance, window, max_body, replays, open, observer, .. } = self;
        WebhookVerifier { scheme, keys, tolerance, window, max_body, replays, open, clock, observer }
    }

    /// Reports decisions of the guard `webhook` to `observer`.
    pub fn with_observer(mut self, observer: Arc<dyn Observer>) -> Self {
        self.observer = observer;
        self
    }

    /// Who signs.
    #[must_use]
    pub const fn scheme(&self) -> Scheme {
        self.scheme
    }

    pub(super) const fn error(&self, reason: WebhookReason) -> WebhookError {
        WebhookError { scheme: self.scheme, reason }
    }

    pub(super) fn report(&self, mode: Mode, outcome: Result<(), WebhookReason>) {
        self.observer.decision(match outcome {
            Ok(()) => Decision::allowed(GUARD),
            Err(reason) => Decision::found(GUARD, mode, reason.code()),
        });
    }
}

// By hand, as the derive would ask the same of `R`.
impl<R, C: Clone> Clone for WebhookVerifier<R, C> {
    fn clone(&self) -> Self {
        Self {
            scheme: self.scheme,
            keys: self.keys.clone(),
            tolerance: self.tolerance,
            window: self.window,
            max_body: self.max_body,
            replays: self.replays.clone(),
            open: self.open,
            clock: self.clock.clone(),
            observer: Arc::clone(&self.observer),
        }
    }
}

impl<R: fmt::Debug, C> fmt::Debug for WebhookVerifier<R, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("WebhookVerifier");
        shown.field("scheme", &self.scheme).field("current", &self.keys.as_ref().map(|_| "***"));
        let previous = self.keys.as_ref().and_then(|keys| keys.previous.as_ref()).map(|_| "***");
        shown.field("previous", &previous).field("replays", &self.replays).finish_non_exhaustive()
    }
}
