//! The Redis check against a cluster, and against a primary that a sentinel names.
#![allow(clippy::unwrap_used, reason = "a helper that can't do its work fails the test")]

use std::net::{Ipv4Addr, TcpListener};
use std::num::NonZeroU32;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use campotech_health::{Check, ComponentStatus, Reason, Redis};
use campotech_testkit::Redis as Server;
use fred::clients::Client;
use fred::types::config::Config;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

use ComponentStatus::{Healthy, Unhealthy};

const SECONDS_20: Duration = Duration::from_secs(20);
const OK: (ComponentStatus, Reason) = (Healthy, Reason::Ok);

fn check(url: &str, limit: Duration) -> Redis {
    let client = Client::new(Config::from_url(url).unwrap(), None, None, None);
    let check = Redis::new(&client).with_closer_look_every(NonZeroU32::MIN);
    check.with_connect_timeout(limit).unwrap().with_timeout(limit).unwrap()
}

async fn run(check: &Redis) -> (ComponentStatus, Reason) {
    let result = check.run().await;
    (result.status(), result.reason())
}

async fn becomes(check: &Redis, expected: &[(ComponentStatus, Reason)]) {
    let mut seen = Vec::new();
    let reached = timeout(SECONDS_20, async {
        loop {
            let result = check.run().await;
            if expected.contains(&(result.status(), result.reason())) {
                return;
            }
            seen.push(format!("{:?} {:?}", result.reason(), result.message()));
            sleep(Duration::from_millis(20)).await;
        }
    });
    assert!(reached.await.is_ok(), "{expected:?}, found {seen:?}");
}

/// Three primaries that share the slots.
async fn cluster() -> [Server; 3] {
    let start = || {
        Server::builder().setting("cluster-enabled", "yes").setting("cluster-node-timeout", "1000").start()
    };
    let (a, b, c) = tokio::join!(start(), start(), start());
    let servers = [a, b, c];
    for (server, slots) in servers.iter().zip([["0", "5460"], ["5461", "10922"], ["10923", "16383"]]) {
        let words = ["CLUSTER", "ADDSLOTSRANGE", slots[0], slots[1]];
        assert_eq!(server.command(&words).await, "OK");
        let port = server.addr().port().to_string();
        assert_eq!(servers[0].command(&["CLUSTER", "MEET", "127.0.0.1", &port]).await, "OK");
    }
    for server in &servers {
        timeout(SECONDS_20, async {
            let known = "cluster_known_nodes:3";
            let mut info = String::new();
            while !(info.contains("cluster_state:ok") && info.contains(known)) {
                sleep(Duration::from_millis(20)).await;
                info = server.command(&["CLUSTER", "INFO"]).await;
            }
        })
        .await
        .unwrap();
    }
    servers
}

async fn calls(server: &Server, command: &str) -> u64 {
    let text = server.command(&["INFO", "commandstats"]).await;
    let start = format!("cmdstat_{command}:calls=");
    let line = text.lines().find_map(|line| line.strip_prefix(&start));
    line.map_or(0, |rest| rest.split(',').next().unwrap().parse().unwrap())
}

#[tokio::test]
async fn every_primary_of_a_cluster_is_asked() {
    let servers = cluster().await;
    let url = format!("redis-cluster://{}", servers[0].addr());
    let cluster = check(&url, Duration::from_secs(30)).with_runs_per_connection(NonZeroU32::MAX);
    assert_eq!(run(&cluster).await, OK);
    let mut before = Vec::new();
    for server in &servers {
        before.push(calls(server, "ping").await);
    }
    for _ in 0..30 {
        assert_eq!(run(&cluster).await, OK);
    }
    let mut written = 0;
    for (server, before) in servers.iter().zip(before) {
        assert_eq!(calls(server, "ping").await - before, 30);
        written += calls(server, "set").await;
    }
    assert_eq!(written, 31, "one key in each run, wherever its slot is");

    // One that is full is found among those that are not.
    servers[2].command(&["CONFIG", "SET", "maxmemory", "1"]).await;
    becomes(&cluster, &[(Unhealthy, Reason::OutOfMemory)]).await;
    servers[2].command(&["CONFIG", "SET", "maxmemory", "0"]).await;
    becomes(&cluster, &[OK]).await;
}

