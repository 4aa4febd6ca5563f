//! PostgreSQL, Redis and another service freeze, fall silent, or end, all at a time; 200 probes a second never wait for any.
#![allow(clippy::unwrap_used, reason = "a helper that can't do its work fails the test")]

mod support;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use campotech_testkit::{Fault, FaultProxy, Postgres, RawConnection, Redis};
use rustix::process::Signal;
use support::Server;
use tempfile::TempDir;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until, timeout};

const ROUTES: [&str; 4] = ["/live", "/ready", "/health", "/health/components/postgres"];
const PER_SECOND: u32 = 200;
/// They take turns, so that one late answer makes no other late.
const CONNECTIONS: u32 = 40;
/// From the moment of a fault, or of its end, to answers that tell of it.
const SEEN: Duration = Duration::from_secs(9);
/// 999 of 1,000 answers, and all of them, counted from when they were due.
const MOST: Duration = Duration::from_millis(100);
const ALL: Duration = Duration::from_millis(250);
/// Nobody waits for longer.
const LATE: Duration = Duration::from_secs(2);

/// An answer, and how long after it was due it came.
#[derive(Debug, Clone)]
struct Answer {
    due: Instant,
    took: Duration,
    path: &'static str,
    status: u16,
    body: String,
}

/// An open loop: who asks does not wait for the answers before.
struct Load {
    answers: Arc<Mutex<Vec<Answer>>>,
    clients: JoinSet<()>,
    begin: Instant,
}

/// The service, and what it depends on, each behind a network that can fail.
struct World {
    postgres: Postgres,
    redis: Redis,
    peer: Option<Server>,
    peer_addr: SocketAddr,
    proxies: [FaultProxy; 3],
    server: Server,
    dirs: [TempDir; 2],
}

impl Load {
    fn start(addr: SocketAddr) -> Self {
        let (answers, begin) = (Arc::<Mutex<Vec<Answer>>>::default(), Instant::now());
        let mut clients = JoinSet::new();
        let turn = Duration::from_secs(1) / PER_SECOND;
        for n in 0..CONNECTIONS {
            let answers = Arc::clone(&answers);
            clients.spawn(async move {
                let mut connection = RawConnection::open(addr).await.unwrap();
                for round in 0.. {
                    let place = round * CONNECTIONS + n;
                    let due = begin + turn * place;
                    sleep_until(due).await;
                    // Each connection comes to each of them in turn.
                    let path = ROUTES[((round + n) as usize) % ROUTES.len()];
                    let question = format!("GET {path} HTTP/1.1\r\nhost: campotech.test\r\n\r\n");
                    connection.send(question).await.unwrap();
                    let answer = timeout(LATE, connection.receive()).await.expect(path).unwrap();
                    let (took, status, body) = (due.elapsed(), answer.status.as_u16(), answer.text());
                    answers.lock().unwrap().push(Answer { due, took, path, status, body });
                }
            });
        }
        Self { answers, clients, begin }
    }

    fn since(&self, moment: Instant) -> Vec<Answer> {
        self.answers.lock().unwrap().iter().filter(|answer| answer.due >= moment).cloned().collect()
    }

    /// Waits until all routes but `/live` have this code, in time; `/live` stays as it is.
    async fn becomes(&mut self, moment: Instant, code: u16, ready: u16) -> Duration {
        loop {
            assert!(self.clients.try_join_next().is_none(), "a client was not answered");
            sleep(Duration::from_millis(20)).await;
            let answers = self.since(moment);
            let last = |path| answers.iter().rev().find(|answer| answer.path == path);
            let is = |path, code| last(path).is_some_and(|answer| answer.status == code);
            assert!(answers.iter().all(|answer| answer.path != "/live" || answer.status == 200), "live");
            if is(ROUTES[1], ready) && is(ROUTES[2], ready) && is(ROUTES[3], code) {
                return moment.elapsed();
            }
            assert!(
                moment.elapsed() < SEEN,
                "{:?}",
                ROUTES.map(|path| last(path).map(|a| (path, a.status, a.body.clone())))
            );
        }
    }

    /// What the answers took: how many there were, 999 of 1,000, and the longest.
    async fn finish(mut self) -> (usize, Duration, Duration) {
        // The last that were due are answered, too.
        let due = self.begin.elapsed();
        sleep(ALL).await;
        assert!(self.clients.try_join_next().is_none(), "a client was not answered");
        self.clients.abort_all();
        let mut took: Vec<_> = self.answers.lock().unwrap().iter().map(|answer| answer.took).collect();
        let expected = due.as_secs_f64() * f64::from(PER_SECOND);
        assert!(took.len() as f64 >= expected - 1.0, "{} of {expected}", took.len());
        took.sort_unstable();
        (took.len(), took[took.len() * 999 / 1_000], took[took.len() - 1])
    }
}

