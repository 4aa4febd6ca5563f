//! Four servers that share their rate limits: with clocks that disagree, without Redis for a while, and through failovers.
#![allow(clippy::unwrap_used, reason = "a helper that can't do its work fails the test")]

mod support;

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use campotech::security::rate_limit::{Gcra, Quota, gcra};
use campotech_testkit::{Redis, RedisCluster, RedisSentinel};
use futures_util::future::join_all;
use support::{Ask, KeepAlive, Lines, Server};
use tempfile::TempDir;
use tokio::time::{interval, sleep};

const SERVERS: usize = 4;
/// What preloads into a process to have its clock be another (Debian's package `faketime`).
const FAKETIME: &str = "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1";
const SKEWS: [&str; SERVERS] = ["-60", "-20", "+20", "+60"];
/// Nothing comes back while a test runs.
const HUNDRED_AN_HOUR: &str = "100/1h";
/// What the contract gives a request to wait when Redis falls silent.
const PENALTY: Duration = Duration::from_millis(50);
const BACK: Duration = Duration::from_secs(2);
/// What the contract gives a change to show in health.
const SEEN: Duration = Duration::from_secs(9);

/// The servers, each with a data directory of its own.
struct Fleet {
    servers: Vec<Server>,
    _dirs: Vec<TempDir>,
}

impl Fleet {
    /// With this limit; `skewed` with clocks that disagree.
    async fn start(redis: &str, limit: &str, skewed: bool) -> Self {
        let dirs: Vec<_> = (0..SERVERS).map(|_| tempfile::tempdir().unwrap()).collect();
        let skews = SKEWS.map(|skew| [("LD_PRELOAD", FAKETIME), ("FAKETIME", skew)]);
        let started: Vec<_> = dirs
            .iter()
            .zip(&skews)
            .map(|(dir, skew)| {
                let own = [("REDIS_URL", redis), ("CAMPOTECH_RATE_STANDARD", limit)];
                Server::start(dir.path(), &[&own[..], if skewed { &skew[..] } else { &[] }].concat())
            })
            .collect();
        let fleet = Self { servers: join_all(started.into_iter().map(Server::ready)).await, _dirs: dirs };
        fleet.shared(Duration::from_secs(30)).await;
        fleet
    }

    /// Waits until each server knows of all; says how long that took.
    async fn shared(&self, within: Duration) -> Duration {
        let began = Instant::now();
        for server in &self.servers {
            while !server.get(1, "/status").await.text().contains(&format!("shared by {SERVERS}")) {
                assert!(began.elapsed() < within, "not shared after {:?}", began.elapsed());
                sleep(Duration::from_millis(20)).await;
            }
        }
        began.elapsed()
    }

    /// Waits until the component of each server says so.
    async fn breaker_says(&self, words: &str) {
        let began = Instant::now();
        for server in &self.servers {
            loop {
                let told = server.get(1, "/health/components/rate_limits").await.text();
                if told.contains(words) {
                    break;
                }
                assert!(began.elapsed() < SEEN, "{told}");
                sleep(Duration::from_millis(50)).await;
            }
        }
    }

    /// How many decisions Redis did not make.
    async fn own_decisions(&self) -> f64 {
        let series = r#"rate_limit_decisions_total{tier="standard",decision="store_error"}"#;
        let counts = join_all(self.servers.iter().map(|server| server.metric(series))).await;
        counts.into_iter().map(|count| count.unwrap_or(0.0)).sum()
    }
}

/// What a client saw.
#[derive(Debug, Default)]
struct Seen {
    admitted: usize,
    limited: usize,
    other: Vec<u16>,
    longest: Duration,
}

impl Seen {
    /// Asks each server in turn.
    async fn of(fleet: &Fleet, from: u8, requests: usize, every: Duration) -> Self {
        let (mut seen, mut client, mut ticks) = (Self::default(), KeepAlive::new(from), interval(every));
        for n in 0..requests {
            ticks.tick().await;
            let began = Instant::now();
            // Without a token: 401 for whom the limit lets pass.
            let answer =
                client.ask(fleet.servers[n % SERVERS].addr, &Ask::new("GET", "/api/v1/jobs")).await.unwrap();
            seen.longest = seen.longest.max(began.elapsed());
            match answer.status.as_u16() {
                401 => seen.admitted += 1,
                429 => seen.limited += 1,
                other => seen.other.push(other),
            }
        }
        seen
    }
}

/// `redis-cli monitor`: every command that Redis executes, in its order, with its time.
struct Monitor {
    process: Child,
    lines: Lines,
}

impl Monitor {
    fn start(redis: &Redis) -> Self {
        let mut command = Command::new("redis-cli");
        command.args(["-u", &redis.url(), "--no-auth-warning", "monitor"]).stdout(Stdio::piped());
        let mut process = command.spawn().expect("redis-cli is not installed: apt-get install redis-server");
        let lines = Lines::read(process.stdout.take().unwrap());
        assert!(lines.wait_for(Duration::from_secs(10), |line| line == "OK"), "redis-cli does not monitor");
        Self { process, lines }
    }

