//! Counters by status: a short list of statuses that only ever grows, and a count for each at the same index.

use std::sync::atomic::{AtomicU16, AtomicU64, Ordering};

use arrayvec::ArrayVec;

use super::{Budget, RESERVE};

/// The most statuses of one route that are told apart. Any more are counted by their class.
const STATUSES: usize = 24;

/// The statuses that a route has answered; the first is there from the beginning, so that its first increment is seen.
#[derive(Debug)]
pub(crate) struct Statuses([AtomicU16; STATUSES]);

/// How often each was answered.
#[derive(Debug, Default)]
#[repr(align(64))]
pub(crate) struct StatusCounts([AtomicU64; STATUSES]);

impl Statuses {
    /// With `status`, whose label set must have been taken from the budget.
    pub(crate) fn new(status: u16) -> Self {
        let statuses = Self(Default::default());
        statuses.0[0].store(status, Ordering::Relaxed);
        statuses
    }

    /// The index of `status`, which it gets if `budget` has room for it.
    pub(crate) fn index(&self, status: u16, budget: &Budget) -> Option<usize> {
        for (index, place) in self.0.iter().enumerate() {
            let mut here = place.load(Ordering::Relaxed);
            if here == FREE {
                if !budget.take(1, RESERVE) {
                    return None;
                }
                match place.compare_exchange(FREE, status, Ordering::Relaxed, Ordering::Relaxed) {
                    Ok(_) => return Some(index),
                    // Another thread was faster, perhaps with another status.
                    Err(other) => {
                        budget.give_back(1);
                        here = other;
                    }
                }
            }
            if here == status {
                return Some(index);
            }
        }
        None
    }

    /// Statuses and what `counts` says of their indices, sorted by status.
    pub(crate) fn sorted(&self, counts: impl Fn(usize) -> u64) -> ArrayVec<(u16, u64), STATUSES> {
        let known = self.0.iter().map(|place| place.load(Ordering::Relaxed)).take_while(|here| *here != FREE);
        let mut all: ArrayVec<_, STATUSES> =
            known.enumerate().map(|(index, status)| (status, counts(index))).collect();
        all.sort_unstable();
        all
    }
}

/// No status.
const FREE: u16 = 0;

impl StatusCounts {
    /// How often the status of this index was answered.
    pub(crate) fn get(&self, index: usize) -> u64 {
        self.0[index].load(Ordering::Relaxed)
    }

    /// Counts an answer with the status of this index.
    pub(crate) fn count(&self, index: usize) {
        self.0[index].fetch_add(1, Ordering::Relaxed);
    }
}

/// The index of a status's class: 0 for 1xx.
pub(crate) const fn class(status: u16) -> usize {
    // `http` allows 100 to 999.
    let class = (status / 100) as usize;
    if class == 0 { 0 } else { class - 1 }
}

/// The label of a class, which `status=~"5.."` matches.
pub(crate) const fn class_label(class: usize) -> &'static str {
    ["1xx", "2xx", "3xx", "4xx", "5xx", "6xx", "7xx", "8xx", "9xx"][class]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::names::HTTP_REQUESTS;

    #[test]
    fn a_status_has_one_index_whoever_asks_first() {
        let budget = Budget::new(&HTTP_REQUESTS, 100);
        let (statuses, counts) = (Statuses::new(500), StatusCounts::default());
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for status in (200..220).cycle().take(2_000) {
                        counts.count(statuses.index(status, &budget).unwrap());
                    }
                });
            }
        });
        let all = statuses.sorted(|index| counts.get(index));
        assert_eq!(all.len(), 21);
        assert!(all[..20].iter().all(|(_, count)| *count == 400));
        assert_eq!(all[20], (500, 0));
        assert!(budget.take(100 - RESERVE - 20, RESERVE), "exactly the new ones were taken");
        assert!(!budget.take(1, RESERVE));
        assert_eq!(statuses.index(404, &budget), None);
    }

    #[test]
    fn more_statuses_than_places_have_no_index_and_take_nothing() {
        let budget = Budget::new(&HTTP_REQUESTS, 1_000);
        let statuses = Statuses::new(500);
        let found = (200..300).filter(|status| statuses.index(*status, &budget).is_some()).count();
        assert_eq!(found, STATUSES - 1);
        let left = 1_000 - RESERVE - found;
        assert!(budget.has_room(left, RESERVE) && !budget.has_room(left + 1, RESERVE));
    }

    #[test]
    fn who_loses_a_race_gives_its_label_set_back() {
        let budget = Budget::new(&HTTP_REQUESTS, 1_000 + RESERVE);
        let barrier = std::sync::Barrier::new(4);
        let rounds: Vec<_> = (0..1_000).map(|_| Statuses::new(500)).collect();
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for statuses in &rounds {
                        barrier.wait();
                        // The last of the rounds may find the budget taken by those who are about to give back.
                        let _ = statuses.index(200, &budget);
                    }
                });
            }
        });
        let made: usize = rounds.iter().map(|statuses| statuses.sorted(|_| 0).len() - 1).sum();
        let left = 1_000 - made;
        assert!(budget.has_room(left, RESERVE) && !budget.has_room(left + 1, RESERVE));
    }

    #[test]
    fn every_status_has_a_class() {
        for status in 100..=999 {
            assert_eq!(&class_label(class(status))[..1], &status.to_string()[..1]);
        }
    }
}
