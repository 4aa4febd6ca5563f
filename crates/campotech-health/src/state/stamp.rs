//! Generation, phase and stall of what is published, in one word: what the shortest answers need, without a look at the rest.

use std::sync::atomic::{AtomicU64, Ordering};

use super::phase::Phase;

const STALLED: u64 = 1 << 7;
const GENERATION: u32 = 8;

/// Written after what it is about is published.
#[derive(Debug)]
pub(super) struct Stamp(AtomicU64);

impl Stamp {
    pub(super) const fn new(generation: u64, phase: Phase, stalled: bool) -> Self {
        Self(AtomicU64::new(word(generation, phase, stalled)))
    }

    pub(super) fn set(&self, generation: u64, phase: Phase, stalled: bool) {
        self.0.store(word(generation, phase, stalled), Ordering::Release);
    }

    pub(super) fn generation(&self) -> u64 {
        self.0.load(Ordering::Acquire) >> GENERATION
    }

    pub(super) fn phase(&self) -> (Phase, bool) {
        let word = self.0.load(Ordering::Acquire);
        let index = (word & (STALLED - 1)) as usize;
        // Only phases are stored.
        (Phase::ALL.get(index).copied().unwrap_or(Phase::Stopped), word & STALLED != 0)
    }
}

const fn word(generation: u64, phase: Phase, stalled: bool) -> u64 {
    generation << GENERATION | if stalled { STALLED } else { 0 } | phase as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_stored_comes_back() {
        let stamp = Stamp::new(0, Phase::Starting, false);
        for (index, phase) in Phase::ALL.into_iter().enumerate() {
            assert_eq!(phase as usize, index, "the order is that of the enum");
            for (generation, stalled) in [(0, true), (1, false), (u64::MAX >> GENERATION, true)] {
                stamp.set(generation, phase, stalled);
                assert_eq!((stamp.generation(), stamp.phase()), (generation, (phase, stalled)));
            }
        }
    }
}
