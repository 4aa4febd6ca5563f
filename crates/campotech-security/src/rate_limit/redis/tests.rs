//! The script beside the pure algorithms, by a clock that the test sets.

use campotech_testkit::Redis;
use fred::clients::Client;
use fred::interfaces::ClientLike;
use fred::types::Value;
use fred::types::config::Config;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config as Cases, TestRunner};
use tokio::runtime::Runtime;

use super::script::{BEAT, Call, DECIDE, GIVE_BACK, Script};
use crate::rate_limit::Quota;
use crate::rate_limit::gcra::{Gcra, GcraState};
use crate::rate_limit::sliding_log::{SlidingLog, SlidingLogState};

const SECOND: u64 = 1_000_000;
/// In 2026, so that times have the size that they have.
const START: u64 = 1_790_000_000 * SECOND;

/// A script whose clock is its last two arguments; in the one that is shipped it can only be the server's.
fn by_our_clock(source: &str) -> Script {
    let ours = source.replace("redis.call('TIME')", "{ ARGV[#ARGV - 1], ARGV[#ARGV] }");
    assert_ne!(ours, source);
    Script::new(ours.leak())
}

struct Server {
    runtime: Runtime,
    redis: Redis,
    client: Client,
    decide: Script,
    beat: Script,
}

impl Server {
    fn start() -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let (redis, client) = runtime.block_on(async {
            let redis = Redis::builder().setting("appendonly", "no").start().await;
            let client = Client::new(Config::from_url(&redis.url()).unwrap(), None, None, None);
            client.init().await.unwrap();
            (redis, client)
        });
        Self { runtime, redis, client, decide: by_our_clock(DECIDE), beat: by_our_clock(BEAT) }
    }

    fn call<R: fred::types::FromValue>(
        &self,
        script: &Script,
        keys: &[&str],
        args: impl IntoIterator<Item = Value>,
        now: u64,
    ) -> R {
        let clock = [now / SECOND, now % SECOND].map(|part| i64::try_from(part).unwrap().into());
        let call = Call::new(keys.iter().map(|key| (*key).to_owned()), args.into_iter().chain(clock));
        self.runtime.block_on(script.call(&self.client, &call)).unwrap()
    }

    /// For each tier whether it had room, what remains, how long until there is more.
    fn decide(&self, tiers: &[Tier], now: u64) -> Vec<(bool, u32, u64)> {
        let keys = &["{c}:a", "{c}:b"][..tiers.len()];
        let answer: Vec<u64> = self.call(&self.decide, keys, tiers.iter().flat_map(Tier::args), now);
        answer.chunks(5).map(|told| (told[0] == 1, u32::try_from(told[1]).unwrap(), told[2])).collect()
    }

    fn beat(&self, replica: &str, now: u64) -> u32 {
        let args = [replica.into(), i64::try_from(15 * SECOND).unwrap().into()];
        self.call(&self.beat, &["replicas"], args, now)
    }

    fn command(&self, words: &[&str]) -> String {
        self.runtime.block_on(self.redis.command(words))
    }

    fn flush(&self) {
        self.command(&["FLUSHALL"]);
    }
}

#[derive(Debug, Clone, Copy)]
struct Tier {
    gcra: bool,
    limit: u32,
    seconds: u64,
    enforced: bool,
    cost: u32,
    most: u32,
    owed: u32,
}

impl Tier {
    const fn log(limit: u32, seconds: u64) -> Self {
        Self { gcra: false, limit, seconds, enforced: true, cost: 1, most: 1, owed: 0 }
    }

    const fn gcra(limit: u32, seconds: u64) -> Self {
        Self { gcra: true, limit, seconds, enforced: true, cost: 1, most: 1, owed: 0 }
    }

    fn args(&self) -> [Value; 7] {
        let window = self.seconds * SECOND;
        let time = if self.gcra { window.div_ceil(self.limit.into()) } else { window };
        [
            if self.gcra { "gcra" } else { "log" }.into(),
            self.limit.into(),
            i64::try_from(time).unwrap().into(),
            i64::from(self.enforced).into(),
            self.cost.into(),
            self.most.into(),
            self.owed.into(),
        ]
    }
}

