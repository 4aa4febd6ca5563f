//! Ten thousand probes at a time, and not one question more to the servers behind.
#![allow(clippy::unwrap_used, reason = "a helper that can't do its work fails the test")]

mod support;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use campotech_testkit::{Postgres, RawConnection, Redis};
use support::Server;
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::sleep;

const HERD: usize = 10_000;
const HANG_UPS: usize = 1_000;
const ROUTES: [&str; 3] = ["/health", "/ready", "/health/components/postgres"];
const INTERVAL: Duration = Duration::from_secs(5);

/// How often each of the servers was asked, as it says itself, and as the checker says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Asked {
    postgres: u64,
    redis: u64,
    by_checks: [u64; 2],
}

struct Watched {
    postgres: Postgres,
    redis: Redis,
    server: Server,
}

impl Watched {
    async fn start(dir: &std::path::Path) -> Self {
        let postgres = Postgres::builder().setting("log_statement", "all").setting("log_line_prefix", "%u ");
        // With a password, for without one the client says PING to greet the server on each new connection.
        let redis = Redis::builder().password("secreto");
        let (postgres, redis) = tokio::join!(postgres.start(), redis.start());
        let (database, cache) = (postgres.url(), redis.url());
        let variables = [
            ("DATABASE_URL", &*database),
            ("REDIS_URL", &cache),
            ("CAMPOTECH_MAX_CONNECTIONS", "12000"),
            ("CAMPOTECH_CLIENT_CONNECTIONS", "12000"),
        ];
        let server = Server::start(dir, &variables).ready().await;
        Self { postgres, redis, server }
    }

    /// Just after a run of both checks, so that none is under way while it is counted.
    async fn asked(&self) -> Asked {
        let runs = async || {
            let metrics = self.server.get(1, "/metrics").await.text();
            ["postgres", "redis"].map(|component| runs_of(&metrics, component))
        };
        loop {
            let before = runs().await;
            let pings = self.redis.command(&["INFO", "commandstats"]).await;
            let log = self.postgres.log();
            if runs().await == before && self.quiet_for(before).await {
                return Asked {
                    postgres: log.matches("LOG:  statement: SELECT pg_is_in_recovery()").count() as u64,
                    redis: calls(&pings, "ping"),
                    by_checks: before,
                };
            }
        }
    }

    /// A run takes a moment from its question to its report: whoever looks in between looks again.
    async fn quiet_for(&self, runs: [u64; 2]) -> bool {
        sleep(Duration::from_secs(1)).await;
        let metrics = self.server.get(1, "/metrics").await.text();
        ["postgres", "redis"].map(|component| runs_of(&metrics, component)) == runs
    }
}

fn runs_of(metrics: &str, component: &str) -> u64 {
    let series = format!("health_check_duration_seconds_count{{component=\"{component}\"");
    metrics.lines().filter(|line| line.starts_with(&series)).map(last_number).sum()
}

fn changes(metrics: &str) -> u64 {
    metrics.lines().filter(|line| line.starts_with("health_state_changes_total{")).map(last_number).sum()
}

fn last_number(line: &str) -> u64 {
    line.rsplit(' ').next().unwrap().parse().unwrap()
}

fn calls(stats: &str, command: &str) -> u64 {
    let start = format!("cmdstat_{command}:calls=");
    stats.lines().find_map(|line| line.strip_prefix(&start)?.split(',').next()?.parse().ok()).unwrap_or(0)
}

fn question(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nhost: campotech.test\r\n\r\n")
}

async fn gather(addr: SocketAddr) -> Vec<RawConnection> {
    let (mut opening, few) = (JoinSet::new(), Arc::new(Semaphore::new(200)));
    for _ in 0..HERD {
        let few = Arc::clone(&few);
        opening.spawn(async move {
            let _one_of_few = few.acquire_owned().await.unwrap();
            RawConnection::open(addr).await.unwrap()
        });
    }
    opening.join_all().await
}

/// Each asks one of the routes; all have asked before anybody reads an answer.
async fn stampede(herd: Vec<RawConnection>, round: usize) -> Vec<RawConnection> {
    let mut asking = JoinSet::new();
    for (n, mut connection) in herd.into_iter().enumerate() {
        let path = ROUTES[(n + round) % ROUTES.len()];
        asking.spawn(async move {
            connection.send(question(path)).await.unwrap();
            (connection, path)
        });
    }
    let mut reading = JoinSet::new();
    for (mut connection, path) in asking.join_all().await {
        reading.spawn(async move {
            let answer = connection.receive().await.unwrap();
            assert_eq!(answer.status, 200, "{path}: {}", answer.text());
            connection
        });
    }
    reading.join_all().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_herd_of_probes_asks_the_servers_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let watched = Watched::start(dir.path()).await;
    let mut herd = gather(watched.server.addr).await;
    let (before, began) = (watched.asked().await, Instant::now());

    for round in 0..3 {
        herd = stampede(herd, round).await;
        for path in ["/live", "/metrics"] {
            assert_eq!(watched.server.get(1, path).await.status, 200);
        }
        sleep((INTERVAL * (u32::try_from(round).unwrap() + 1)).saturating_sub(began.elapsed())).await;
    }
    let (after, took) = (watched.asked().await, began.elapsed());
    let [by_postgres, by_redis] = [0, 1].map(|check| after.by_checks[check] - before.by_checks[check]);
    assert_eq!(after.postgres - before.postgres, by_postgres, "{before:?} {after:?}");
    assert_eq!(after.redis - before.redis, by_redis, "{before:?} {after:?}");
    // As many as without a herd: one in an interval, which may be a tenth shorter.
    let most = (took.as_secs_f64() / (INTERVAL.as_secs_f64() * 0.9)) as u64 + 1;
    assert!(
        (2..=most).contains(&by_postgres) && (2..=most).contains(&by_redis),
        "{before:?} {after:?} {took:?}"
    );
    println!("{} probes in {took:?}: PostgreSQL was asked {by_postgres} times, Redis {by_redis}", 3 * HERD);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn clients_that_hang_up_change_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let watched = Watched::start(dir.path()).await;
    let addr = watched.server.addr;
    let before = watched.asked().await;
    let changed = changes(&watched.server.get(1, "/metrics").await.text());
    let mut leaving = JoinSet::new();
    for n in 0..HANG_UPS {
        leaving.spawn(async move {
            let stream = TcpStream::connect(addr).await.unwrap();
            let question = question(ROUTES[n % ROUTES.len()]);
            // Within the head, within the answer, by a goodbye or by a reset.
            let sent = question.len() - if n % 2 == 0 { 0 } else { 10 };
            stream.writable().await.unwrap();
            stream.try_write(&question.as_bytes()[..sent]).unwrap();
            if n % 3 == 0 {
                stream.set_zero_linger().unwrap();
            }
        });
    }
    leaving.join_all().await;
    let after = watched.asked().await;
    assert_eq!(after.postgres - before.postgres, after.by_checks[0] - before.by_checks[0]);
    assert_eq!(after.redis - before.redis, after.by_checks[1] - before.by_checks[1]);
    let metrics = watched.server.get(1, "/metrics").await.text();
    assert_eq!(changes(&metrics), changed, "no state has changed");
    for path in ["/live", "/ready", "/health", "/health/components/postgres"] {
        assert_eq!(watched.server.get(1, path).await.status, 200, "{path}");
    }
}
