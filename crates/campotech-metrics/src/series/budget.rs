//! The most label sets that a family may have.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::Counter;
use crate::names::Desc;

/// Label sets that only overflow series may take, so that there is always room for them.
pub(crate) const RESERVE: usize = 16;

/// How many label sets a family has, may have, and how many samples were folded for it.
#[derive(Debug)]
pub(crate) struct Budget {
    desc: &'static Desc,
    limit: usize,
    used: AtomicUsize,
    folded: Counter,
}

impl Budget {
    pub(crate) fn new(desc: &'static Desc, limit: usize) -> Self {
        Self { desc, limit, used: AtomicUsize::new(0), folded: Counter::default() }
    }

    /// Takes room for `n` label sets, leaving `reserve` free; false where there is none.
    pub(crate) fn take(&self, n: usize, reserve: usize) -> bool {
        let most = self.limit.saturating_sub(reserve);
        self.used
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |used| (used + n <= most).then_some(used + n))
            .is_ok()
    }

    pub(crate) fn give_back(&self, n: usize) {
        self.used.fetch_sub(n, Ordering::Relaxed);
    }

    /// Whether there is room for `n` more beside the reserve.
    pub(crate) fn has_room(&self, n: usize, reserve: usize) -> bool {
        self.used.load(Ordering::Relaxed) + n <= self.limit.saturating_sub(reserve)
    }

    /// Counts a sample that went to an overflow series.
    pub(crate) fn fold(&self) {
        self.folded.inc();
    }

    pub(crate) fn family(&self) -> &'static str {
        self.desc.name
    }

    pub(crate) fn folded(&self) -> u64 {
        self.folded.get()
    }
}