/// A tier of this process. The algorithms know no unit of time: here it is the microsecond.
enum Model {
    Gcra(Gcra, GcraState),
    // The log takes its window from a quota, in nanoseconds.
    Log(SlidingLog, SlidingLogState),
}

impl Model {
    fn of(tier: &Tier) -> Self {
        if tier.gcra {
            return Self::Gcra(Gcra::of(tier.limit, tier.seconds * SECOND), GcraState::default());
        }
        let quota = Quota::parse(&format!("{}/{}s", tier.limit, tier.seconds)).unwrap();
        Self::Log(SlidingLog::new(quota).unwrap(), SlidingLogState::default())
    }

    fn ask(&mut self, now: u64, cost: u32, take: bool) -> (bool, u32, u64) {
        let (standing, unit) = match self {
            Self::Gcra(gcra, state) if take => (gcra.take_many(state, now, cost), 1),
            Self::Gcra(gcra, state) => (gcra.look_many(state, now, cost), 1),
            Self::Log(log, state) if take => (log.take_many(state, now * 1_000, cost), 1_000),
            Self::Log(log, state) => (log.look_many(state, now * 1_000, cost), 1_000),
        };
        (standing.allowed, standing.remaining, u64::try_from(standing.wait.as_nanos()).unwrap() / unit)
    }
}

fn tier() -> impl Strategy<Value = Tier> {
    let limit = prop_oneof![4 => 1_u32..12, 1 => 1_u32..3_000];
    (any::<bool>(), limit, 1_u64..2_000, prop::bool::weighted(0.8)).prop_map(
        |(gcra, limit, seconds, enforced)| Tier { gcra, limit, seconds, enforced, cost: 1, most: 1, owed: 0 },
    )
}

/// Gaps between requests, in parts of the first tier's window: none, a little, about an interval, about a window.
fn gap() -> impl Strategy<Value = (u64, i64, u32)> {
    let part = prop_oneof![3 => Just(0), 2 => 0_u64..50_000, 2 => 50_000_u64..500_000, 1 => Just(1_000_000)];
    (part, -1_i64..2, prop_oneof![4 => Just(1), 2 => 0_u32..5, 1 => Just(13)])
}

#[test]
fn the_script_decides_as_the_algorithms_do() {
    let server = Server::start();
    let runner = TestRunner::new(Cases { cases: 300, failure_persistence: None, ..Cases::default() });
    let cases = (vec(tier(), 1..3), vec(gap(), 1..60));
    check(runner, &cases, |(mut tiers, gaps)| {
        server.flush();
        let mut models: Vec<_> = tiers.iter().map(Model::of).collect();
        let mut now = START;
        for (part, off, cost) in gaps {
            tiers.iter_mut().for_each(|tier| (tier.cost, tier.most) = (cost, cost));
            now = (now + part * tiers[0].seconds).saturating_add_signed(off.max(-i64::from(part > 0)));
            let looked: Vec<_> = models.iter_mut().map(|model| model.ask(now, cost, false)).collect();
            let refused = tiers.iter().zip(&looked).any(|(tier, looked)| tier.enforced && !looked.0);
            let expected: Vec<_> = models.iter_mut().map(|model| model.ask(now, cost, !refused)).collect();
            prop_assert_eq!(server.decide(&tiers, now), expected);
        }
        Ok(())
    });
}

fn check<S: Strategy>(
    mut runner: TestRunner,
    cases: &S,
    test: impl Fn(S::Value) -> Result<(), TestCaseError>,
) {
    if let Err(error) = runner.run(cases, test) {
        panic!("{error}");
    }
}

#[test]
fn numbers_stay_exact_at_the_ends_of_their_ranges() {
    let server = Server::start();
    for tier in [Tier::gcra(u32::MAX, 1), Tier::gcra(u32::MAX, 31 * 86_400), Tier::gcra(1, 31 * 86_400)] {
        server.flush();
        let mut model = Model::of(&tier);
        for step in [0, 0, 1, 999_999, 7] {
            let now = START * 2 + step;
            assert_eq!(server.decide(&[tier], now), [model.ask(now, 1, true)], "{tier:?}");
        }
    }
    let tier = Tier::log(10_000, 31 * 86_400);
    server.flush();
    let mut model = Model::of(&tier);
    for n in 0..10_003 {
        assert_eq!(server.decide(&[tier], START + n), [model.ask(START + n, 1, true)], "{n}");
    }
    // Nearly all of the log is over at once.
    let later = START + 31 * 86_400 * SECOND + 9_990;
    assert_eq!(server.decide(&[tier], later), [model.ask(later, 1, true)]);
    assert_eq!(server.command(&["LLEN", "{c}:a"]), "10");
}

