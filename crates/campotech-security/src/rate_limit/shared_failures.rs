//! Failures per key that several replicas count together.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use campotech_core::{Clock, Observer, Problem, SystemClock};

use super::claim::{Claim, Claims};
use super::decide::Begun;
use super::key::KeyValue;
use super::layer::RateLimitLayer;
use super::refusal::Refusal;
use super::shared::SharedLimits;
use super::tier::{Algorithm, Ask, ReadyTier, Tier};
use crate::ConfigError;

/// Counts failures on keys of your own, as [`FailureLimiter`](super::FailureLimiter) does, and asks the store that other replicas
/// ask; clones share the counts.
///
/// An [attempt](Self::attempt) takes its place before the outcome is known, so never more than the quota fail in any window, at
/// however many replicas they are tried at once. Without an answer from the store the tier's [`Outage`](super::Outage) decides;
/// the store is told of it when it is back, except for what it was being asked when it fell silent.
///
/// The store sees a digest of the key. Of what can be guessed, such as an address, that hides nothing from whoever reads the store:
/// [`KeyValue::digest`] takes the digest of a keyed hash. The tier wants a name of its own among all that ask the same store.
///
/// # Defaults
/// The machine's clock, no observer, failures of this process alone.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use campotech_security::rate_limit::{Algorithm, KeyValue, Quota, SharedFailureLimiter, Tier};
///
/// let tier = Tier::new("account", Quota::parse("2/15m")?, Algorithm::SlidingLog);
/// let wrong_passwords = SharedFailureLimiter::new(tier)?;
/// let account = KeyValue::of("ana@example.com");
/// wrong_passwords.attempt(account).await?.succeeded();
/// drop(wrong_passwords.attempt(account).await?); // a failure
/// drop(wrong_passwords.attempt(account).await?);
/// let refused = wrong_passwords.attempt(account).await.unwrap_err();
/// assert!(refused.retry_after() > std::time::Duration::from_secs(890));
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct SharedFailureLimiter<C = SystemClock> {
    layer: Arc<RateLimitLayer<C>>,
    tier: Arc<ReadyTier>,
}

/// A try that counts as a failure until it [succeeded](Self::succeeded), also when it is dropped half-way.
#[must_use = "dropped at once, it is a failure"]
pub struct SharedAttempt<C: Clock = SystemClock> {
    layer: Arc<RateLimitLayer<C>>,
    claims: Claims,
}

/// The key has no failures left, or nobody knows.
#[derive(Debug, thiserror::Error)]
#[error("no attempt is admitted")]
pub struct AttemptRefused(Box<Refusal>);

impl SharedFailureLimiter {
    /// Allows as many failures as `tier` says, by its name, algorithm, number of keys, bans and [`Outage`](super::Outage); in the
    /// shadow it admits everybody and reports. What else a tier has is about requests and does nothing here.
    ///
    /// # Errors
    /// Those of [`RateLimitLayer::new`]; [`ConfigError::Range`] where the tier counts requests under way or takes leases, which
    /// nobody can take back.
    pub fn new(tier: Tier) -> Result<Self, ConfigError> {
        let tier = Arc::new(ReadyTier::new(tier)?);
        if tier.algorithm == Algorithm::InFlight || tier.lease.is_some() || tier.also.is_some() {
            return Err(ConfigError::Range(
                "the tier of failures",
                "exact or smooth, alone, without a lease",
            ));
        }
        Ok(Self { layer: Arc::new(RateLimitLayer::new([])?), tier })
    }
}

impl<C: Clock> SharedFailureLimiter<C> {
    /// Tells the time by `clock`. Set it first: clones of before have another time.
    #[must_use]
    pub fn with_clock<D: Clock>(self, clock: D) -> SharedFailureLimiter<D> {
        self.with(|layer| layer.with_clock(clock))
    }

    /// Reports every decision to `observer`, under the tier's name.
    #[must_use]
    pub fn with_observer(self, observer: Arc<dyn Observer>) -> Self {
        self.with(|layer| layer.with_observer(observer))
    }

    /// Lets a store decide that other replicas ask too.
    ///
    /// # Panics
    /// Attempts then need a tokio runtime with time enabled.
    #[must_use]
    pub fn with_shared(self, shared: SharedLimits) -> Self {
        self.with(|layer| layer.with_shared(shared))
    }

    /// Takes the place of a failure, given back when the attempt [succeeded](SharedAttempt::succeeded).
    ///
    /// Dropped before it is ready, it may have counted a failure.
    ///
    /// # Errors
    /// [`AttemptRefused`] where the key's quota is used up, by failures and by attempts that are under way, and where the tier
    /// admits nobody while the store is away; one that was refused since the store fell silent may have been counted there.
    pub async fn attempt(&self, key: KeyValue) -> Result<SharedAttempt<C>, AttemptRefused> {
        let layer = Arc::clone(&self.layer);
        let mut claims = Claims::new(Claim::new(Arc::clone(&self.tier), Ask { key, plan: 0, cost: 1 }));
        let decided = match layer.begin(&mut claims) {
            Begun::Decided(decided) => decided,
            Begun::Asked(asked) => {
                let told = asked.await;
                layer.end(&mut claims, told.as_ref())
            }
        };
        match decided {
            Ok(()) => Ok(SharedAttempt { layer, claims }),
            Err(refusal) => Err(AttemptRefused(Box::new(refusal))),
        }
    }

    /// The same tier, asked by another layer.
    fn with<D>(self, change: impl FnOnce(RateLimitLayer<C>) -> RateLimitLayer<D>) -> SharedFailureLimiter<D> {
        SharedFailureLimiter { layer: Arc::new(change(Arc::unwrap_or_clone(self.layer))), tier: self.tier }
    }
}

// Not derived: that would ask for `C: Clone`.
impl<C> Clone for SharedFailureLimiter<C> {
    fn clone(&self) -> Self {
        Self { layer: Arc::clone(&self.layer), tier: Arc::clone(&self.tier) }
    }
}

impl<C: Clock> SharedAttempt<C> {
    /// It was no failure: its place is free again, here at once, in the store as soon as it hears of it. Where the store
    /// doesn't, the failure stays until its window is over.
    pub fn succeeded(mut self) {
        self.claims.give_back(self.layer.now(), self.layer.shared.as_ref());
    }
}

// Without the key, which may be personal.
impl<C: Clock> fmt::Debug for SharedAttempt<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedAttempt").finish_non_exhaustive()
    }
}

impl AttemptRefused {
    /// How long until an attempt is admitted again, as far as anybody knows; at least a second.
    #[must_use]
    pub fn retry_after(&self) -> Duration {
        self.0.wait().max(Duration::from_secs(1))
    }

    /// The 429 with the tier's name in `violated-policies`, or the 503 where the store is away; both with `Retry-After`.
    #[must_use]
    pub fn problem(&self) -> Problem {
        self.0.problem(None)
    }
}
