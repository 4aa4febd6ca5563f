//! A bounded map of keys to limiter states.

use std::hash::{BuildHasher, Hash, RandomState};
use std::time::Duration;

use hashbrown::HashTable;
use parking_lot::Mutex;

use super::standing::Rule;

/// At most so many keys, in shards whose locks are held for a look-up.
///
/// A new key in a full shard takes the place of another: of a few neighbours the idlest. A key that is over its limit is
/// never evicted; where nothing else is found, the new key finds no room.
#[derive(Debug)]
pub(super) struct Store<K, R: Rule> {
    rule: R,
    shards: Shards<K, R::State>,
    // Keyed with random bits of this process, so that nobody can aim keys at one shard.
    hasher: RandomState,
}

type Shards<K, V> = Box<[Mutex<Shard<K, V>>]>;

#[derive(Debug)]
struct Shard<K, V> {
    index: HashTable<u32>,
    slots: Vec<Slot<K, V>>,
    cap: usize,
    hand: usize,
}

#[derive(Debug)]
struct Slot<K, V> {
    hash: u64,
    key: K,
    state: V,
}

/// Every key that could make way is over its limit; the first of them will not be after `wait`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Full {
    pub(super) wait: Duration,
}

const MOST_SHARDS: usize = 64;
const KEYS_PER_SHARD: usize = 256;
/// Neighbours compared before the idlest of them makes way.
const SAMPLE: usize = 8;
/// Neighbours asked before the shard counts as full.
const PROBES: usize = 64;

impl<K: Hash + Eq, R: Rule> Store<K, R> {
    /// `max_keys` is at least 1.
    pub(super) fn new(rule: R, max_keys: usize) -> Self {
        let shards = (max_keys / KEYS_PER_SHARD).clamp(1, MOST_SHARDS);
        // The largest power of two that is not above it.
        let shards = 1_usize << shards.ilog2();
        let shard = || Shard { index: HashTable::new(), slots: Vec::new(), cap: max_keys / shards, hand: 0 };
        Self { rule, shards: (0..shards).map(|_| Mutex::new(shard())).collect(), hasher: RandomState::new() }
    }

    pub(super) const fn rule(&self) -> &R {
        &self.rule
    }

    /// Calls `f` with the state of `key`, which is new where the key is.
    pub(super) fn with<T>(&self, key: &K, now: u64, f: impl FnOnce(&R, &mut R::State) -> T) -> Result<T, Full>
    where
        K: Clone,
    {
        let hash = self.hasher.hash_one(key);
        let mut shard = self.shard(hash).lock();
        let at = match shard.find(hash, key) {
            Some(at) => at,
            None => shard.insert(&self.rule, hash, key.clone(), now)?,
        };
        Ok(f(&self.rule, &mut shard.slots[at].state))
    }

    /// Calls `f` with the state of `key` if it has one; without one, says whether there is room for it.
    pub(super) fn peek<T>(
        &self,
        key: &K,
        now: u64,
        f: impl FnOnce(&R, &mut R::State) -> T,
    ) -> Result<Option<T>, Full> {
        let hash = self.hasher.hash_one(key);
        let mut shard = self.shard(hash).lock();
        match shard.find(hash, key) {
            Some(at) => Ok(Some(f(&self.rule, &mut shard.slots[at].state))),
            None if shard.slots.len() < shard.cap => Ok(None),
            None => shard.victim(&self.rule, now).map(|_| None),
        }
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.shards.iter().map(|shard| shard.lock().slots.len()).sum()
    }

    fn shard(&self, hash: u64) -> &Mutex<Shard<K, R::State>> {
        // The table uses the low and the highest bits.
        let at = usize::try_from((hash >> 32) & 0xffff).unwrap_or(0);
        &self.shards[at & (self.shards.len() - 1)]
    }
}

impl<K: Eq, V: Default> Shard<K, V> {
    fn find(&self, hash: u64, key: &K) -> Option<usize> {
        self.index.find(hash, |at| self.slots[*at as usize].key == *key).map(|at| *at as usize)
    }

