//! A map from label values to what is counted under them; reading one takes no allocation and no writer's lock.

use std::hash::BuildHasher;
use std::sync::Arc;

use hashbrown::{DefaultHashBuilder, HashTable};
use parking_lot::RwLock;

/// Entries by their `L` label values.
pub(crate) struct Table<T, const L: usize> {
    hasher: DefaultHashBuilder,
    entries: RwLock<HashTable<Arc<Entry<T, L>>>>,
}

/// One label set and what is counted under it.
pub(crate) struct Entry<T, const L: usize> {
    pub(crate) labels: [Box<str>; L],
    pub(crate) value: T,
}

impl<T, const L: usize> Entry<T, L> {
    pub(crate) fn new(labels: [&str; L], value: T) -> Self {
        Self { labels: labels.map(Box::from), value }
    }

    fn is(&self, labels: &[&str; L]) -> bool {
        self.labels.iter().zip(labels).all(|(mine, other)| **mine == **other)
    }
}

impl<T, const L: usize> Table<T, L> {
    pub(crate) fn new() -> Self {
        Self { hasher: DefaultHashBuilder::default(), entries: RwLock::new(HashTable::new()) }
    }

    /// The entry of `labels`.
    pub(crate) fn get(&self, labels: [&str; L]) -> Option<Arc<Entry<T, L>>> {
        let hash = self.hasher.hash_one(labels);
        self.entries.read().find(hash, |entry| entry.is(&labels)).cloned()
    }

    /// Does `f` to what is counted under `labels`, if it exists; shorter than [`get`](Self::get) by one shared count.
    pub(crate) fn with(&self, labels: [&str; L], f: impl FnOnce(&T)) -> bool {
        let hash = self.hasher.hash_one(labels);
        let entries = self.entries.read();
        let Some(entry) = entries.find(hash, |entry| entry.is(&labels)) else { return false };
        f(&entry.value);
        true
    }

    /// The entry of `labels`, made if it doesn't exist and `allow` says so.
    pub(crate) fn get_or_insert(
        &self,
        labels: [&str; L],
        allow: impl FnOnce() -> bool,
        make: impl FnOnce() -> T,
    ) -> Option<Arc<Entry<T, L>>> {
        if let Some(entry) = self.get(labels) {
            return Some(entry);
        }
        let hash = self.hasher.hash_one(labels);
        let mut entries = self.entries.write();
        // Somebody else may have been faster between the two locks.
        if let Some(entry) = entries.find(hash, |entry| entry.is(&labels)) {
            return Some(entry.clone());
        }
        if !allow() {
            return None;
        }
        let entry = Arc::new(Entry::new(labels, make()));
        // A stored label set hashes as the borrowed one does: arrays as slices, boxed text as text.
        entries.insert_unique(hash, entry.clone(), |entry| self.hasher.hash_one(&entry.labels));
        Some(entry)
    }

    /// All entries; the lock is held for the copy of the handles only.
    pub(crate) fn all(&self) -> Vec<Arc<Entry<T, L>>> {
        self.entries.read().iter().cloned().collect()
    }

    /// All entries, sorted by their labels.
    pub(crate) fn sorted(&self) -> Vec<Arc<Entry<T, L>>> {
        let mut all = self.all();
        all.sort_unstable_by(|a, b| a.labels.cmp(&b.labels));
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_told_apart_by_position() {
        let table = Table::<u8, 2>::new();
        table.get_or_insert(["a", "bc"], || true, || 1).unwrap();
        table.get_or_insert(["ab", "c"], || true, || 2).unwrap();
        assert_eq!(table.get(["a", "bc"]).unwrap().value, 1);
        assert_eq!(table.get(["ab", "c"]).unwrap().value, 2);
        assert!(table.get(["a", "b"]).is_none());
    }

    #[test]
    fn every_entry_is_found_again_after_growing() {
        let table = Table::<usize, 1>::new();
        for n in 0..5_000 {
            table.get_or_insert([&n.to_string()], || true, || n).unwrap();
        }
        for n in 0..5_000 {
            assert_eq!(table.get([&n.to_string()]).unwrap().value, n);
        }
        assert_eq!(table.sorted().len(), 5_000);
        assert!(table.get_or_insert(["new"], || false, || 0).is_none());
    }
}
