//! A quota, how it is kept, and the routes it is for.

use std::time::Duration;

use campotech_core::{ClientNetwork, Mode};
use http::HeaderValue;

use super::gcra::Gcra;
use super::header;
use super::quota::Quota;
use super::sliding_log::SlidingLog;
use super::standing::{SharedRule, Standing};
use super::store::{Full, Store};
use crate::ConfigError;
use crate::path_pattern::PathPattern;

/// How a quota is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Algorithm {
    /// Exactly the limit in any window.
    SlidingLog,
    /// The limit at once, then one every window / limit: at most twice the limit in any window.
    Gcra,
}

/// A quota, how it is kept, and the routes it is for; a tier without routes is the default.
///
/// # Defaults
/// No routes, enforced, at most 100 000 keys.
#[derive(Debug, Clone)]
pub struct Tier {
    name: String,
    quota: Quota,
    algorithm: Algorithm,
    routes: Vec<String>,
    mode: Mode,
    max_keys: usize,
}

/// A tier that was checked, with its keys.
#[derive(Debug)]
pub(super) struct ReadyTier {
    pub(super) name: String,
    pub(super) policy: HeaderValue,
    pub(super) mode: Mode,
    pub(super) patterns: Vec<PathPattern>,
    pub(super) quota: Quota,
    pub(super) algorithm: Algorithm,
    limiter: Limiter,
}

#[derive(Debug)]
enum Limiter {
    Exact(Store<ClientNetwork, SlidingLog>),
    Gcra(Store<ClientNetwork, Gcra>),
}

pub(super) const MAX_KEYS: usize = 100_000;
const HIGHEST_MAX_KEYS: usize = 1_000_000_000;
const LONGEST_NAME: usize = 32;
/// The longest that the store's decision takes to arrive.
const LATE_NANOS: u64 = 1_000_000_000;

impl Tier {
    /// A tier with a name for headers and metrics: 1 to 32 of `a-z 0-9 _ -`.
    #[must_use]
    pub fn new(name: impl Into<String>, quota: Quota, algorithm: Algorithm) -> Self {
        Self {
            name: name.into(),
            quota,
            algorithm,
            routes: Vec::new(),
            mode: Mode::Enforce,
            max_keys: MAX_KEYS,
        }
    }

    /// `auth`: exactly `limit` in any `window`.
    #[must_use]
    pub fn auth(limit: u32, window: Duration) -> Self {
        Self::new("auth", Quota::unchecked(limit, window), Algorithm::SlidingLog)
    }

    /// `standard`: `limit` at once, then one every `window / limit`.
    #[must_use]
    pub fn standard(limit: u32, window: Duration) -> Self {
        Self::new("standard", Quota::unchecked(limit, window), Algorithm::Gcra)
    }

    /// `webhook`: `limit` at once, then one every `window / limit`.
    #[must_use]
    pub fn webhook(limit: u32, window: Duration) -> Self {
        Self::new("webhook", Quota::unchecked(limit, window), Algorithm::Gcra)
    }

    /// Adds routes as patterns of whole path segments: `*` is any one segment, and at the end any rest, also none.
    ///
    /// Patterns meet the decoded path, without regard to a trailing slash, empty segments or dots.
    #[must_use]
    pub fn routes<P: Into<String>>(mut self, patterns: impl IntoIterator<Item = P>) -> Self {
        self.routes.extend(patterns.into_iter().map(Into::into));
        self
    }

    /// Refuses nobody: what it would have refused is reported, and clients see no headers of it.
    #[must_use]
    pub const fn shadow(mut self) -> Self {
        self.mode = Mode::ReportOnly;
        self
    }

    /// Keeps at most so many keys: 32 to 48 bytes each, and for an exact tier 8 for each request of its window.
    #[must_use]
    pub const fn max_keys(mut self, max_keys: usize) -> Self {
        self.max_keys = max_keys;
        self
    }

    /// The name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The quota.
    #[must_use]
    pub const fn quota(&self) -> Quota {
        self.quota
    }

