//! Failures per key, such as wrong passwords per account.

use std::fmt;
use std::hash::Hash;
use std::sync::Arc;
use std::time::{Duration, Instant};

use campotech_core::{Clock, Problem, SystemClock, kinds};
use http::HeaderValue;
use http::header::RETRY_AFTER;
use serde_json::json;

use super::quota::Quota;
use super::sliding_log::{SlidingLog, SlidingLogState};
use super::standing::{Standing, seconds_up};
use super::store::{Full, Planned, Store};
use super::tier::check_max_keys;
use super::time::nanos_since;
use crate::ConfigError;

/// Counts failures on keys of your own, exactly; clones share the counts.
///
/// Two ways to use it. [`attempt`](Self::attempt) takes its place before the outcome is known, so never more than the
/// quota fail in any window, however many try at once. [`check`](Self::check) with
/// [`record_failure`](Self::record_failure) afterwards lets by as many more as are under way at the same time.
///
/// Don't use secrets as keys: hash them, with a key of this process.
///
/// # Defaults
/// At most 100 000 keys; a key at its limit is never evicted, and a new key that finds no room is refused.
///
/// ```
/// use campotech_security::rate_limit::{FailureLimiter, Quota};
///
/// let wrong_passwords = FailureLimiter::<String>::new(Quota::parse("10/15m")?)?;
/// let account = "ana@example.com".to_owned();
/// match wrong_passwords.attempt(&account) {
///     Ok(attempt) => attempt.succeeded(), // or drop it: a failure
///     Err(limited) => assert!(limited.retry_after_seconds() > 0),
/// }
/// # Ok::<(), campotech_security::ConfigError>(())
/// ```
#[derive(Debug)]
pub struct FailureLimiter<K, C = SystemClock> {
    log: SlidingLog,
    store: Arc<Store<K, SlidingLogState>>,
    clock: C,
    start: Instant,
}

/// A try that counts as a failure until it [succeeded](Self::succeeded), also when it is dropped half-way.
#[must_use = "dropped at once, it is a failure"]
pub struct Attempt<K: Hash + Eq + Clone, C: Clock = SystemClock> {
    limiter: FailureLimiter<K, C>,
    key: K,
    at: u64,
}

/// The key has no failures left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too many failures")]
#[non_exhaustive]
pub struct Limited {
    /// How long until a try is allowed again.
    pub retry_after: Duration,
}

impl<K: Hash + Eq + Clone> FailureLimiter<K> {
    /// Allows `quota` of failures per key.
    ///
    /// # Errors
    /// A quota of nothing, of a window that is not in whole seconds, or of more than 10000.
    pub fn new(quota: Quota) -> Result<Self, ConfigError> {
        let store = Arc::new(Store::new(super::tier::MAX_KEYS));
        Ok(Self { log: SlidingLog::new(quota)?, store, clock: SystemClock, start: SystemClock.now() })
    }
}

impl<K: Hash + Eq + Clone, C: Clock> FailureLimiter<K, C> {
    /// Keeps at most so many keys. Set it first: it starts anew.
    ///
    /// # Errors
    /// [`ConfigError::Range`] for none, or for more than a billion.
    pub fn with_max_keys(self, max_keys: usize) -> Result<Self, ConfigError> {
        check_max_keys(max_keys)?;
        let store = Arc::new(Store::new(max_keys));
        Ok(Self { store, ..self })
    }

    /// Tells the time by `clock`.
    #[must_use]
    pub fn with_clock<D: Clock>(self, clock: D) -> FailureLimiter<K, D> {
        let start = clock.now();
        FailureLimiter { log: self.log, store: self.store, clock, start }
    }

    /// Whether `key` may try.
    ///
    /// # Errors
    /// [`Limited`] where its quota of failures is used up.
    pub fn check(&self, key: &K) -> Result<(), Limited> {
        let now = self.now();
        match self.store.peek(|_| self.log, Planned::only(key), now, |log, state| log.look(state, now))? {
            Some(Standing { allowed: false, wait, .. }) => Err(Limited { retry_after: wait }),
            _ => Ok(()),
        }
    }

    /// Counts a failure of `key`.
    pub fn record_failure(&self, key: &K) {
        let now = self.now();
        // Without room for the key there is nobody to forgive: `check` refuses it as long as that lasts.
        let _ = self.store.with(|_| self.log, Planned::only(key), now, |log, state| log.record(state, now));
    }

    /// Takes the place of a failure, given back when the attempt [succeeded](Attempt::succeeded).
    ///
    /// # Errors
    /// [`Limited`] where the key's quota is used up, by failures and by attempts that are under way.
    pub fn attempt(&self, key: &K) -> Result<Attempt<K, C>, Limited> {
        let now = self.now();
        let (standing, at) = self.store.with(
            |_| self.log,
            Planned::only(key),
            now,
            |log, state| {
                let standing = log.take(state, now);
                (standing, SlidingLog::last(state).unwrap_or(now))
            },
        )?;
        if standing.allowed {
            Ok(Attempt { limiter: self.clone(), key: key.clone(), at })
        } else {
            Err(Limited { retry_after: standing.wait })
        }
    }

    fn now(&self) -> u64 {
        nanos_since(&self.clock, self.start)
    }
}

// Not derived: that would ask for `K: Clone`.
impl<K, C: Clone> Clone for FailureLimiter<K, C> {
    fn clone(&self) -> Self {
        Self { log: self.log, store: Arc::clone(&self.store), clock: self.clock.clone(), start: self.start }
    }
}

impl<K: Hash + Eq + Clone, C: Clock> Attempt<K, C> {
    /// It was no failure: its place is free again.
    pub fn succeeded(self) {
        let FailureLimiter { log, store, .. } = &self.limiter;
        let now = self.limiter.now();
        let _ = store.peek(
            |_| *log,
            Planned::only(&self.key),
            now,
            |_, state| SlidingLog::retract(state, self.at),
        );
    }
}

// Without the key, which may be personal.
impl<K: Hash + Eq + Clone, C: Clock> fmt::Debug for Attempt<K, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Attempt").finish_non_exhaustive()
    }
}

impl Limited {
    /// [`retry_after`](Self::retry_after) in whole seconds, rounded up and at least 1.
    #[must_use]
    pub const fn retry_after_seconds(&self) -> u64 {
        seconds_up(self.retry_after)
    }

    /// The 429 with `Retry-After`; `policy` is named in `violated-policies`.
    #[must_use]
    pub fn problem(&self, policy: &'static str) -> Problem {
        Problem::new(&kinds::QUOTA_EXCEEDED)
            .with_member("violated-policies", json!([policy]))
            .with_header(RETRY_AFTER, HeaderValue::from(self.retry_after_seconds()))
    }
}

impl From<Full> for Limited {
    fn from(full: Full) -> Self {
        Self { retry_after: full.wait }
    }
}
