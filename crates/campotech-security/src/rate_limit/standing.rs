//! Where a key stands with its limiter.

use std::time::Duration;

/// What a limiter says about a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Standing {
    /// Whether the request passes.
    pub allowed: bool,
    /// How many more would pass now.
    pub remaining: u32,
    /// How long until more quota comes back; after a refusal, until a request passes again.
    pub wait: Duration,
}

/// What was asked for, and when it counts from where it passed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Taken {
    pub(super) standing: Standing,
    pub(super) at: u64,
}

/// What the store needs to know of an algorithm; `now` is in nanoseconds since some fixed start.
pub(super) trait Rule {
    type State: Default;

    /// What a request of this `cost` would find, without counting one.
    fn look(&self, state: &Self::State, now: u64, cost: u32) -> Standing;

    fn limit(&self) -> u32;

    /// Whether a key with this state may make way for another.
    fn may_forget(&self, standing: &Standing) -> bool {
        standing.allowed
    }
}

/// An algorithm whose limit can be one of several replicas' share, for the same states.
pub(super) trait SharedRule: Rule + Copy {
    /// Asks for a request of this `cost`, and counts it if it passes.
    fn take(&self, state: &mut Self::State, now: u64, cost: u32) -> Taken;

    /// Counts a request that somebody else admitted, so that it weighs on the share of one of so many `replicas`; says
    /// when it counts from.
    fn record(&self, state: &mut Self::State, now: u64, cost: u32, replicas: u32) -> u64;

    /// Takes back at `now` what was counted at `at`: what of it is over by now doesn't come back.
    fn give_back(&self, state: &mut Self::State, cost: u32, at: u64, now: u64, replicas: u32);

    /// The rule for one of so many `replicas`.
    fn share(&self, replicas: u32) -> Self;
}

/// What each of so many may admit: rounded up, so at least 1.
pub(super) const fn share_of(limit: u32, replicas: u32) -> u32 {
    if replicas <= 1 { limit } else { limit.div_ceil(replicas) }
}

impl Standing {
    /// A standing that is told from elsewhere.
    #[must_use]
    pub const fn new(allowed: bool, remaining: u32, wait: Duration) -> Self {
        Self { allowed, remaining, wait }
    }

    /// [`wait`](Self::wait) in whole seconds, rounded up and at least 1: never early, never 0.
    #[must_use]
    pub const fn wait_seconds(&self) -> u64 {
        seconds_up(self.wait)
    }
}

/// Whole seconds, rounded up and at least 1.
pub(crate) const fn seconds_up(time: Duration) -> u64 {
    let seconds = time.as_secs().saturating_add((time.subsec_nanos() > 0) as u64);
    if seconds == 0 { 1 } else { seconds }
}