impl World {
    async fn new() -> Self {
        let dirs = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
        let (postgres, redis) = tokio::join!(Postgres::start(), Redis::start());
        let peer = Server::start(dirs[1].path(), &[]).ready().await;
        let proxies = [
            FaultProxy::start(postgres.addr()).await,
            FaultProxy::start(redis.addr()).await,
            FaultProxy::start(peer.addr).await,
        ];
        let variables = [
            ("DATABASE_URL", postgres.url_via(proxies[0].addr())),
            ("REDIS_URL", redis.url_via(proxies[1].addr())),
            ("CAMPOTECH_EXTERNAL_CHECKS", format!("pricing=http://{}/live", proxies[2].addr())),
        ];
        let server =
            Server::start(dirs[0].path(), &variables.each_ref().map(|(name, value)| (*name, &**value)));
        let server = server.ready().await;
        let peer_addr = peer.addr;
        Self { postgres, redis, peer: Some(peer), peer_addr, proxies, server, dirs }
    }

    fn freeze(&self) {
        self.postgres.freeze();
        self.redis.freeze();
        self.peer.iter().for_each(|peer| peer.signal(Signal::STOP));
    }

    fn thaw(&self) {
        self.postgres.thaw();
        self.redis.thaw();
        self.peer.iter().for_each(|peer| peer.signal(Signal::CONT));
    }

    async fn stop(&mut self) {
        tokio::join!(self.postgres.kill(), self.redis.kill());
        self.peer.take().unwrap().kill();
    }

    async fn restart(&mut self) {
        tokio::join!(self.postgres.restart(), self.redis.restart());
        let addr = self.peer_addr.to_string();
        self.peer = Some(Server::start(self.dirs[1].path(), &[("CAMPOTECH_LISTEN", &*addr)]));
    }

    /// The states of the other two, as `/health` tells them.
    async fn others(&self) -> [String; 2] {
        let health: serde_json::Value =
            serde_json::from_str(&self.server.get(1, "/health").await.text()).unwrap();
        ["redis", "pricing"].map(|name| health["components"][name]["status"].as_str().unwrap().to_owned())
    }

    async fn others_become(&self, moment: Instant, status: &str) {
        while self.others().await.iter().any(|other| other != status) {
            assert!(moment.elapsed() < SEEN, "{:?}", self.others().await);
            sleep(Duration::from_millis(50)).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_probe_waits_for_what_has_failed_and_each_is_told_in_time() {
    let mut world = World::new().await;
    let mut load = Load::start(world.server.addr);
    let mut told = Vec::new();
    sleep(Duration::from_secs(1)).await;
    for fault in ["frozen", "blackholed", "restarted"] {
        let moment = Instant::now();
        match fault {
            "frozen" => world.freeze(),
            "blackholed" => world.proxies.iter().for_each(|proxy| proxy.set(Fault::Blackhole)),
            _ => world.stop().await,
        }
        let unready = load.becomes(moment, 503, 503).await;
        world.others_become(moment, "unhealthy").await;
        let moment = Instant::now();
        match fault {
            "frozen" => world.thaw(),
            "blackholed" => world.proxies.iter().for_each(|proxy| proxy.set(Fault::Pass)),
            _ => world.restart().await,
        }
        let ready = load.becomes(moment, 200, 200).await;
        world.others_become(moment, "healthy").await;
        told.push(format!("{fault}: unready after {unready:.1?}, ready after {ready:.1?}"));
    }
    let (answers, most, longest) = load.finish().await;
    println!("{}; {answers} probes, p99.9 {most:?}, the longest {longest:?}", told.join("; "));
    assert!(most < MOST, "{most:?}");
    assert!(longest < ALL, "{longest:?}");
}

/// The code and the phase of `/ready`.
async fn ready(connection: &mut RawConnection) -> (u16, String) {
    connection.send("GET /ready HTTP/1.1\r\nhost: campotech.test\r\n\r\n").await.unwrap();
    let answer = connection.receive().await.unwrap();
    let body: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
    (answer.status.as_u16(), body["phase"].as_str().unwrap().to_owned())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_milliseconds_after_the_signal_nobody_is_told_that_it_is_ready() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(dir.path(), &[]).ready().await;
    let mut connection = RawConnection::open(server.addr).await.unwrap();
    assert_eq!(ready(&mut connection).await, (200, "serving".to_owned()));
    let signalled = Instant::now();
    server.terminate();
    loop {
        let asked = Instant::now();
        let (code, phase) = ready(&mut connection).await;
        if code == 503 {
            assert_eq!(phase, "draining");
            break;
        }
        assert!(asked - signalled < Duration::from_millis(10), "{:?} after the signal", asked - signalled);
    }
    assert_eq!(server.get(1, "/live").await.status, 200);
}

#[tokio::test]
async fn signals_switch_maintenance_on_and_off() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(dir.path(), &[]).ready().await;
    let mut connection = RawConnection::open(server.addr).await.unwrap();
    for (signal, expected) in [
        (Signal::USR1, (503, "maintenance".to_owned())),
        (Signal::USR1, (503, "maintenance".to_owned())),
        (Signal::USR2, (200, "serving".to_owned())),
    ] {
        server.signal(signal);
        let sent = Instant::now();
        while ready(&mut connection).await != expected {
            assert!(sent.elapsed() < Duration::from_secs(5), "{signal:?}");
            sleep(Duration::from_millis(5)).await;
        }
    }
}
