//! A map from label values to what is counted under them. It only grows, so that it is read without a lock, a count or an allocation.

use std::hash::BuildHasher;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use hashbrown::DefaultHashBuilder;
use parking_lot::Mutex;

use crate::exposition::push_label;

/// Entries by their `L` label values, and one for what has no room.
pub(crate) struct Table<T, const L: usize> {
    names: [&'static str; L],
    hasher: DefaultHashBuilder,
    first: Level<T, L>,
    len: AtomicUsize,
    /// There from the beginning, so that nothing is lost while it is made.
    overflow: Entry<T, L>,
    /// Whether it is shown.
    overflows: AtomicBool,
    /// The places of entries in the order of their labels, as of the last time when somebody asked.
    order: Mutex<Vec<(usize, usize)>>,
}

/// Places that are filled once, and where to look on when those of a hash are taken by others.
///
/// An entry lies in the first place of its hash that was free when it came. Places are never freed, so whoever finds a free one
/// before the entry knows that there is none.
struct Level<T, const L: usize> {
    places: Box<[OnceLock<Box<Entry<T, L>>>]>,
    next: OnceLock<Box<Self>>,
}

/// One label set and what is counted under it.
#[derive(Debug)]
pub(crate) struct Entry<T, const L: usize> {
    pub(crate) labels: [Box<str>; L],
    /// The same with their names, as they stand in a sample.
    pub(crate) text: Box<str>,
    pub(crate) value: T,
    hash: u64,
}

/// Places of the first level, and how many times more each further one has.
const FIRST: usize = 64;
const GROWTH: usize = 4;

/// Places of a level that one hash may lie in.
const WINDOW: usize = 8;

impl<T, const L: usize> Entry<T, L> {
    pub(crate) fn new(names: [&str; L], labels: [&str; L], value: T) -> Self {
        let mut text = String::new();
        for (name, label) in names.iter().zip(labels) {
            push_label(&mut text, name, label);
        }
        Self { labels: labels.map(Box::from), text: text.into(), value, hash: 0 }
    }

    fn is(&self, hash: u64, labels: &[&str; L]) -> bool {
        self.hash == hash && self.has(labels)
    }

    fn has(&self, labels: &[&str; L]) -> bool {
        self.labels.iter().zip(labels).all(|(mine, other)| **mine == **other)
    }
}

impl<T, const L: usize> Level<T, L> {
    fn new(places: usize) -> Self {
        Self { places: (0..places).map(|_| OnceLock::new()).collect(), next: OnceLock::new() }
    }

    /// The places of a hash, in the order in which they are filled.
    #[expect(clippy::cast_possible_truncation, reason = "any bits of a hash will do")]
    fn window(&self, hash: u64) -> impl Iterator<Item = &OnceLock<Box<Entry<T, L>>>> {
        let mask = self.places.len() - 1;
        (0..WINDOW).map(move |at| &self.places[(hash as usize).wrapping_add(at) & mask])
    }
}

impl<T, const L: usize> Table<T, L> {
    pub(crate) fn new(names: [&'static str; L], overflow: [&str; L], value: T) -> Self {
        Self {
            names,
            overflow: Entry::new(names, overflow, value),
            overflows: AtomicBool::new(false),
            hasher: DefaultHashBuilder::default(),
            first: Level::new(FIRST),
            len: AtomicUsize::new(0),
            order: Mutex::default(),
        }
    }

    /// The entry of what has no room; it is shown from now on.
    pub(crate) fn overflow(&self) -> &Entry<T, L> {
        if !self.overflows.load(Ordering::Relaxed) {
            self.overflows.store(true, Ordering::Relaxed);
        }
        &self.overflow
    }

    pub(crate) fn is_overflow(&self, entry: &Entry<T, L>) -> bool {
        std::ptr::eq(entry, &self.overflow)
    }

    /// The entry of `labels`.
    pub(crate) fn get(&self, labels: [&str; L]) -> Option<&Entry<T, L>> {
        let hash = self.hasher.hash_one(labels);
        for level in self.levels() {
            for place in level.window(hash) {
                // A free place: it would be here.
                let entry = place.get()?;
                if entry.is(hash, &labels) {
                    return Some(entry);
                }
            }
        }
        None
    }

    /// The entry of `labels`, made if it doesn't exist and there is room: `take` takes it, `give_back` does that where somebody
    /// else made the same entry meanwhile.
    pub(crate) fn get_or_insert(
        &self,
        labels: [&str; L],
        take: impl Fn() -> bool,
        give_back: impl Fn(),
        make: impl Fn() -> T,
    ) -> Option<&Entry<T, L>> {
        // Twice the same label set would make the whole answer invalid.
        if self.overflow.has(&labels) {
            return Some(self.overflow());
        }
        let hash = self.hasher.hash_one(labels);
        let mut made = None;
        let mut level = &self.first;
        loop {
            for place in level.window(hash) {
                if place.get().is_none() {
                    let entry = match made.take() {
                        Some(entry) => entry,
                        None if take() => Box::new(Entry { hash, ..Entry::new(self.names, labels, make()) }),
                        None => return None,
                    };
                    match place.set(entry) {
                        Ok(()) => {
                            self.len.fetch_add(1, Ordering::Relaxed);
                            return place.get().map(|entry| &**entry);
                        }
                        Err(entry) => made = Some(entry),
                    }
                }
                if let Some(entry) = place.get()
                    && entry.is(hash, &labels)
                {
                    if made.is_some() {
                        give_back();
                    }
                    return Some(entry);
                }
            }
            level = level.next.get_or_init(|| Box::new(Level::new(level.places.len() * GROWTH)));
        }
    }

    /// All entries, that of what has no room last.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Entry<T, L>> {
        let entries = self
            .levels()
            .flat_map(|level| level.places.iter().filter_map(|place| place.get().map(|entry| &**entry)));
        entries.chain([&self.overflow])
    }

