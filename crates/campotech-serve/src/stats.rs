//! What the accept loop counts.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Counters of a server, readable at any time; clones read the same counters.
#[derive(Debug, Clone, Default)]
pub struct ServeStats(Arc<Counters>);

#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) accepted: AtomicU64,
    pub(crate) refused: AtomicU64,
    pub(crate) active: AtomicU64,
    pub(crate) requests: AtomicU64,
    pub(crate) accept_errors: AtomicU64,
    pub(crate) timed_out: [AtomicU64; 4],
    pub(crate) panicked: AtomicU64,
    pub(crate) aborted: AtomicU64,
}

/// Why the server closed a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TimedOut {
    Silent,
    Head,
    Idle,
    WriteStall,
}

/// The counters at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct ServeSnapshot {
    /// Connections accepted and served.
    pub accepted: u64,
    /// Connections accepted and closed at once, because the server was full.
    pub refused: u64,
    /// Connections open now, upgraded ones included.
    pub active: u64,
    /// Requests whose head reached the service.
    pub requests: u64,
    /// Times that `accept` failed.
    pub accept_errors: u64,
    /// Connections closed because they never sent a byte.
    pub timed_out_silent: u64,
    /// Connections closed in the middle of a preface or a head.
    pub timed_out_head: u64,
    /// Connections closed because no further request came.
    pub timed_out_idle: u64,
    /// Connections closed because the client did not read its answer.
    pub timed_out_write_stall: u64,
    /// Requests whose service panicked.
    pub panicked: u64,
    /// Connections cut at the end of a drain.
    pub aborted: u64,
}

impl ServeStats {
    /// The counters now.
    #[must_use]
    pub fn snapshot(&self) -> ServeSnapshot {
        let c = &*self.0;
        let timed_out = |reason: TimedOut| c.timed_out[reason as usize].load(Relaxed);
        ServeSnapshot {
            accepted: c.accepted.load(Relaxed),
            refused: c.refused.load(Relaxed),
            active: c.active.load(Relaxed),
            requests: c.requests.load(Relaxed),
            accept_errors: c.accept_errors.load(Relaxed),
            timed_out_silent: timed_out(TimedOut::Silent),
            timed_out_head: timed_out(TimedOut::Head),
            timed_out_idle: timed_out(TimedOut::Idle),
            timed_out_write_stall: timed_out(TimedOut::WriteStall),
            panicked: c.panicked.load(Relaxed),
            aborted: c.aborted.load(Relaxed),
        }
    }

    pub(crate) fn counters(&self) -> &Counters {
        &self.0
    }
}

impl Counters {
    pub(crate) fn time_out(&self, reason: TimedOut) {
        self.timed_out[reason as usize].fetch_add(1, Relaxed);
    }
}