#[test]
fn a_clock_that_goes_back_admits_no_more_and_locks_nobody_out_for_longer_than_a_window() {
    let server = Server::start();
    for back in [1, SECOND, 3_600 * SECOND] {
        server.flush();
        let tier = Tier::log(3, 60);
        for _ in 0..3 {
            assert!(server.decide(&[tier], START)[0].0);
        }
        let now = START - back;
        assert_eq!(server.decide(&[tier], now), [(false, 0, 60 * SECOND)]);
        assert_eq!(server.decide(&[tier], now + 60 * SECOND - 1), [(false, 0, 1)]);
        assert_eq!(server.decide(&[tier], now + 60 * SECOND), [(true, 2, 60 * SECOND)]);
        assert_ne!(server.command(&["PTTL", "{c}:a"]), "-1");

        server.flush();
        let tier = Tier::gcra(3, 60);
        for _ in 0..3 {
            assert!(server.decide(&[tier], START)[0].0);
        }
        let (allowed, remaining, wait) = server.decide(&[tier], now)[0];
        assert!(!allowed && remaining == 0 && wait <= 20 * SECOND, "{wait}");
        assert!(server.decide(&[tier], now + 21 * SECOND)[0].0);
    }
    // Half of the log is in the future: that half counts as of now.
    server.flush();
    let tier = Tier::log(4, 60);
    for at in [0, 10, 20, 30] {
        assert!(server.decide(&[tier], START + at * SECOND)[0].0);
    }
    assert_eq!(server.decide(&[tier], START + 15 * SECOND), [(false, 0, 45 * SECOND)]);
    assert!(server.decide(&[tier], START + 60 * SECOND)[0].0);
    assert!(server.decide(&[tier], START + 70 * SECOND)[0].0);
    assert_eq!(server.decide(&[tier], START + 75 * SECOND - 1), [(false, 0, 1)]);
    assert!(server.decide(&[tier], START + 75 * SECOND)[0].0);
}

#[test]
fn another_quota_on_the_same_state_is_kept_at_once() {
    let server = Server::start();
    for _ in 0..10 {
        assert!(server.decide(&[Tier::gcra(10, 3_600)], START)[0].0);
    }
    // Of the hour that is owed, the new quota asks for a minute at most.
    assert_eq!(server.decide(&[Tier::gcra(60, 60)], START), [(false, 0, SECOND)]);
    assert!(server.decide(&[Tier::gcra(60, 60)], START + SECOND)[0].0);

    server.flush();
    for second in 0..6 {
        assert!(server.decide(&[Tier::log(10, 60)], START + second * SECOND)[0].0);
    }
    // Four of six have to be over before three fit again.
    assert_eq!(server.decide(&[Tier::log(3, 60)], START + 6 * SECOND), [(false, 0, 57 * SECOND)]);
    assert_eq!(server.decide(&[Tier::log(3, 60)], START + 63 * SECOND), [(true, 0, SECOND)]);
    assert_eq!(server.decide(&[Tier::log(10, 60)], START + 63 * SECOND), [(true, 6, SECOND)]);
}

#[test]
fn as_much_is_taken_as_there_is() {
    let server = Server::start();
    for tier in [Tier::gcra(10, 60), Tier::log(10, 60)] {
        server.flush();
        let ask = |cost, most| {
            let tier = Tier { cost, most, ..tier };
            let answer: Vec<u64> = server.call(&server.decide, &["{c}:a"], tier.args(), START);
            (answer[0] == 1, answer[1], answer[3])
        };
        assert_eq!(ask(1, 4), (true, 6, 4));
        assert_eq!(ask(2, 5), (true, 1, 5));
        assert_eq!(ask(2, 5), (false, 1, 0));
        assert_eq!(ask(1, 5), (true, 0, 1));
        assert_eq!(ask(1, 5), (false, 0, 0));
        assert_eq!(ask(0, 0), (true, 0, 0));
    }
}

