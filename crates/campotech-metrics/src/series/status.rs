//! Counters by status, found by walking a short list that only ever grows: no lock, no allocation.

use std::sync::OnceLock;

use super::{Budget, Counter, RESERVE};

/// The counters of one route; the first is there from the beginning, so that its first increment is seen.
#[derive(Debug)]
pub(crate) struct StatusCounters(Cell);

#[derive(Debug)]
struct Cell {
    status: u16,
    count: Counter,
    next: OnceLock<Box<Cell>>,
}

impl Cell {
    fn new(status: u16) -> Self {
        Self { status, count: Counter::default(), next: OnceLock::new() }
    }
}

impl StatusCounters {
    /// Counters with `status` at 0; its label set must have been taken from the budget.
    pub(crate) fn new(status: u16) -> Self {
        Self(Cell::new(status))
    }

    /// The counter of `status`, made if `budget` has room for it.
    pub(crate) fn get(&self, status: u16, budget: &Budget) -> Option<&Counter> {
        let mut cell = &self.0;
        while cell.status != status {
            cell = match cell.next.get() {
                Some(next) => next,
                None => {
                    if !budget.take(1, RESERVE) {
                        return None;
                    }
                    let mut made = false;
                    let next = cell.next.get_or_init(|| {
                        made = true;
                        Box::new(Cell::new(status))
                    });
                    // Another thread appended first, perhaps another status: give back and look on.
                    if !made {
                        budget.give_back(1);
                    }
                    next
                }
            };
        }
        Some(&cell.count)
    }

    /// Statuses and counts, sorted by status.
    pub(crate) fn sorted(&self) -> Vec<(u16, u64)> {
        let mut all: Vec<_> =
            std::iter::successors(Some(&self.0), |cell| cell.next.get().map(|next| &**next))
                .map(|cell| (cell.status, cell.count.get()))
                .collect();
        all.sort_unstable();
        all
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
    fn a_status_has_one_counter_whoever_asks_first() {
        let budget = Budget::new(&HTTP_REQUESTS, 100);
        let counters = StatusCounters::new(500);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for status in (200..220).cycle().take(2_000) {
                        counters.get(status, &budget).unwrap().inc();
                    }
                });
            }
        });
        let all = counters.sorted();
        assert_eq!(all.len(), 21);
        assert!(all[..20].iter().all(|(_, count)| *count == 400));
        assert_eq!(all[20], (500, 0));
        assert!(budget.take(100 - RESERVE - 20, RESERVE), "exactly the new ones were taken");
        assert!(!budget.take(1, RESERVE));
        assert!(counters.get(404, &budget).is_none());
    }

    #[test]
    fn who_loses_a_race_gives_its_label_set_back() {
        let budget = Budget::new(&HTTP_REQUESTS, 1_000 + RESERVE);
        let barrier = std::sync::Barrier::new(4);
        let rounds: Vec<_> = (0..1_000).map(|_| StatusCounters::new(500)).collect();
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for counters in &rounds {
                        barrier.wait();
                        // The last of the rounds may find the budget taken by those who are about to give back.
                        let _ = counters.get(200, &budget);
                    }
                });
            }
        });
        let made: usize = rounds.iter().map(|counters| counters.sorted().len() - 1).sum();
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
