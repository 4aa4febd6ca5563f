//! A pool's state, and the handle of those who take connections from it.

use std::time::Duration;

use crate::series::{Counter, Histogram, WAIT_SECONDS};

/// What a pool holds at one time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PoolState {
    /// The most connections that it may hold.
    pub max_size: usize,
    /// Connections that it holds, lent out or not.
    pub size: usize,
    /// Connections of these that are idle.
    pub available: usize,
    /// Callers that wait for a connection.
    pub waiting: usize,
}

/// Tells what callers of one pool go through. Clones tell of the same pool.
#[derive(Debug, Clone)]
pub struct PoolMetrics {
    pub(super) acquired: Histogram,
    pub(super) timeouts: Counter,
}

impl PoolMetrics {
    pub(super) fn new() -> Self {
        Self { acquired: Histogram::new(&WAIT_SECONDS), timeouts: Counter::default() }
    }

    /// A caller got a connection after this time.
    pub fn acquired(&self, took: Duration) {
        self.acquired.observe_time(took);
    }

    /// A caller got none in time.
    pub fn timed_out(&self) {
        self.timeouts.inc();
    }
}
