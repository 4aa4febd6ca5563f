//! A replay store of one process.

use std::collections::{BTreeSet, HashMap};
use std::fmt;
use std::future::{Ready, ready};
use std::num::NonZeroUsize;
use std::time::{Duration, Instant};

use campotech_core::{Clock, SystemClock};
use parking_lot::Mutex;

use super::store::{Claim, ReplayFault, ReplayKey, ReplayStore, Ticket};

/// Remembers up to so many requests of this process; further ones are refused until a window is over.
///
/// Nothing is driven out early: who could fill the store could replay what it forgot. Only requests with a valid signature
/// take a place, about 150 bytes each. Several replicas need a store that they share.
pub struct InMemoryReplays<C = SystemClock> {
    known: Mutex<Known>,
    max: NonZeroUsize,
    clock: C,
}

#[derive(Default)]
struct Known {
    claims: HashMap<ReplayKey, Held>,
    /// The same, by the time at which they are forgotten.
    ends: BTreeSet<(Instant, ReplayKey)>,
}

struct Held {
    end: Instant,
    holder: u64,
    settled: bool,
}

impl InMemoryReplays {
    /// Remembers up to `max` requests.
    #[must_use]
    pub fn new(max: NonZeroUsize) -> Self {
        Self { known: Mutex::default(), max, clock: SystemClock }
    }
}

impl<C: Clock> InMemoryReplays<C> {
    /// Takes the time from `clock`.
    #[must_use]
    pub fn with_clock<D: Clock>(self, clock: D) -> InMemoryReplays<D> {
        InMemoryReplays { known: self.known, max: self.max, clock }
    }

    /// How many requests are remembered.
    #[must_use]
    pub fn len(&self) -> usize {
        self.known.lock().claims.len()
    }

    /// Whether none is.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Known {
    fn forget_until(&mut self, now: Instant) {
        while let Some((end, key)) = self.ends.first().copied().filter(|(end, _)| *end <= now) {
            self.ends.remove(&(end, key));
            self.claims.remove(&key);
        }
    }

    fn hold(&mut self, ticket: Ticket, end: Instant, settled: bool) {
        let held = Held { end, holder: ticket.holder, settled };
        if let Some(before) = self.claims.insert(ticket.key, held) {
            self.ends.remove(&(before.end, ticket.key));
        }
        self.ends.insert((end, ticket.key));
    }
}

impl<C: Clock> ReplayStore for InMemoryReplays<C> {
    type Claiming = Ready<Result<Claim, ReplayFault>>;

    fn claim(&self, ticket: Ticket, window: Duration) -> Self::Claiming {
        let now = self.clock.now();
        let mut known = self.known.lock();
        known.forget_until(now);
        ready(match known.claims.get(&ticket.key) {
            Some(held) if held.settled => Ok(Claim::Settled),
            Some(_) => Ok(Claim::UnderWay),
            None if known.claims.len() >= self.max.get() => Err(ReplayFault::Full),
            None => {
                known.hold(ticket, now + window, false);
                Ok(Claim::Fresh)
            }
        })
    }

    fn settle(&self, ticket: Ticket, window: Duration) {
        let now = self.clock.now();
        let mut known = self.known.lock();
        // A claim that was forgotten meanwhile may be another's by now; it is taken all the same.
        if known.claims.contains_key(&ticket.key) || known.claims.len() < self.max.get() {
            known.hold(ticket, now + window, true);
        }
    }

    fn release(&self, ticket: Ticket) {
        let mut known = self.known.lock();
        let own = known.claims.get(&ticket.key).filter(|held| held.holder == ticket.holder && !held.settled);
        if let Some(end) = own.map(|held| held.end) {
            known.claims.remove(&ticket.key);
            known.ends.remove(&(end, ticket.key));
        }
    }
}

impl<C: fmt::Debug> fmt::Debug for InMemoryReplays<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InMemoryReplays")
            .field("max", &self.max)
            .field("clock", &self.clock)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use campotech_core::ManualClock;

    use super::*;

    const WINDOW: Duration = Duration::from_secs(600);

    fn store(max: usize) -> (InMemoryReplays<ManualClock>, ManualClock) {
        let clock = ManualClock::new();
        (InMemoryReplays::new(NonZeroUsize::new(max).unwrap()).with_clock(clock.clone()), clock)
    }

    fn ticket(key: u32, holder: u64) -> Ticket {
        Ticket { key: ReplayKey::of(|take| take(&key.to_be_bytes())), holder }
    }

    fn claim(store: &InMemoryReplays<ManualClock>, ticket: Ticket) -> Result<Claim, ReplayFault> {
        store.claim(ticket, WINDOW).into_inner()
    }

    #[test]
    fn one_claim_is_fresh_until_it_is_released_or_forgotten() {
        let (store, clock) = store(10);
        assert_eq!(claim(&store, ticket(1, 1)), Ok(Claim::Fresh));
        assert_eq!(claim(&store, ticket(1, 2)), Ok(Claim::UnderWay));
        store.release(ticket(1, 2));
        assert_eq!(claim(&store, ticket(1, 2)), Ok(Claim::UnderWay), "it is not another's to give back");
        store.release(ticket(1, 1));
        assert_eq!(claim(&store, ticket(1, 2)), Ok(Claim::Fresh));
        store.settle(ticket(1, 2), WINDOW);
        store.release(ticket(1, 2));
        assert_eq!(claim(&store, ticket(1, 3)), Ok(Claim::Settled));
        clock.advance(WINDOW - Duration::from_nanos(1));
        assert_eq!(claim(&store, ticket(1, 3)), Ok(Claim::Settled));
        clock.advance(Duration::from_nanos(1));
        assert_eq!(claim(&store, ticket(1, 3)), Ok(Claim::Fresh));
    }

    #[test]
    fn a_full_store_refuses_and_forgets_nothing_before_its_time() {
        let (store, clock) = store(100);
        for key in 0..100 {
            assert_eq!(claim(&store, ticket(key, 1)), Ok(Claim::Fresh));
            store.settle(ticket(key, 1), WINDOW);
        }
        for key in 100..10_000 {
            assert_eq!(claim(&store, ticket(key, 1)), Err(ReplayFault::Full));
        }
        assert!((0..100).all(|key| claim(&store, ticket(key, 2)) == Ok(Claim::Settled)));
        assert_eq!(store.len(), 100);
        clock.advance(WINDOW);
        assert_eq!(claim(&store, ticket(100, 1)), Ok(Claim::Fresh));
        assert_eq!(store.len(), 1);
    }

    #[test]
    fn claims_that_come_back_again_and_again_take_one_place() {
        let (store, _) = store(2);
        for holder in 0..10_000 {
            assert_eq!(claim(&store, ticket(1, holder)), Ok(Claim::Fresh));
            store.release(ticket(1, holder));
        }
        assert!(store.is_empty() && store.known.lock().ends.is_empty());
    }
}
