//! The CPU profile: what it shows, who may have it, one at a time.
#![allow(clippy::unwrap_used, reason = "a helper that can't do its work fails the test")]

mod support;

use std::io::Read;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use campotech_testkit::{RawConnection, RawResponse};
use prost::Message;
use support::platform;
use tokio::sync::Mutex;
use tokio::task::JoinHandle;

/// A process has one profiler, and the tests of one binary may be one process.
static ALONE: Mutex<()> = Mutex::const_new(());

/// What is read of `profile.proto`.
#[derive(Clone, PartialEq, Message)]
struct Profile {
    #[prost(message, repeated, tag = "1")]
    sample_type: Vec<Pair>,
    #[prost(message, repeated, tag = "2")]
    sample: Vec<Sample>,
    #[prost(message, repeated, tag = "4")]
    location: Vec<Location>,
    #[prost(message, repeated, tag = "5")]
    function: Vec<Function>,
    #[prost(string, repeated, tag = "6")]
    string_table: Vec<String>,
    #[prost(int64, tag = "10")]
    duration_nanos: i64,
    #[prost(message, optional, tag = "11")]
    period_type: Option<Pair>,
}

#[derive(Clone, PartialEq, Message)]
struct Pair {
    #[prost(int64, tag = "1")]
    first: i64,
    #[prost(int64, tag = "2")]
    second: i64,
}

#[derive(Clone, PartialEq, Message)]
struct Sample {
    #[prost(uint64, repeated, tag = "1")]
    location_id: Vec<u64>,
    #[prost(int64, repeated, tag = "2")]
    value: Vec<i64>,
    #[prost(message, repeated, tag = "3")]
    label: Vec<Pair>,
}

#[derive(Clone, PartialEq, Message)]
struct Location {
    #[prost(uint64, tag = "1")]
    id: u64,
    #[prost(message, repeated, tag = "4")]
    line: Vec<Line>,
}

#[derive(Clone, PartialEq, Message)]
struct Line {
    #[prost(uint64, tag = "1")]
    function_id: u64,
}

#[derive(Clone, PartialEq, Message)]
struct Function {
    #[prost(uint64, tag = "1")]
    id: u64,
    #[prost(int64, tag = "2")]
    name: i64,
}

impl Profile {
    fn unpack(packed: &[u8]) -> Self {
        let mut bytes = Vec::new();
        flate2::read::GzDecoder::new(packed).read_to_end(&mut bytes).unwrap();
        Self::decode(&bytes[..]).unwrap()
    }

    fn text(&self, place: i64) -> &str {
        &self.string_table[usize::try_from(place).unwrap()]
    }

    fn functions(&self, sample: &Sample) -> Vec<&str> {
        let location = |id: &u64| self.location.iter().find(|location| location.id == *id).unwrap();
        let function = |id: u64| self.function.iter().find(|function| function.id == id).unwrap();
        let lines = sample.location_id.iter().flat_map(|id| &location(id).line);
        lines.map(|line| self.text(function(line.function_id).name)).collect()
    }
}

/// A platform with both listeners.
struct Running {
    public: SocketAddr,
    admin: SocketAddr,
    task: JoinHandle<()>,
}

impl Running {
    async fn start() -> Self {
        let routes = Router::new().route("/hello", get(|| async { "hello" }));
        let bound = platform(&[("CAMPOTECH_ADMIN_LISTEN", "127.0.0.1:0")]).bind(routes).await.unwrap();
        let (public, admin) = (bound.addr(), bound.admin_addr().unwrap());
        let task = tokio::spawn(async move {
            bound.run().await;
        });
        Self { public, admin, task }
    }