#[test]
fn what_is_owed_counts_whatever_becomes_of_the_request() {
    let server = Server::start();
    for tier in [Tier::gcra(10, 60), Tier::log(10, 60)] {
        server.flush();
        let owing = |owed| server.decide(&[Tier { owed, ..tier }], START)[0];
        assert_eq!(owing(0).1, 9);
        assert_eq!(owing(4).1, 4);
        let (fits, remaining, wait) = owing(7);
        assert!(!fits && remaining == 0 && wait <= 60 * SECOND, "{wait}");
        assert!(!owing(1_000).0);
        assert_ne!(server.command(&["PTTL", "{c}:a"]), "-1");
        // No more than a whole window is owed.
        assert!(server.decide(&[tier], START + 60 * SECOND)[0].0);
    }
}

#[test]
fn what_is_given_back_is_there_again() {
    let server = Server::start();
    let give_back = by_our_clock(GIVE_BACK);
    for (tier, name, time) in
        [(Tier::gcra(10, 60), "gcra", 6 * SECOND), (Tier::log(10, 60), "log", 60 * SECOND)]
    {
        server.flush();
        let back = |count: u32, mark: u64, now: u64| {
            let mark = i64::try_from(mark).unwrap().into();
            let args = [name.into(), i64::try_from(time).unwrap().into(), count.into(), mark];
            let _: i64 = server.call(&give_back, &["{c}:a"], args, now);
        };
        // Of a key that is not there any more nothing is given back.
        back(3, START, START);
        assert_eq!(server.decide(&[tier], START)[0].1, 9);
        for _ in 0..9 {
            assert!(server.decide(&[tier], START)[0].0);
        }
        assert!(!server.decide(&[tier], START)[0].0);
        back(4, START, START);
        assert_eq!(server.decide(&[tier], START)[0].1, 3);
        assert_ne!(server.command(&["PTTL", "{c}:a"]), "-1");
        // What was counted at another time stays; so does what is paid by now.
        back(3, START - 60 * SECOND, START);
        assert_eq!(server.decide(&[tier], START)[0].1, 2);
    }
}

#[test]
fn what_is_no_number_counts_as_nothing() {
    let server = Server::start();
    for text in ["", "x", "nan", "-nan", "inf", "-inf", "1e300", "-5", "0x10"] {
        server.command(&["SET", "{c}:a", text]);
        let answer = server.decide(&[Tier::gcra(10, 60)], START)[0];
        assert!(answer.2 <= 6 * SECOND, "{text}: {answer:?}");
        server.command(&["DEL", "{c}:a"]);
        server.command(&["RPUSH", "{c}:a", text]);
        let answer = server.decide(&[Tier::log(10, 60)], START)[0];
        assert!(answer.0 && answer.2 <= 60 * SECOND, "{text}: {answer:?}");
        server.flush();
    }
}

#[test]
fn keys_go_by_themselves() {
    let server = Server::start();
    let alive = |key: &str| -> i64 { server.command(&["PTTL", key]).parse().unwrap() };
    server.decide(&[Tier::gcra(10, 60), Tier::log(10, 60)], START);
    assert!((1..=7_000).contains(&alive("{c}:a")));
    assert!((60_000..=61_000).contains(&alive("{c}:b")));
    server.beat("one", START);
    assert!((1..=30_000).contains(&alive("replicas")));
}

#[test]
fn replicas_count_as_long_as_they_beat() {
    let server = Server::start();
    assert_eq!(server.beat("one", START), 1);
    assert_eq!(server.beat("two", START + 5 * SECOND), 2);
    assert_eq!(server.beat("one", START + 5 * SECOND), 2);
    assert_eq!(server.beat("one", START + 20 * SECOND - 1), 2);
    assert_eq!(server.beat("one", START + 20 * SECOND), 1);
    // The clock goes back: who is alive says so again.
    assert_eq!(server.beat("two", START - 3_600 * SECOND), 1);
    assert_eq!(server.beat("one", START - 3_600 * SECOND), 2);
}