    /// Does `f` to all entries, in the order of their labels; nothing is allocated where none came since the last time.
    pub(crate) fn for_each_sorted<'a>(&'a self, mut f: impl FnMut(&'a Entry<T, L>)) {
        let mut order = self.order.lock();
        if order.len() != self.len.load(Ordering::Relaxed) {
            self.put_in_order(&mut order);
        }
        let mut overflow = self.overflows.load(Ordering::Relaxed).then_some(&self.overflow);
        for entry in order.iter().filter_map(|place| self.at(*place)) {
            if let Some(before) = overflow.take_if(|overflow| overflow.labels < entry.labels) {
                f(before);
            }
            f(entry);
        }
        overflow.into_iter().for_each(f);
    }

    fn put_in_order(&self, order: &mut Vec<(usize, usize)>) {
        order.clear();
        for (number, level) in self.levels().enumerate() {
            let filled = level.places.iter().enumerate().filter(|(_, place)| place.get().is_some());
            order.extend(filled.map(|(at, _)| (number, at)));
        }
        order.sort_unstable_by_key(|place| self.at(*place).map(|entry| &entry.labels));
    }

    fn at(&self, (level, at): (usize, usize)) -> Option<&Entry<T, L>> {
        self.levels().nth(level)?.places[at].get().map(|entry| &**entry)
    }

    fn levels(&self) -> impl Iterator<Item = &Level<T, L>> {
        std::iter::successors(Some(&self.first), |level| level.next.get().map(|next| &**next))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    fn insert<const L: usize>(table: &Table<usize, L>, labels: [&str; L], value: usize) {
        table.get_or_insert(labels, || true, || {}, || value).unwrap();
    }

    #[test]
    fn labels_are_told_apart_by_position() {
        let table = Table::<usize, 2>::new(["x", "y"], ["?", "?"], 0);
        insert(&table, ["a", "bc"], 1);
        insert(&table, ["ab", "c"], 2);
        assert_eq!(table.get(["a", "bc"]).unwrap().value, 1);
        assert_eq!(table.get(["ab", "c"]).unwrap().value, 2);
        assert!(table.get(["a", "b"]).is_none());
    }

    #[test]
    fn every_entry_is_found_again_after_growing() {
        let table = Table::<usize, 1>::new(["x"], ["?"], 0);
        for n in 0..5_000 {
            insert(&table, [&n.to_string()], n);
        }
        for n in 0..5_000 {
            assert_eq!(table.get([&n.to_string()]).unwrap().value, n);
        }
        let mut sorted = Vec::new();
        table.for_each_sorted(|entry| sorted.push((*entry.labels[0]).to_owned()));
        assert!(sorted.len() == 5_000 && sorted.is_sorted());
        // It is shown once somebody asked for it, in its place.
        assert_eq!(table.overflow().value, 0);
        sorted.clear();
        table.for_each_sorted(|entry| sorted.push((*entry.labels[0]).to_owned()));
        assert!(sorted.len() == 5_001 && sorted.is_sorted());
        assert!(table.levels().count() <= 6, "{} levels", table.levels().count());
        assert!(table.get_or_insert(["new"], || false, || {}, || 0).is_none());
    }

    #[test]
    fn the_labels_of_what_has_no_room_are_there_once() {
        let table = Table::<usize, 1>::new(["x"], ["?"], 7);
        let entry = table.get_or_insert(["?"], || true, || {}, || 0).unwrap();
        assert!(table.is_overflow(entry) && entry.value == 7);
        let mut shown = 0;
        table.for_each_sorted(|_| shown += 1);
        assert_eq!(shown, 1);
    }

    #[test]
    fn threads_that_make_the_same_entries_make_each_once() {
        let table = Table::<usize, 1>::new(["x"], ["?"], 0);
        let (taken, barrier) = (AtomicUsize::new(0), Barrier::new(4));
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for n in 0..1_000 {
                        if n % 100 == 0 {
                            barrier.wait();
                        }
                        let take = || {
                            taken.fetch_add(1, Ordering::Relaxed);
                            true
                        };
                        let give_back = || {
                            taken.fetch_sub(1, Ordering::Relaxed);
                        };
                        let entry = table.get_or_insert([&n.to_string()], take, give_back, || n).unwrap();
                        assert_eq!(entry.value, n);
                    }
                });
            }
        });
        assert_eq!((table.all().count(), taken.into_inner()), (1_001, 1_000));
    }
}