    async fn profile(&self, query: &str) -> RawResponse {
        ask(self.admin, query).await.receive().await.unwrap()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn ask(addr: SocketAddr, query: &str) -> RawConnection {
    let mut connection = RawConnection::open(addr).await.unwrap();
    connection.send(format!("GET /debug/pprof/profile{query} HTTP/1.1\r\nhost: x\r\n\r\n")).await.unwrap();
    connection
}

#[inline(never)]
fn burn_the_midnight_oil(until: &AtomicBool) {
    let mut sum = 1_u64;
    while !until.load(Relaxed) {
        sum = std::hint::black_box(sum.wrapping_mul(3));
    }
}

#[tokio::test]
async fn a_busy_thread_shows_up_under_its_name() {
    let _alone = ALONE.lock().await;
    let running = Running::start().await;
    static DONE: AtomicBool = AtomicBool::new(false);
    let work = || burn_the_midnight_oil(&DONE);
    let busy = std::thread::Builder::new().name("night-owl".to_owned()).spawn(work).unwrap();
    let answer = running.profile("?seconds=1").await;
    DONE.store(true, Relaxed);
    busy.join().unwrap();

    assert_eq!(answer.status, 200);
    assert_eq!(answer.headers["content-type"], "application/octet-stream");
    assert_eq!(answer.headers["cache-control"], "no-store");
    let profile = Profile::unpack(&answer.body);
    let kinds = profile.sample_type.iter().map(|kind| (profile.text(kind.first), profile.text(kind.second)));
    assert_eq!(kinds.collect::<Vec<_>>(), [("samples", "count"), ("cpu", "nanoseconds")]);
    assert_eq!(profile.period_type.as_ref().map(|kind| profile.text(kind.first)), Some("cpu"));
    assert!(profile.duration_nanos >= 1_000_000_000);
    let mut seen = 0;
    for sample in &profile.sample {
        let [label] = &sample.label[..] else { panic!("{sample:?}") };
        assert_eq!(profile.text(label.first), "thread");
        let ours = profile.functions(sample).iter().any(|name| name.ends_with("burn_the_midnight_oil"));
        if ours {
            assert_eq!(profile.text(label.second), "night-owl");
            seen += sample.value[0];
        }
    }
    assert!(seen >= 5, "{seen} of {:?}", profile.string_table);
}

#[tokio::test]
async fn one_at_a_time_and_it_ends_with_its_client() {
    let _alone = ALONE.lock().await;
    let running = Running::start().await;
    let first = ask(running.admin, "?seconds=60").await;
    let wait = Duration::from_millis(20);
    // The first one is being taken when a second one is refused.
    let refused = loop {
        let answer =
            tokio::time::timeout(Duration::from_secs(5), running.profile("?seconds=1")).await.unwrap();
        if answer.status != 200 {
            break answer;
        }
        tokio::time::sleep(wait).await;
    };
    assert_eq!(refused.status, 409);
    assert_eq!(refused.headers["content-type"], "application/problem+json");
    assert!(refused.text().contains("A profile is being taken"), "{}", refused.text());

    drop(first);
    let freed = async {
        loop {
            let answer = running.profile("?seconds=1").await;
            if answer.status != 409 {
                return answer;
            }
            tokio::time::sleep(wait).await;
        }
    };
    // Long before the minute that was asked for is over.
    let answer = tokio::time::timeout(Duration::from_secs(20), freed).await.unwrap();
    assert_eq!(answer.status, 200);
}

#[tokio::test]
async fn only_the_admin_listener_has_it_and_only_as_it_can_be_had() {
    let _alone = ALONE.lock().await;
    let running = Running::start().await;
    let public = ask(running.public, "?seconds=1").await.receive().await.unwrap();
    assert_eq!(public.status, 404);
    for query in ["?seconds=0", "?seconds=61", "?seconds=x", "?format=svg"] {
        let answer = running.profile(query).await;
        assert_eq!(answer.status, 400, "{query}");
        assert!(answer.text().contains("from 1 to 60"), "{}", answer.text());
    }
    // Without an admin listener there is none at all, a loopback address or not.
    let alone = support::start(platform(&[]), Router::new()).await;
    assert_eq!(alone.get("/debug/pprof/profile?seconds=1").await.status, 404);
    assert_eq!(alone.get("/metrics").await.status, 200);
}