    fn insert<R: Rule<State = V>>(&mut self, rule: &R, hash: u64, key: K, now: u64) -> Result<usize, Full> {
        let slot = Slot { hash, key, state: V::default() };
        let at = if self.slots.len() < self.cap {
            if self.slots.len() == self.slots.capacity() {
                let more = self.slots.len().max(4).min(self.cap - self.slots.len());
                self.slots.reserve_exact(more);
            }
            self.slots.push(slot);
            self.slots.len() - 1
        } else {
            let at = self.victim(rule, now)?;
            if let Ok(entry) = self.index.find_entry(self.slots[at].hash, |other| *other as usize == at) {
                entry.remove();
            }
            self.slots[at] = slot;
            at
        };
        let slots = &self.slots;
        self.index.insert_unique(hash, u32::try_from(at).unwrap_or(u32::MAX), |at| slots[*at as usize].hash);
        Ok(at)
    }

    /// A key that may be forgotten. A bounded walk, so that no request pays for a sweep.
    fn victim<R: Rule<State = V>>(&mut self, rule: &R, now: u64) -> Result<usize, Full> {
        let len = self.slots.len();
        let mut idlest: Option<(u32, usize)> = None;
        let mut soonest = (Duration::MAX, self.hand);
        for step in 0..len.min(PROBES) {
            let at = (self.hand + step) % len;
            let standing = rule.look(&self.slots[at].state, now);
            if standing.allowed {
                if idlest.is_none_or(|(remaining, _)| standing.remaining > remaining) {
                    idlest = Some((standing.remaining, at));
                }
                if standing.remaining == rule.limit() {
                    break;
                }
            } else if standing.wait < soonest.0 {
                soonest = (standing.wait, at);
            }
            if step + 1 >= SAMPLE && idlest.is_some() {
                break;
            }
        }
        match idlest {
            Some((_, at)) => {
                self.hand = (at + 1) % len;
                Ok(at)
            }
            None => {
                // The next to ask begins here, so that whoever waited as told finds this key released.
                self.hand = soonest.1;
                Err(Full { wait: soonest.0 })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::sliding_log::SlidingLog;
    use super::super::{Quota, Standing};
    use super::*;

    fn store(max_keys: usize) -> Store<u64, SlidingLog> {
        Store::new(SlidingLog::new(Quota::parse("3/10s").unwrap()).unwrap(), max_keys)
    }

    fn take(store: &Store<u64, SlidingLog>, key: u64, now: u64) -> Result<Standing, Full> {
        store.with(&key, now, |rule, state| rule.take(state, now))
    }

    #[test]
    fn a_flood_of_keys_stays_within_the_cap_and_forgives_nobody() {
        for max_keys in [1_000, 10_000] {
            let store = store(max_keys);
            let abusive = 0..50;
            for key in abusive.clone() {
                while take(&store, key, 1).unwrap().allowed {}
            }
            for key in 1_000..200_000 {
                assert!(take(&store, key, 2).unwrap().allowed);
            }
            assert!(store.len() <= max_keys, "{} of {max_keys}", store.len());
            assert!(store.len() > max_keys / 2);
            for key in abusive {
                assert!(!take(&store, key, 3).unwrap().allowed, "{key} was forgiven");
            }
        }
    }

    #[test]
    fn a_store_of_nothing_but_limited_keys_has_room_when_it_says_so() {
        let store = store(100);
        for key in 0..100 {
            while take(&store, key, key).unwrap().allowed {}
        }
        let full = take(&store, 1_000, 200).unwrap_err();
        assert_eq!(store.peek(&1_000, 200, |_, _| ()), Err(full));
        let at = 200 + u64::try_from(full.wait.as_nanos()).unwrap();
        assert!(take(&store, 1_000, at).unwrap().allowed);
    }

    #[test]
    fn idle_keys_make_way_first() {
        let store = store(8);
        for key in 0..7 {
            take(&store, key, 1).unwrap();
            take(&store, key, 1).unwrap();
        }
        take(&store, 7, 1).unwrap();
        take(&store, 100, 2).unwrap();
        for key in 0..7 {
            assert_eq!(take(&store, key, 3).unwrap().remaining, 0, "{key}");
        }
    }
}
