//! A request against a verifier.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use campotech_core::{Clock, Decision, Mode, Verdict};
use hmac::Mac;
use http::HeaderMap;
use subtle::{Choice, ConstantTimeEq};

use super::error::{WebhookError, WebhookReason};
use super::header::{Tag, is_coded};
use super::reading::{Content, Reading};
use super::replay::{Claim, ReplayFault, ReplayKey, ReplayStore, Ticket};
use super::scheme::{Key, Scheme};
use super::verified::{Admission, Hold, Signed, VerifiedWebhook};
use super::verifier::{GUARD, Keys, WebhookVerifier};

/// What is at the very end of its tolerance is still tolerated when the window ends, and stores may round.
const SLACK: Duration = Duration::from_secs(1);

/// How long a request may be dealt with before its place is free again. Who went away while it was claimed gives nothing back.
const LEASE: Duration = Duration::from_secs(120);

/// A verified request on its way to the replay store.
pub(super) struct Verified {
    pub(super) webhook: VerifiedWebhook,
    pub(super) ticket: Option<Ticket>,
}

impl<R: ReplayStore, C: Clock> WebhookVerifier<R, C> {
    /// Verifies signature and time of a request with these headers, this query and this raw body. It asks no replay store.
    ///
    /// # Errors
    /// [`WebhookError`], to be answered with its [`problem`](WebhookError::problem).
    pub fn verify(
        &self,
        headers: &HeaderMap,
        query: Option<&str>,
        body: &Bytes,
    ) -> Result<VerifiedWebhook, WebhookError> {
        let verified = self.check(headers, query, body).map(|verified| verified.webhook);
        self.report(Mode::Enforce, verified.as_ref().map(drop).map_err(|reason| *reason));
        verified.map_err(|reason| self.error(reason))
    }

    /// Verifies as [`verify`](Self::verify), and claims a place in the replay store.
    ///
    /// # Errors
    /// As `verify`; and if it was here before, or the store can't say.
    pub async fn admit(
        &self,
        headers: &HeaderMap,
        query: Option<&str>,
        body: &Bytes,
    ) -> Result<Admission<R>, WebhookError> {
        let outcome = match self.check(headers, query, body) {
            Ok(Verified { webhook, ticket }) => match self.claim(ticket) {
                Some((claiming, ticket)) => self.admitted(claiming.await, ticket),
                None => Ok(self.hold(None)),
            }
            .map(|hold| Admission { webhook, hold }),
            Err(reason) => Err(reason),
        };
        self.report(Mode::Enforce, outcome.as_ref().map(drop).map_err(|reason| *reason));
        outcome.map_err(|reason| self.error(reason))
    }

    pub(super) fn check(
        &self,
        headers: &HeaderMap,
        query: Option<&str>,
        body: &Bytes,
    ) -> Result<Verified, WebhookReason> {
        let keys = self.keys.as_ref().ok_or(WebhookReason::NotConfigured)?;
        if body.len() > self.max_body {
            return Err(WebhookReason::Size);
        }
        if is_coded(headers) {
            return Err(WebhookReason::Coding);
        }
        let reading = self.scheme.read(headers, query)?;
        let by_previous = keys.matching(&reading, body)?;
        self.in_time(&reading)?;
        let key = |_: &Arc<R>| Ticket { key: reading.replay_key(self.scheme, body), holder: rand::random() };
        let ticket = self.replays.as_ref().map(key);
        let delivery = reading.delivery.map(Arc::from);
        let signed = match &reading.content {
            Content::Body | Content::Stamped { .. } => Signed::Body(body.clone()),
            Content::Identifiers { data_id, request_id, .. } => {
                Signed::Identifiers { data_id: Arc::from(&**data_id), request_id: request_id.map(Arc::from) }
            }
        };
        let sent_at = reading.time;
        let webhook = VerifiedWebhook { scheme: self.scheme, signed, sent_at, delivery, by_previous };
        Ok(Verified { webhook, ticket })
    }

    /// Asks the store, where there is one.
    pub(super) fn claim(&self, ticket: Option<Ticket>) -> Option<(R::Claiming, Ticket)> {
        let (store, ticket) = (self.replays.as_ref()?, ticket?);
        Some((store.claim(ticket, (self.window + SLACK).min(LEASE)), ticket))
    }

    /// What the store's answer means.
    pub(super) fn admitted(
        &self,
        answer: Result<Claim, ReplayFault>,
        ticket: Ticket,
    ) -> Result<Hold<R>, WebhookReason> {
        let reason = match answer {
            Ok(Claim::Fresh) => return Ok(self.hold(Some(ticket))),
            Ok(Claim::UnderWay) => return Err(WebhookReason::UnderWay),
            Ok(Claim::Settled) => return Err(WebhookReason::Replayed),
            Err(ReplayFault::Full) => WebhookReason::StoreFull,
            Err(ReplayFault::Unavailable) => WebhookReason::Store,
        };
        if !self.open {
            return Err(reason);
        }
        self.observer.decision(Decision { guard: GUARD, verdict: Verdict::Reported, reason: reason.code() });
        Ok(self.hold(None))
    }

    pub(super) fn hold(&self, ticket: Option<Ticket>) -> Hold<R> {
        let place = ticket.and_then(|ticket| Some((Arc::clone(self.replays.as_ref()?), ticket)));
        Hold { place, window: self.window + SLACK }
    }

    fn in_time(&self, reading: &Reading<'_>) -> Result<(), WebhookReason> {
        let Some(sent) = reading.time else { return Ok(()) };
        match self.clock.wall().duration_since(sent) {
            Ok(age) if age > self.tolerance => Err(WebhookReason::Stale),
            Err(ahead) if ahead.duration() > self.tolerance => Err(WebhookReason::Early),
            _ => Ok(()),
        }
    }
}

impl Keys {
    /// Whether it is the previous secret that matches. No branch depends on a byte of a signature.
    fn matching(&self, reading: &Reading<'_>, body: &[u8]) -> Result<bool, WebhookReason> {
        let matches = |key: &Key| {
            let tag = tag(key, &reading.content, body);
            let any = |found: Choice, sent: &Tag| found | tag.ct_eq(sent);
            bool::from(reading.tags.all().iter().fold(Choice::from(0), any))
        };
        if matches(&self.current) {
            return Ok(false);
        }
        if self.previous.as_ref().is_some_and(matches) { Ok(true) } else { Err(WebhookReason::Mismatch) }
    }
}

pub(super) fn tag(key: &Key, content: &Content<'_>, body: &[u8]) -> Tag {
    let mut mac = key.clone();
    content.feed(body, |piece| mac.update(piece));
    mac.finalize().into_bytes().into()
}

impl Reading<'_> {
    /// By the signed id where there is one: a sender that repeats a delivery gives it a new time. Else by all that is signed,
    /// and never by the signature, which is another one under another secret.
    fn replay_key(&self, scheme: Scheme, body: &[u8]) -> ReplayKey {
        ReplayKey::of(|take| {
            take(scheme.challenge().as_bytes());
            take(b"\0");
            match &self.content {
                Content::Stamped { id: Some(id), .. } => take(id.as_bytes()),
                content => content.feed(body, take),
            }
        })
    }
}