    /// When, in microseconds, the limit of `client` was asked.
    fn decisions(&self, client: &str) -> Vec<u64> {
        let key = format!("{{{client}}}:standard\"");
        let asked = |line: &&str| line.contains("\"EVALSHA\"") || line.contains("\"evalsha\"");
        let text = self.lines.text();
        let times = text.lines().filter(asked).filter(|line| line.contains(&key)).map(|line| {
            let (seconds, micros) = line.split_whitespace().next().unwrap().split_once('.').unwrap();
            seconds.parse::<u64>().unwrap() * 1_000_000 + micros.parse::<u64>().unwrap()
        });
        times.collect()
    }
}

impl Drop for Monitor {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn four_servers_with_clocks_that_disagree_admit_what_one_would() {
    assert!(std::path::Path::new(FAKETIME).exists(), "faketime is not installed: apt-get install faketime");
    let redis = Redis::start().await;
    let fleet = Fleet::start(&redis.url(), "100/1m", true).await;
    // The clocks do disagree.
    let mut dates = Vec::new();
    for server in &fleet.servers {
        let date = server.get(1, "/live").await.headers["date"].to_str().unwrap().to_owned();
        dates.push(date);
    }
    dates.dedup();
    assert_eq!(dates.len(), SERVERS, "{dates:?}");

    let monitor = Monitor::start(&redis);
    // A machine that has Redis answer later than a request waits for it shows something else: another client tries again.
    for client in 8..12 {
        // Ten times the limit.
        let before = fleet.own_decisions().await;
        let seen = Seen::of(&fleet, client, 400, Duration::from_millis(60)).await;
        assert_eq!(seen.other, [0_u16; 0]);
        if fleet.own_decisions().await > before {
            continue;
        }
        let (gcra, mut state) = (Gcra::new(Quota::per_minute(100)).unwrap(), gcra::GcraState::default());
        let times = monitor.decisions(&format!("127.0.0.{client}/32"));
        assert_eq!(times.len(), 400);
        let model = times.iter().filter(|at| gcra.take(&mut state, *at * 1_000).allowed).count();
        assert_eq!(seen.admitted, model, "{seen:?}");
        assert!((130..=145).contains(&model), "{model}");
        return;
    }
    panic!("Redis was too slow for this test");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_redis_each_server_has_its_share_and_nobody_waits() {
    let redis = Redis::start().await;
    let fleet = Fleet::start(&redis.url(), HUNDRED_AN_HOUR, false).await;
    let before = Seen::of(&fleet, 8, 100, Duration::from_millis(5)).await;
    assert_eq!((before.admitted, before.other.len()), (100, 0));

    redis.freeze();
    let frozen = Seen::of(&fleet, 9, 400, Duration::from_millis(5)).await;
    assert_eq!(frozen.other, [0_u16; 0]);
    assert!((100..=110).contains(&frozen.admitted), "{frozen:?}");
    let most = before.longest + PENALTY + Duration::from_millis(20);
    assert!(frozen.longest <= most, "{frozen:?} after {before:?}");
    // Who had used all up before has nothing now.
    let again = Seen::of(&fleet, 8, 100, Duration::from_millis(5)).await;
    assert!(again.admitted <= 10, "{again:?}");

    // The breaker is a component, whose check looks every five seconds.
    fleet.breaker_says("\"reason\":\"timeout\"").await;
    redis.thaw();
    fleet.shared(BACK).await;
    fleet.breaker_says("\"status\":\"healthy\"").await;
    // The client of the outage doesn't get its quota once more.
    let after = Seen::of(&fleet, 9, 200, Duration::from_millis(5)).await;
    assert!(frozen.admitted + after.admitted <= 110, "{frozen:?} {after:?}");
    let thawed = Seen::of(&fleet, 10, 200, Duration::from_millis(5)).await;
    assert_eq!((thawed.admitted, thawed.other.len()), (100, 0));
}

/// Counts through a failover that `kill` causes; of a hundred a tenth more may pass.
async fn survives(url: &str, kill: impl AsyncFnOnce(), settled: impl AsyncFnOnce()) {
    let fleet = Fleet::start(url, HUNDRED_AN_HOUR, false).await;
    let load = Seen::of(&fleet, 8, 1_500, Duration::from_millis(8));
    let failover = async {
        // Some, not all, of the quota is used.
        sleep(Duration::from_millis(400)).await;
        kill().await;
        settled().await;
    };
    let (seen, ()) = tokio::join!(load, failover);
    assert_eq!(seen.other, [0_u16; 0]);
    assert!((90..=110).contains(&seen.admitted), "{seen:?}");
    assert!(seen.limited > 1_000, "{seen:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_primary_of_a_cluster_that_dies_is_no_error_and_hardly_more_requests() {
    let cluster = RedisCluster::start().await;
    let key = "campotech:limit:{127.0.0.8/32}:standard";
    let kill = async || {
        let primary = cluster.primary_of(key).await;
        cluster.kill(primary).await;
    };
    survives(&cluster.url(), kill, async || cluster.settled().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_primary_of_sentinels_that_dies_is_no_error_and_hardly_more_requests() {
    let sentinel = RedisSentinel::start().await;
    let kill = async || {
        sentinel.kill_primary().await;
    };
    survives(&sentinel.url(), kill, async || sentinel.settled().await).await;
}