#[tokio::test]
async fn a_cluster_without_one_of_its_primaries_is_unhealthy() {
    let servers = cluster().await;
    let url = format!("redis-cluster://{}", servers[0].addr());
    let cluster = check(&url, Duration::from_millis(500));
    becomes(&cluster, &[OK]).await;
    servers[1].freeze();
    assert_eq!(run(&cluster).await, (Unhealthy, Reason::Timeout));
    // The others notice, and serve nothing then.
    becomes(&cluster, &[(Unhealthy, Reason::Unreachable)]).await;
    servers[1].thaw();
    becomes(&cluster, &[OK]).await;
    servers[1].kill().await;
    becomes(&cluster, &[(Unhealthy, Reason::Refused), (Unhealthy, Reason::Unreachable)]).await;
    servers[1].restart().await;
    becomes(&cluster, &[OK]).await;
}

/// A sentinel that ends with the test.
struct Sentinel {
    process: Child,
    port: u16,
    _dir: TempDir,
}

impl Drop for Sentinel {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Tries another port where somebody took it meanwhile.
async fn sentinel(of: &Server, replica: &Server) -> Sentinel {
    loop {
        let mut sentinel = start_sentinel(of);
        let known = format!("127.0.0.1:{}", replica.addr().port());
        let knows = timeout(SECONDS_20, async {
            while !ask(sentinel.port).await.is_ok_and(|answer| answer.contains(&known)) {
                if sentinel.process.try_wait().unwrap().is_some() {
                    return false;
                }
                sleep(Duration::from_millis(20)).await;
            }
            true
        });
        if knows.await.unwrap() {
            return sentinel;
        }
    }
}

async fn ask(port: u16) -> std::io::Result<String> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await?;
    stream.write_all(b"SENTINEL REPLICAS jobs\r\n").await?;
    stream.shutdown().await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    Ok(answer)
}

fn start_sentinel(of: &Server) -> Sentinel {
    let dir = TempDir::new().unwrap();
    let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port();
    let conf = format!(
        "bind 127.0.0.1\nport {port}\nsentinel monitor jobs 127.0.0.1 {} 1\n\
         sentinel down-after-milliseconds jobs 300\nsentinel failover-timeout jobs 2000\n",
        of.addr().port()
    );
    std::fs::write(dir.path().join("sentinel.conf"), conf).unwrap();
    let process = Command::new("redis-server")
        .args(["sentinel.conf", "--sentinel"])
        .current_dir(dir.path())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    Sentinel { process, port, _dir: dir }
}

#[tokio::test]
async fn the_primary_that_a_sentinel_names_is_asked_also_after_a_failover() {
    let (primary, replica) = tokio::join!(Server::start(), Server::start());
    let port = primary.addr().port().to_string();
    replica.command(&["REPLICAOF", "127.0.0.1", &port]).await;
    let sentinel = sentinel(&primary, &replica).await;
    let url = format!("redis-sentinel://127.0.0.1:{}?sentinelServiceName=jobs", sentinel.port);
    let check = check(&url, Duration::from_secs(2));
    becomes(&check, &[OK]).await;
    assert!(calls(&primary, "set").await > 0 && calls(&replica, "ping").await < 3);
    primary.kill().await;
    let lost =
        [(Unhealthy, Reason::Refused), (Unhealthy, Reason::Unreachable), (Unhealthy, Reason::ReadOnly)];
    becomes(&check, &lost).await;
    becomes(&check, &[OK]).await;
    assert!(calls(&replica, "set").await > 0, "the replica is the primary now");
    drop(sentinel);
    // A kept connection needs no sentinel; a new one does.
    let check = check.with_runs_per_connection(NonZeroU32::MIN);
    becomes(&check, &[(ComponentStatus::Degraded, Reason::Unreachable)]).await;
}
