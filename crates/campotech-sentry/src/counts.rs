//! What became of everything that was to be sent.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Running totals; clones count together, and reading them is cheap.
///
/// Every error event ends in exactly one of [`queued`](Self::queued), [`limited`](Self::limited),
/// [`filtered`](Self::filtered), or is [`dropped`](Self::dropped) before the queue.
#[derive(Debug, Clone, Default)]
pub struct SentryCounts(Arc<Totals>);

#[derive(Debug, Default)]
struct Totals {
    queued: AtomicU64,
    limited: AtomicU64,
    filtered: AtomicU64,
    dropped: AtomicU64,
}

impl SentryCounts {
    /// Error events that were handed to the queue.
    #[must_use]
    pub fn queued(&self) -> u64 {
        self.0.queued.load(Ordering::Relaxed)
    }

    /// Error events that the storm limit left out.
    #[must_use]
    pub fn limited(&self) -> u64 {
        self.0.limited.load(Ordering::Relaxed)
    }

    /// Error events that were expected, not the first of their request, or left out by the sample rate.
    #[must_use]
    pub fn filtered(&self) -> u64 {
        self.0.filtered.load(Ordering::Relaxed)
    }

    /// Items of any kind that were lost: no room in the queue, nothing that could be scrubbed, or not taken by the
    /// receiver. The last ones were counted as queued before.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.0.dropped.load(Ordering::Relaxed)
    }

    pub(crate) fn add_queued(&self, events: u64) {
        self.0.queued.fetch_add(events, Ordering::Relaxed);
    }

    pub(crate) fn add_limited(&self) {
        self.0.limited.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn add_filtered(&self) {
        self.0.filtered.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn add_dropped(&self, items: u64) {
        self.0.dropped.fetch_add(items, Ordering::Relaxed);
    }
}
