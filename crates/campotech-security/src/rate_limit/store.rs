//! A bounded map of keys to limiter states.

use std::fmt;
use std::hash::{BuildHasher, Hash};
use std::time::Duration;

use hashbrown::{DefaultHashBuilder, HashTable};
use parking_lot::Mutex;

use super::standing::{Rule, Standing};

/// At most so many keys, in shards whose locks are held for a look-up.
///
/// A new key in a full shard takes the place of another: of a few neighbours the idlest, among many keys at their limit the
/// newest. A key that is over its limit is never evicted; where there is nothing else, the new key finds no room.
///
/// Every call brings the rules: each key is kept by the one of its plan, and the states outlive a change of the rules.
pub(super) struct Store<K, V> {
    shards: Shards<K, V>,
    // Keyed with random bits of this process, so that nobody can aim keys at one shard.
    hasher: DefaultHashBuilder,
}

/// A key, and the number of the rule that it is kept by.
pub(super) struct Planned<'k, K> {
    pub(super) key: &'k K,
    pub(super) plan: u8,
}

type Shards<K, V> = Box<[Mutex<Shard<K, V>>]>;

struct Shard<K, V> {
    index: HashTable<u32>,
    slots: Vec<Slot<K, V>>,
    cap: usize,
    /// Where the search for a victim goes on.
    hand: usize,
    /// The slot that was written last.
    newest: usize,
    /// After a whole turn without a victim: the slot that is released first, and when.
    full: Option<(u64, usize)>,
}

struct Slot<K, V> {
    key: K,
    state: V,
    hash: Kept,
    plan: u8,
}

/// Of a hash what its shard keeps: the other half chose the shard.
#[derive(Clone, Copy)]
struct Kept(u32);

impl Kept {
    const fn of(hash: u64) -> Self {
        Self(hash as u32)
    }

    /// The table takes the place from the lowest bits, and a mark from the highest.
    const fn spread(self) -> u64 {
        (self.0 as u64) << 32 | self.0 as u64
    }
}

/// Every key of the shard is over its limit; the first of them will not be after `wait`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Full {
    pub(super) wait: Duration,
}

const MOST_SHARDS: usize = 64;
const KEYS_PER_SHARD: usize = 256;
/// Neighbours compared before the idlest of them makes way.
const SAMPLE: usize = 8;
/// How long a turn in vain is believed where no key says when it may go.
const UNKNOWN: Duration = Duration::from_secs(1);
/// Neighbours at their limit that are passed before the newest key is asked.
const PROBES: usize = 64;

impl<K: Hash + Eq, V: Default> Store<K, V> {
    /// `max_keys` is at least 1.
    pub(super) fn new(max_keys: usize) -> Self {
        let shards = (max_keys / KEYS_PER_SHARD).clamp(1, MOST_SHARDS);
        // The largest power of two that is not above it.
        let shards = 1_usize << shards.ilog2();
        let shard = |_| Mutex::new(Shard::new(max_keys / shards));
        Self { shards: (0..shards).map(shard).collect(), hasher: DefaultHashBuilder::default() }
    }

    /// Calls `f` with the rule and the state of a key, which is new where the key is.
    pub(super) fn with<R: Rule<State = V>, T>(
        &self,
        rules: impl Fn(u8) -> R,
        key: Planned<'_, K>,
        now: u64,
        f: impl FnOnce(&R, &mut V) -> T,
    ) -> Result<T, Full>
    where
        K: Clone,
    {
        let hash = self.hasher.hash_one(key.key);
        let mut shard = self.shard(hash).lock();
        let kept = Kept::of(hash);
        let at = match shard.find(kept, key.key) {
            Some(at) => at,
            None => shard.insert(&rules, kept, key, now)?,
        };
        Ok(shard.visit(&rules, at, key.plan, now, f))
    }

    /// Calls `f` with the state of a key if it has one; without one, says whether there is room for it.
    pub(super) fn peek<R: Rule<State = V>, T>(
        &self,
        rules: impl Fn(u8) -> R,
        key: Planned<'_, K>,
        now: u64,
        f: impl FnOnce(&R, &mut V) -> T,
    ) -> Result<Option<T>, Full> {
        let hash = self.hasher.hash_one(key.key);
        let mut shard = self.shard(hash).lock();
        match shard.find(Kept::of(hash), key.key) {
            Some(at) => Ok(Some(shard.visit(&rules, at, key.plan, now, f))),
            None if shard.slots.len() < shard.cap => Ok(None),
            None => shard.victim(&rules, now).map(|_| None),
        }
    }

    /// Keys that were over their limits may not be so by the rules that come now.
    pub(super) fn rules_changed(&self) {
        for shard in &self.shards {
            shard.lock().full = None;
        }
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.shards.iter().map(|shard| shard.lock().slots.len()).sum()
    }

    fn shard(&self, hash: u64) -> &Mutex<Shard<K, V>> {
        let at = usize::try_from((hash >> 32) & 0xffff).unwrap_or(0);
        &self.shards[at & (self.shards.len() - 1)]
    }
}

// Without the keys, which may be personal.
impl<K, V> fmt::Debug for Store<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store").field("shards", &self.shards.len()).finish_non_exhaustive()
    }
}

