//! Networks that fail between the server and its dependencies: which statuses clients see, in a table.
#![allow(clippy::unwrap_used, reason = "a helper that can't do its work fails the test")]

mod support;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use campotech_testkit::{Fault, FaultProxy};
use futures_util::future::join_all;
use serde_json::json;
use support::{Ask, Backend, Kind, Server, voice_message};
use tokio::time::sleep;

const FREE: [(&str, &str); 3] = [
    ("CAMPOTECH_RATE_STANDARD", "1000000/1m"),
    ("CAMPOTECH_RATE_WEBHOOK", "1000000/1m"),
    ("CAMPOTECH_DATABASE_POOL", "4"),
];
const BACK: Duration = Duration::from_secs(15);

/// What is done to the network, and how.
enum Trouble {
    Fault(Fault),
    ResetAll,
    ResetMidAnswer,
}

struct Setup {
    _backend: Backend,
    server: Server,
    token: String,
    proxy: FaultProxy,
    asked: AtomicU32,
}

type Statuses = BTreeMap<u16, u32>;

impl Setup {
    /// A server whose way to one of its dependencies leads through the proxy.
    async fn new(through: &str) -> Self {
        let backend = Backend::new(Kind::PostgresWithRedis).await;
        let (postgres, redis) = (backend.postgres.as_ref().unwrap(), backend.redis.as_ref().unwrap());
        let upstream = if through == "postgres" { postgres.addr() } else { redis.addr() };
        let proxy = FaultProxy::start(upstream).await;
        let (database, queue) = if through == "postgres" {
            (postgres.url_via(proxy.addr()), redis.url())
        } else {
            (postgres.url(), redis.url_via(proxy.addr()))
        };
        let variables = [&FREE[..], &[("DATABASE_URL", &database), ("REDIS_URL", &queue)]].concat();
        let server = Server::start(backend.dir.path(), &variables).ready().await;
        let token = server.log_in(1, "ana@example.com").await;
        Self { _backend: backend, server, token, proxy, asked: AtomicU32::new(0) }
    }

    fn apply(&self, trouble: &Trouble) {
        match trouble {
            Trouble::Fault(fault) => self.proxy.set(*fault),
            Trouble::ResetAll => self.proxy.reset_all(),
            Trouble::ResetMidAnswer => self.proxy.reset_after(40),
        }
    }

    async fn one(&self, kind: &str) -> u16 {
        let n = self.asked.fetch_add(1, Ordering::Relaxed) + 1;
        let job =
            json!({"title": format!("{n}"), "customer_phone": "011 15 2345-6789", "priority": "normal"});
        let voice = voice_message(&format!("wamid.{n}"), "5491123456789", &format!("media-{n}"));
        let ask = match kind {
            "read" => Ask::new("GET", "/api/v1/jobs?limit=1").bearer(&self.token),
            "write" => Ask::new("POST", "/api/v1/jobs").bearer(&self.token).json(&job),
            _ => self.server.callback(&voice),
        };
        self.server.ask(ask).await.status.as_u16()
    }

    /// Asks six times of each kind at once while the trouble lasts, then waits until all is well again.
    async fn row(&self, name: &str, trouble: &Trouble) -> (Statuses, String) {
        let mut all = Statuses::new();
        let mut cells = Vec::new();
        for kind in ["read", "write", "webhook"] {
            let asks = join_all((0..6).map(|_| self.one(kind)));
            let meddling = async {
                for _ in 0..6 {
                    self.apply(trouble);
                    sleep(Duration::from_millis(2)).await;
                }
            };
            let mut statuses = Statuses::new();
            for status in tokio::join!(asks, meddling).0 {
                *statuses.entry(status).or_default() += 1;
            }
            cells.push(format!("{kind} {statuses:?}"));
            statuses.into_iter().for_each(|(status, n)| *all.entry(status).or_default() += n);
        }
        self.proxy.set(Fault::Pass);
        let passed = Instant::now();
        loop {
            let statuses = [self.one("read").await, self.one("write").await, self.one("webhook").await];
            if statuses == [200, 201, 200] {
                break;
            }
            assert!(passed.elapsed() < BACK, "{name}: still {statuses:?}");
            sleep(Duration::from_millis(50)).await;
        }
        let row = format!("| {name} | {} | back after {:?} |", cells.join(" | "), passed.elapsed());
        (all, row)
    }
}

fn troubles() -> [(&'static str, Trouble); 6] {
    [
        ("500 ms each way", Trouble::Fault(Fault::Delay(Duration::from_millis(500)))),
        ("blackhole", Trouble::Fault(Fault::Blackhole)),
        ("half-open", Trouble::Fault(Fault::HalfOpen)),
        ("connections refused", Trouble::Fault(Fault::Refuse)),
        ("every connection reset", Trouble::ResetAll),
        ("reset within an answer", Trouble::ResetMidAnswer),
    ]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn between_the_server_and_postgres_clients_see_success_or_503() {
    let setup = Setup::new("postgres").await;
    for (name, trouble) in troubles() {
        let (statuses, row) = setup.row(name, &trouble).await;
        println!("{row}");
        assert!(statuses.keys().all(|status| matches!(status, 200 | 201 | 503)), "{name}: {statuses:?}");
        if matches!(trouble, Trouble::Fault(Fault::Blackhole)) {
            assert!(statuses.keys().all(|status| *status == 503), "{name}: {statuses:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn between_the_server_and_redis_clients_see_nothing() {
    let setup = Setup::new("redis").await;
    for (name, trouble) in troubles() {
        let (statuses, row) = setup.row(name, &trouble).await;
        println!("{row}");
        assert!(statuses.keys().all(|status| matches!(status, 200 | 201)), "{name}: {statuses:?}");
    }
    // The third kind of three.
    let sent = setup.asked.load(Ordering::Relaxed) / 3;
    setup.server.metric_becomes(r#"jobs_created_total{kind="voice"}"#, f64::from(sent)).await;
}
