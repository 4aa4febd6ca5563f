//! The store under floods.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::super::sliding_log::{SlidingLog, SlidingLogState};
use super::super::{Quota, Standing};
use super::*;

type Logs = Store<u64, SlidingLogState>;

fn log() -> SlidingLog {
    SlidingLog::new(Quota::parse("3/10s").unwrap()).unwrap()
}

fn store(max_keys: usize) -> Logs {
    Store::new(max_keys)
}

fn take(store: &Logs, key: u64, now: u64) -> Result<Standing, Full> {
    store.with(|_| log(), Planned::only(&key), now, |rule, state| rule.take(state, now))
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
    assert_eq!(store.peek(|_| log(), Planned::only(&1_000), 200, |_, _| ()), Err(full));
    let at = 200 + u64::try_from(full.wait.as_nanos()).unwrap();
    assert!(take(&store, 1_000, at).unwrap().allowed);
}

#[test]
fn keys_at_their_limit_that_stand_together_stop_nobody() {
    // One shard, and every place of the limited ones relative to the hand.
    for before in [0, 100, 236] {
        let store = store(300);
        let once = |keys: std::ops::Range<u64>| {
            keys.for_each(|key| assert!(take(&store, key, 1).unwrap().allowed));
        };
        once(0..before);
        for key in 1_000..1_064 {
            while take(&store, key, 1).unwrap().allowed {}
        }
        once(before..236);
        for key in 2_000..3_000 {
            assert!(take(&store, key, 2).unwrap().allowed, "{key} after {before}");
        }
        for key in 1_000..1_064 {
            assert!(!take(&store, key, 3).unwrap().allowed, "{key} was forgiven");
        }
    }
}

#[test]
fn one_place_among_keys_at_their_limit_is_found_wherever_it_is() {
    for free in 0..200 {
        let store = store(200);
        for key in 0..200 {
            while take(&store, key, 1).unwrap().allowed && key != free {}
        }
        for key in 1_000..1_010 {
            assert!(take(&store, key, 2).unwrap().allowed, "{key}, {free}");
        }
        // It is taken for good: now there is none left.
        while take(&store, 1_009, 2).unwrap().allowed {}
        assert!(take(&store, 2_000, 2).is_err());
    }
}

/// A rule that says how often it was asked.
struct Counted<'c>(SlidingLog, &'c AtomicUsize);

impl Rule for Counted<'_> {
    type State = SlidingLogState;

    fn look(&self, state: &Self::State, now: u64, cost: u32) -> Standing {
        self.1.fetch_add(1, Ordering::Relaxed);
        Rule::look(&self.0, state, now, cost)
    }

    fn limit(&self) -> u32 {
        Rule::limit(&self.0)
    }
}

#[test]
fn a_flood_does_not_pay_for_whole_turns() {
    let count = AtomicUsize::new(0);
    let store = store(500);
    let take = |key: u64, now| {
        store.with(
            |_| Counted(log(), &count),
            Planned::only(&key),
            now,
            |rule, state| rule.0.take(state, now),
        )
    };
    for key in 0..499 {
        while take(key, 1).unwrap().allowed {}
    }
    take(499, 1).unwrap();
    let asked = || count.swap(0, Ordering::Relaxed);
    for key in 1_000..2_000 {
        asked();
        assert!(take(key, 2).unwrap().allowed);
        assert!(asked() <= PROBES + 1, "{key}");
    }
    while take(1_999, 2).unwrap().allowed {}
    assert!(take(2_000, 2).is_err());
    for key in 2_001..3_000 {
        asked();
        assert!(take(key, 2).is_err());
        assert_eq!(asked(), 0, "{key}");
    }
}

#[test]
fn a_failure_that_is_taken_back_makes_room_at_once() {
    let store = store(100);
    for key in 0..100 {
        while take(&store, key, key + 1).unwrap().allowed {}
    }
    assert!(take(&store, 1_000, 200).is_err());
    store.peek(|_| log(), Planned::only(&70), 200, |_, state| SlidingLog::retract(state, 71)).unwrap();
    assert!(take(&store, 1_000, 200).unwrap().allowed);
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

#[test]
fn each_key_is_kept_by_its_own_plan() {
    let plans = [log(), SlidingLog::new(Quota::parse("100/10s").unwrap()).unwrap()];
    let store = store(100);
    let take = |key: u64, plan: u8| {
        let planned = Planned { key: &key, plan };
        store.with(|plan| plans[usize::from(plan)], planned, 1, |rule, state| rule.take(state, 1))
    };
    // At their limit in the small plan, far from it in the large one.
    for key in 0..50 {
        while take(key, 0).unwrap().allowed {}
    }
    for key in 1_000..20_000 {
        assert!(take(key, 1).unwrap().allowed);
    }
    for key in 0..50 {
        assert!(!take(key, 0).unwrap().allowed, "{key} was forgiven");
    }
    // A key that changes its plan keeps what it has used.
    assert_eq!(take(0, 1).unwrap().remaining, 96);
}