// Not derived: that would ask for `K: Copy`.
impl<K> Clone for Planned<'_, K> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<K> Copy for Planned<'_, K> {}

impl<'k, K> Planned<'k, K> {
    /// By the only rule there is.
    pub(super) const fn only(key: &'k K) -> Self {
        Self { key, plan: 0 }
    }
}

impl<K: Eq, V: Default> Shard<K, V> {
    const fn new(cap: usize) -> Self {
        Self { index: HashTable::new(), slots: Vec::new(), cap, hand: 0, newest: 0, full: None }
    }

    fn visit<R: Rule<State = V>, T>(
        &mut self,
        rules: &impl Fn(u8) -> R,
        at: usize,
        plan: u8,
        now: u64,
        f: impl FnOnce(&R, &mut V) -> T,
    ) -> T {
        let (slot, rule) = (&mut self.slots[at], rules(plan));
        slot.plan = plan;
        let result = f(&rule, &mut slot.state);
        // A failure that was taken back releases its key early, and so does a larger plan.
        if self.full.is_some() && rule.may_forget(&rule.look(&slot.state, now, 1)) {
            self.full = Some((0, at));
        }
        result
    }

    fn find(&self, hash: Kept, key: &K) -> Option<usize> {
        self.index.find(hash.spread(), |at| self.slots[*at as usize].key == *key).map(|at| *at as usize)
    }

    fn insert<R: Rule<State = V>>(
        &mut self,
        rules: &impl Fn(u8) -> R,
        hash: Kept,
        key: Planned<'_, K>,
        now: u64,
    ) -> Result<usize, Full>
    where
        K: Clone,
    {
        let slot = Slot { key: key.key.clone(), state: V::default(), hash, plan: key.plan };
        let at = if self.slots.len() < self.cap {
            if self.slots.len() == self.slots.capacity() {
                let more = self.slots.len().max(4).min(self.cap - self.slots.len());
                self.slots.reserve_exact(more);
            }
            self.slots.push(slot);
            self.slots.len() - 1
        } else {
            let at = self.victim(rules, now)?;
            let old = self.slots[at].hash.spread();
            if let Ok(entry) = self.index.find_entry(old, |other| *other as usize == at) {
                entry.remove();
            }
            self.slots[at] = slot;
            at
        };
        self.newest = at;
        self.full = None;
        let slots = &self.slots;
        let rehash = |at: &u32| slots[*at as usize].hash.spread();
        self.index.insert_unique(hash.spread(), u32::try_from(at).unwrap_or(u32::MAX), rehash);
        Ok(at)
    }

    /// Where the key of a slot stands, and what its limit is.
    fn standing<R: Rule<State = V>>(
        &self,
        rules: &impl Fn(u8) -> R,
        at: usize,
        now: u64,
    ) -> (Standing, u32, bool) {
        let slot = &self.slots[at];
        let rule = rules(slot.plan);
        let standing = rule.look(&slot.state, now, 1);
        (standing, rule.limit(), rule.may_forget(&standing))
    }

    /// A key that may be forgotten.
    ///
    /// The walk is short but for one case: a whole turn is made when [`PROBES`] neighbours and the newest key are all over
    /// their limit. What a turn in vain found out is kept until the first of the keys is released, so that a flood of
    /// new keys doesn't pay for it again and again.
    fn victim<R: Rule<State = V>>(&mut self, rules: &impl Fn(u8) -> R, now: u64) -> Result<usize, Full> {
        let len = self.slots.len();
        if let Some((until, at)) = self.full {
            if now < until {
                return Err(Full { wait: Duration::from_nanos(until - now) });
            }
            self.full = None;
            self.hand = at;
        }
        let mut idlest: Option<(u32, usize)> = None;
        let mut soonest = (Duration::MAX, self.hand);
        for step in 0..len {
            let at = (self.hand + step) % len;
            let (standing, limit, may_go) = self.standing(rules, at, now);
            if may_go {
                if idlest.is_none_or(|(remaining, _)| standing.remaining > remaining) {
                    idlest = Some((standing.remaining, at));
                }
                if standing.remaining == limit {
                    break;
                }
            } else {
                // Nobody knows when it ends: who leaves says so.
                let wait = if standing.wait.is_zero() { UNKNOWN } else { standing.wait };
                if wait < soonest.0 {
                    soonest = (wait, at);
                }
            }
            if step + 1 >= SAMPLE && idlest.is_some() {
                break;
            }
            if step + 1 == PROBES && self.standing(rules, self.newest, now).2 {
                // The hand passes on, so that keys at their limit which stand together don't stop it.
                self.hand = (at + 1) % len;
                return Ok(self.newest);
            }
        }
        match idlest {
            Some((_, at)) => {
                self.hand = (at + 1) % len;
                Ok(at)
            }
            None => {
                let wait = u64::try_from(soonest.0.as_nanos()).unwrap_or(u64::MAX);
                self.full = Some((now.saturating_add(wait), soonest.1));
                Err(Full { wait: soonest.0 })
            }
        }
    }
}

#[cfg(test)]
mod tests;
