//! Counters that were found before: what is reported with every request is not looked up with every request.

use std::sync::OnceLock;

use campotech_core::Decision;

use crate::series::Counter;

/// The counters of decisions by the place of their labels in memory, and of admitted requests by tier. What finds no room here is
/// looked up as ever.
#[derive(Debug)]
pub(crate) struct Shortcuts {
    decisions: [OnceLock<(Decision, Counter)>; DECISIONS],
    admitted: [OnceLock<(Box<str>, Counter)>; TIERS],
}

/// A power of two, a few times as many as guards that decide on every request.
const DECISIONS: usize = 64;
const TIERS: usize = 4;

impl Shortcuts {
    pub(crate) fn new() -> Self {
        Self {
            decisions: [const { OnceLock::new() }; DECISIONS],
            admitted: [const { OnceLock::new() }; TIERS],
        }
    }

    #[inline]
    pub(crate) fn decision(&self, decision: &Decision) -> Option<&Counter> {
        let (known, counter) = self.decisions[place(decision)].get()?;
        is_same(known, decision).then_some(counter)
    }

    pub(crate) fn keep_decision(&self, decision: Decision, counter: &Counter) {
        let _ = self.decisions[place(&decision)].set((decision, counter.clone()));
    }

    #[inline]
    pub(crate) fn admitted(&self, tier: &str) -> Option<&Counter> {
        let mut known = self.admitted.iter().map_while(OnceLock::get);
        known.find_map(|(name, counter)| (**name == *tier).then_some(counter))
    }

    pub(crate) fn keep_admitted(&self, tier: &str, counter: &Counter) {
        // Two that come at once may take a place each: both count on the same.
        let free = self.admitted.iter().find(|place| place.get().is_none());
        let _ = free.map(|place| place.set((tier.into(), counter.clone())));
    }
}

/// Texts that live for ever: the same place and length is the same text.
fn is_same(one: &Decision, other: &Decision) -> bool {
    one.verdict == other.verdict
        && std::ptr::eq(one.guard, other.guard)
        && std::ptr::eq(one.reason, other.reason)
}

fn place(decision: &Decision) -> usize {
    let at = decision.guard.as_ptr().addr() ^ decision.reason.as_ptr().addr().rotate_left(2);
    (at ^ (at >> 6) ^ decision.verdict as usize) % DECISIONS
}

#[cfg(test)]
mod tests {
    use campotech_core::Mode;

    use super::*;

    #[test]
    fn a_shortcut_is_taken_for_the_very_same_labels_only() {
        let shortcuts = Shortcuts::new();
        let (one, other) = (Counter::default(), Counter::default());
        let allowed = Decision::allowed("payload");
        let refused = Decision::found("payload", Mode::Enforce, "size");
        shortcuts.keep_decision(allowed, &one);
        shortcuts.keep_decision(refused, &other);
        assert!(shortcuts.decision(&Decision::allowed("inspect")).is_none());
        for reason in ["size", "rate", "deadline"] {
            let found = shortcuts.decision(&Decision::found("payload", Mode::ReportOnly, reason));
            assert!(found.is_none(), "{reason}");
        }
        shortcuts.decision(&allowed).expect("kept").inc();
        assert_eq!((one.get(), other.get()), (1, 0));
    }

    #[test]
    fn tiers_beyond_the_room_are_left_to_the_look_up() {
        let shortcuts = Shortcuts::new();
        for tier in 0..TIERS + 3 {
            let counter = Counter::default();
            counter.inc_by(tier as u64);
            shortcuts.keep_admitted(&tier.to_string(), &counter);
        }
        let of = |tier: usize| shortcuts.admitted(&tier.to_string()).map(Counter::get);
        assert_eq!((of(TIERS - 1), of(TIERS)), (Some(TIERS as u64 - 1), None));
    }
}