    /// How it is kept.
    #[must_use]
    pub const fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    pub(super) fn ready(self) -> Result<ReadyTier, ConfigError> {
        let fine = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'_' | b'-');
        if !(1..=LONGEST_NAME).contains(&self.name.len()) || !self.name.bytes().all(fine) {
            return Err(ConfigError::TierName(self.name));
        }
        check_max_keys(self.max_keys)?;
        let limiter = match self.algorithm {
            Algorithm::SlidingLog => Limiter::Exact(Store::new(SlidingLog::new(self.quota)?, self.max_keys)),
            Algorithm::Gcra => Limiter::Gcra(Store::new(Gcra::new(self.quota)?, self.max_keys)),
        };
        let patterns = self.routes.iter().map(|route| PathPattern::parse(route)).collect::<Result<_, _>>()?;
        Ok(ReadyTier {
            policy: header::policy(&self.name, self.quota),
            name: self.name,
            mode: self.mode,
            patterns,
            quota: self.quota,
            algorithm: self.algorithm,
            limiter,
        })
    }
}

impl ReadyTier {
    /// Asks for one request of `client`, of the share of one of so many `replicas`. A client that there is no room to
    /// count is refused.
    pub(super) fn take(&self, client: ClientNetwork, now: u64, replicas: u32) -> Standing {
        match &self.limiter {
            Limiter::Exact(store) => take(store, client, now, replicas),
            Limiter::Gcra(store) => take(store, client, now, replicas),
        }
    }

    /// What a request of `client` would find.
    pub(super) fn look(&self, client: ClientNetwork, now: u64, replicas: u32) -> Standing {
        match &self.limiter {
            Limiter::Exact(store) => look(store, client, now, replicas),
            Limiter::Gcra(store) => look(store, client, now, replicas),
        }
    }

    /// Counts a request of `client` that the shared store admitted here.
    ///
    /// Gives back the refusal where an exact quota was used up by this replica alone: the store knows nothing of what was
    /// decided here while it was silent.
    pub(super) fn record(&self, client: ClientNetwork, now: u64, replicas: u32) -> Option<Standing> {
        match &self.limiter {
            Limiter::Exact(store) => {
                // What was counted here was counted there a little earlier.
                let then = now.saturating_add(LATE_NANOS);
                let own = store.peek(&client, now, |rule, state| rule.look(state, then));
                if let Ok(Some(own)) = own
                    && !own.allowed
                {
                    return Some(own);
                }
                record(store, client, now, replicas);
            }
            Limiter::Gcra(store) => record(store, client, now, replicas),
        }
        None
    }
}

type Clients<R> = Store<ClientNetwork, R>;

fn take<R: SharedRule>(clients: &Clients<R>, client: ClientNetwork, now: u64, replicas: u32) -> Standing {
    let share = clients.rule().share(replicas);
    clients.with_rule(&share, &client, now, |rule, state| rule.take(state, now)).unwrap_or_else(no_room)
}

fn look<R: SharedRule>(clients: &Clients<R>, client: ClientNetwork, now: u64, replicas: u32) -> Standing {
    let share = clients.rule().share(replicas);
    let fresh = Standing { allowed: true, remaining: share.limit(), wait: Duration::ZERO };
    clients
        .peek_rule(&share, &client, now, |rule, state| rule.look(state, now))
        .map_or_else(no_room, |standing| standing.unwrap_or(fresh))
}

fn record<R: SharedRule>(clients: &Clients<R>, client: ClientNetwork, now: u64, replicas: u32) {
    // Without room for the client its share starts anew, should this tier come to decide.
    let _ = clients.with(&client, now, |rule, state| rule.record(state, now, replicas));
}

const fn no_room(full: Full) -> Standing {
    Standing { allowed: false, remaining: 0, wait: full.wait }
}

pub(super) const fn check_max_keys(max_keys: usize) -> Result<(), ConfigError> {
    match max_keys {
        1..=HIGHEST_MAX_KEYS => Ok(()),
        _ => Err(ConfigError::Range("the number of keys", "1 to 1000000000")),
    }
}
