//! What became of everything that was to be sent.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use sentry::Envelope;
use sentry::protocol::EnvelopeItem;

/// Running totals; clones count together, and reading them is cheap.
///
/// While the guard lives, every error event that no processor of the caller's own takes out ends in exactly one of
/// [`sent`](Self::sent), [`limited`](Self::limited), [`filtered`](Self::filtered), [`dropped`](Self::dropped) and
/// [`refused`](Self::refused); until then it waits in the queue or is on its way. Items of other kinds are counted where
/// they are lost, in [`others_lost`](Self::others_lost).
#[derive(Debug, Clone, Default)]
pub struct SentryCounts(Arc<Totals>);

#[derive(Debug, Default)]
struct Totals {
    sent: AtomicU64,
    limited: AtomicU64,
    filtered: AtomicU64,
    dropped: AtomicU64,
    refused: AtomicU64,
    others_lost: AtomicU64,
}

/// The items of an envelope.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Items {
    events: u64,
    others: u64,
}

impl SentryCounts {
    /// Error events that the receiver has taken, or that were handed to a transport of the caller's own.
    #[must_use]
    pub fn sent(&self) -> u64 {
        self.0.sent.load(Ordering::Relaxed)
    }

    /// Error events that the storm limit left out.
    #[must_use]
    pub fn limited(&self) -> u64 {
        self.0.limited.load(Ordering::Relaxed)
    }

    /// Error events that were expected, not the first while their request went on, or left out by the sample rate.
    #[must_use]
    pub fn filtered(&self) -> u64 {
        self.0.filtered.load(Ordering::Relaxed)
    }

    /// Error events that were lost here: no room in the queue, no time left for them at the end, or nothing that could be
    /// scrubbed.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.0.dropped.load(Ordering::Relaxed)
    }

    /// Error events that are not known to have arrived: the receiver was away, or did not take them.
    #[must_use]
    pub fn refused(&self) -> u64 {
        self.0.refused.load(Ordering::Relaxed)
    }

    /// Transactions, sessions, attachments and items of other kinds that were lost, here or on their way.
    #[must_use]
    pub fn others_lost(&self) -> u64 {
        self.0.others_lost.load(Ordering::Relaxed)
    }

    pub(crate) fn add_limited(&self) {
        self.0.limited.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn add_filtered(&self) {
        self.0.filtered.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn add_sent(&self, items: Items) {
        self.0.sent.fetch_add(items.events, Ordering::Relaxed);
    }

    pub(crate) fn add_dropped(&self, items: Items) {
        self.0.dropped.fetch_add(items.events, Ordering::Relaxed);
        self.0.others_lost.fetch_add(items.others, Ordering::Relaxed);
    }

    pub(crate) fn add_refused(&self, items: Items) {
        self.0.refused.fetch_add(items.events, Ordering::Relaxed);
        self.0.others_lost.fetch_add(items.others, Ordering::Relaxed);
    }
}

impl Items {
    /// An envelope of bytes that nobody has read counts as one item of another kind; counts of losses don't count.
    pub(crate) fn of(envelope: &Envelope) -> Self {
        let mut found = Self::default();
        let mut empty = true;
        for item in envelope.items() {
            empty = false;
            match item {
                EnvelopeItem::Event(_) => found.events += 1,
                EnvelopeItem::ClientReport(_) => {}
                _ => found.others += 1,
            }
        }
        if empty { Self { events: 0, others: 1 } } else { found }
    }

    pub(crate) const fn without(self, left: Self) -> Self {
        Self {
            events: self.events.saturating_sub(left.events),
            others: self.others.saturating_sub(left.others),
        }
    }
}
