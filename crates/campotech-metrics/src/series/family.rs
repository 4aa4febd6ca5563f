//! A family of series with a budget.

use super::{Budget, Entry, RESERVE, Table};
use crate::names::{Desc, OVERFLOW};

/// Series of one metric by their `L` labels.
pub(crate) struct Family<M, const L: usize> {
    desc: &'static Desc,
    make: fn() -> M,
    table: Table<M, L>,
    budget: Budget,
}

impl<M, const L: usize> Family<M, L> {
    pub(crate) fn new(desc: &'static Desc, names: [&'static str; L], limit: usize, make: fn() -> M) -> Self {
        Self { desc, make, table: Table::new(names, [OVERFLOW; L], make()), budget: Budget::new(desc, limit) }
    }

    /// Does `f` to the series of `labels`, or over budget to that of `fold`, which keeps the closed labels.
    pub(crate) fn with(&self, labels: [&str; L], fold: [&str; L], f: impl FnOnce(&M)) {
        let mut f = Some(f);
        let mut once = |metric: &M| {
            if let Some(f) = f.take() {
                f(metric);
            }
        };
        if self.with_known(labels, &mut once) {
            return;
        }
        match self.make(labels, RESERVE) {
            Some(entry) => once(&entry.value),
            None => {
                self.budget.fold();
                // The last one is there for certain, so nothing is ever lost.
                once(&self.make(fold, 1).unwrap_or_else(|| self.table.overflow()).value);
            }
        }
    }

    /// Does `f` to the series of `labels` if it exists.
    pub(crate) fn with_known(&self, labels: [&str; L], f: impl FnOnce(&M)) -> bool {
        self.table.get(labels).map(|entry| f(&entry.value)).is_some()
    }

    /// Makes sure that a series exists, so that its first increment is seen; over budget it is left out.
    pub(crate) fn declare(&self, labels: [&str; L]) {
        self.make(labels, RESERVE);
    }

    /// Whether the series exists.
    pub(crate) fn has(&self, labels: [&str; L]) -> bool {
        self.table.get(labels).is_some()
    }

    fn make(&self, labels: [&str; L], reserve: usize) -> Option<&Entry<M, L>> {
        if !self.budget.has_room(1, reserve) {
            return self.table.get(labels);
        }
        self.table.get_or_insert(
            labels,
            || self.budget.take(1, reserve),
            || self.budget.give_back(1),
            self.make,
        )
    }

    pub(crate) fn desc(&self) -> &'static Desc {
        self.desc
    }

    pub(crate) const fn budget(&self) -> &Budget {
        &self.budget
    }

    /// The series with their labels, sorted by them.
    pub(crate) fn for_each(&self, f: impl FnMut(&Entry<M, L>)) {
        self.table.for_each_sorted(f);
    }
}

#[cfg(test)]
mod tests {
    use super::super::Counter;
    use super::*;
    use crate::names::VALIDATION;

    #[test]
    fn over_budget_samples_are_folded_and_none_is_lost() {
        let family = Family::new(&VALIDATION, ["path", "code"], 40, Counter::default);
        for n in 0..1_000 {
            let path = format!("/p/{n}");
            let code = if n % 2 == 0 { "even" } else { "odd" };
            family.with([&path, code], [OVERFLOW, code], |counter| {
                counter.inc();
            });
        }
        let (mut series, mut total, mut folded) = (0, 0, 0);
        family.for_each(|entry| {
            series += 1;
            total += entry.value.get();
            if *entry.labels[0] == *OVERFLOW {
                folded += entry.value.get();
            }
        });
        assert_eq!(series, 40 - RESERVE + 2);
        assert_eq!(total, 1_000);
        assert_eq!(folded, family.budget().folded());
        assert_eq!(folded, 1_000 - (40 - RESERVE) as u64);
    }

    #[test]
    fn even_folded_labels_stay_within_the_limit() {
        let family = Family::new(&VALIDATION, ["path", "code"], 32, Counter::default);
        for n in 0..1_000 {
            let code = format!("c{n}");
            family.with(["/p", &code], [OVERFLOW, &code], |counter| {
                counter.inc();
            });
        }
        let (mut series, mut total) = (0, 0);
        family.for_each(|entry| {
            series += 1;
            total += entry.value.get();
        });
        assert_eq!((series, total), (32, 1_000));
    }
}
