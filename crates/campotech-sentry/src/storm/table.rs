//! A bucket for each error, within bounds.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::StormLimit;
use super::bucket::Bucket;

/// Errors told apart at once. Where there are more, the ones that were quiet for longest start anew.
const MOST: usize = 1_024;

/// Decides which events leave; held for some hundred nanoseconds, never across an await.
#[derive(Debug)]
pub(crate) struct Storm {
    limit: StormLimit,
    hasher: RandomState,
    began: Instant,
    buckets: Mutex<Buckets>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It leaves; so many of the same were left out since the last one that left.
    Passes {
        left_out: u64,
    },
    LeftOut,
}

#[derive(Debug, Default)]
struct Buckets {
    all: Bucket,
    each: HashMap<u64, Entry>,
}

#[derive(Debug, Default)]
struct Entry {
    bucket: Bucket,
    left_out: u64,
}

impl Storm {
    pub(crate) fn new(limit: StormLimit) -> Self {
        Self { limit, hasher: RandomState::new(), began: Instant::now(), buckets: Mutex::default() }
    }

    /// Counts one event of the error that `key` names.
    pub(crate) fn admit(&self, key: &[&str]) -> Verdict {
        self.admit_at(key, self.began.elapsed())
    }

    fn admit_at(&self, key: &[&str], now: Duration) -> Verdict {
        let key = self.hasher.hash_one(key);
        let (one, all) = (self.limit.of_one(), self.limit.of_all());
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let buckets = &mut *buckets;
        if buckets.each.len() >= MOST && !buckets.each.contains_key(&key) {
            make_room(&mut buckets.each, now);
        }
        let entry = buckets.each.entry(key).or_default();
        if !(entry.bucket.has_token(one, now) && buckets.all.has_token(all, now)) {
            entry.left_out += 1;
            return Verdict::LeftOut;
        }
        entry.bucket.take(one, now);
        buckets.all.take(all, now);
        Verdict::Passes { left_out: std::mem::take(&mut entry.left_out) }
    }
}

/// Forgets what is as good as new, or else the quietest quarter, so that this is not done for every event.
fn make_room(each: &mut HashMap<u64, Entry>, now: Duration) {
    each.retain(|_, entry| !entry.bucket.is_full(now) || entry.left_out > 0);
    if each.len() < MOST {
        return;
    }
    let mut ages: Vec<_> = each.iter().map(|(key, entry)| (entry.bucket.full_at(), *key)).collect();
    ages.sort_unstable();
    for (_, key) in ages.iter().take(MOST / 4) {
        each.remove(key);
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use super::*;

    fn passed(verdicts: impl IntoIterator<Item = Verdict>) -> usize {
        verdicts.into_iter().filter(|verdict| *verdict != Verdict::LeftOut).count()
    }

    #[test]
    fn the_next_event_tells_how_many_were_left_out() {
        let storm = Storm::new(StormLimit::new());
        let at = |seconds| storm.admit_at(&["broken", "GET /"], Duration::from_secs(seconds));
        assert_eq!(passed((0..1_000).map(|_| at(1))), 10);
        assert_eq!(at(61), Verdict::Passes { left_out: 990 });
        assert_eq!(at(61), Verdict::LeftOut);
        assert_eq!(at(121), Verdict::Passes { left_out: 1 });
    }

    #[test]
    fn errors_and_routes_have_a_bucket_each_and_one_together() {
        let storm = Storm::new(StormLimit::new());
        let names: Vec<String> = (0..50).map(|i| format!("error {i}")).collect();
        let now = Duration::from_secs(1);
        let first = names.iter().take(9).map(|name| storm.admit_at(&[name, "GET /"], now));
        assert_eq!(passed(first), 9);
        assert_eq!(passed((0..20).map(|_| storm.admit_at(&["error 0", "GET /other"], now))), 10);
        let all = names.iter().cycle().take(1_000).map(|name| storm.admit_at(&[name, "GET /"], now));
        assert_eq!(passed(all), 50 - 19, "fifty of all");
    }

    #[test]
    fn no_minute_has_more_than_a_hundred_whatever_they_are() {
        let storm = Storm::new(StormLimit::new());
        let mut left = Vec::new();
        for tenth in 0..3_000_u64 {
            let now = Duration::from_millis(tenth * 100);
            let names = (0..5).map(|i| format!("error {tenth} {i}"));
            left.extend(names.filter(|name| storm.admit_at(&[name], now) != Verdict::LeftOut).map(|_| now));
        }
        let most = left
            .iter()
            .copied()
            .map(|from| left.iter().filter(|at| (from..from + Duration::from_mins(1)).contains(*at)).count());
        assert!(matches!(most.max(), Some(99..=100)), "nearly reached, and never more");
    }

    #[test]
    fn the_table_is_bounded_and_a_storm_stays_known() {
        let most = NonZeroU32::new(1_000_000).unwrap();
        let storm = Storm::new(StormLimit::new().with_total_burst(most));
        let now = Duration::from_secs(1);
        for i in 0..100_000 {
            storm.admit_at(&[&i.to_string()], now);
            if i % 100 == 0 {
                storm.admit_at(&["storm"], now);
            }
        }
        assert!(storm.buckets.lock().unwrap().each.len() <= MOST);
        assert_eq!(storm.admit_at(&["storm"], now), Verdict::LeftOut);
    }
}
