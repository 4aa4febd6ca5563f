//! GCRA on keys of your own, without HTTP.

use std::fmt;
use std::hash::Hash;
use std::sync::Arc;
use std::time::Instant;

use campotech_core::{Clock, SystemClock};

use super::gcra::{Gcra, GcraState};
use super::quota::Quota;
use super::standing::Standing;
use super::store::{Planned, Store};
use super::tier::{MAX_KEYS, check_max_keys};
use super::time::nanos_since;
use crate::ConfigError;

/// Limits on keys of your own, such as messages to a number: the quota at once, then one every window / limit; clones share the counts.
///
/// # Defaults
/// At most 100 000 keys, as a [`Tier`](super::Tier) has them: a key at its limit is never evicted, and a new key that finds no
/// room is refused.
///
/// ```
/// use campotech_security::rate_limit::{KeyedLimiter, Quota};
///
/// let messages = KeyedLimiter::<String>::new(Quota::parse("3/1m")?)?;
/// let number = "+5491123456789".to_owned();
/// assert_eq!(messages.check(&number).remaining, 2);
/// assert!(messages.check_many(&number, 2).allowed);
/// assert_eq!(messages.check(&number).wait_seconds(), 20);
/// # Ok::<(), campotech_security::ConfigError>(())
/// ```
pub struct KeyedLimiter<K, C = SystemClock> {
    rule: Gcra,
    store: Arc<Store<K, GcraState>>,
    clock: C,
    start: Instant,
}

impl<K: Hash + Eq + Clone> KeyedLimiter<K> {
    /// Allows `quota` per key.
    ///
    /// # Errors
    /// [`ConfigError::QuotaRange`].
    pub fn new(quota: Quota) -> Result<Self, ConfigError> {
        let clock = SystemClock;
        Ok(Self { rule: Gcra::new(quota)?, store: Arc::new(Store::new(MAX_KEYS)), clock, start: clock.now() })
    }
}

impl<K: Hash + Eq + Clone, C: Clock> KeyedLimiter<K, C> {
    /// Keeps at most so many keys. Set it first: it starts anew.
    ///
    /// # Errors
    /// [`ConfigError::Range`] for none, or for more than a billion.
    pub fn with_max_keys(self, max_keys: usize) -> Result<Self, ConfigError> {
        check_max_keys(max_keys)?;
        Ok(Self { store: Arc::new(Store::new(max_keys)), ..self })
    }

    /// Tells the time by `clock`.
    #[must_use]
    pub fn with_clock<D: Clock>(self, clock: D) -> KeyedLimiter<K, D> {
        let start = clock.now();
        KeyedLimiter { rule: self.rule, store: self.store, clock, start }
    }

    /// Asks for one, and counts it if it passes.
    #[must_use = "nothing is refused otherwise"]
    pub fn check(&self, key: &K) -> Standing {
        self.check_many(key, 1)
    }

    /// As [`check`](Self::check), for what counts as much as `cost`: all of it passes or nothing.
    #[must_use = "nothing is refused otherwise"]
    pub fn check_many(&self, key: &K, cost: u32) -> Standing {
        let now = nanos_since(&self.clock, self.start);
        let taken = self.store.with(
            |_| self.rule,
            Planned::only(key),
            now,
            |rule, state| rule.take_many(state, now, cost),
        );
        taken.unwrap_or_else(|full| Standing { allowed: false, remaining: 0, wait: full.wait })
    }
}

// Not derived: that would ask for `K: Clone`.
impl<K, C: Clone> Clone for KeyedLimiter<K, C> {
    fn clone(&self) -> Self {
        Self { rule: self.rule, store: Arc::clone(&self.store), clock: self.clock.clone(), start: self.start }
    }
}

// Without the keys, which may be personal.
impl<K, C> fmt::Debug for KeyedLimiter<K, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyedLimiter").field("rule", &self.rule).finish_non_exhaustive()
    }
}
