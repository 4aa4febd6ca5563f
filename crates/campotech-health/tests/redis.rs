//! The Redis check against real servers in every state that it tells apart.
#![allow(clippy::unwrap_used, reason = "a helper that can't do its work fails the test")]

use std::net::{Ipv4Addr, SocketAddr};
use std::num::NonZeroU32;
use std::time::Duration;

use campotech_health::{Check, CheckResult, ComponentStatus, ConfigError, Measure, Reason, Redis};
use campotech_testkit::{Fault, FaultProxy, Redis as Server};
use fred::clients::Client;
use fred::interfaces::ClientLike;
use fred::types::config::{Config, ReconnectPolicy, TlsConnector};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{sleep, timeout};
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use ComponentStatus::{Degraded, Healthy, Unhealthy};

const SECONDS_10: Duration = Duration::from_secs(10);
const PASSWORD: &str = "geheim-4711";
const OK: (ComponentStatus, Reason) = (Healthy, Reason::Ok);

fn client(url: &str) -> Client {
    Client::new(Config::from_url(url).unwrap(), None, None, None)
}

/// With so much time that a busy machine can't make it fail, and a close look in each run.
fn patient(url: &str) -> Redis {
    patient_with(&client(url))
}

fn patient_with(client: &Client) -> Redis {
    let long = Duration::from_secs(60);
    let check = Redis::new(client).with_connect_timeout(long).unwrap().with_timeout(long).unwrap();
    check.with_slow_after(long).unwrap().with_closer_look_every(NonZeroU32::MIN)
}

/// For servers that will not answer.
fn hasty(url: &str) -> Redis {
    let millis = Duration::from_millis;
    Redis::new(&client(url)).with_connect_timeout(millis(20)).unwrap().with_timeout(millis(30)).unwrap()
}

const fn runs(number: u32) -> NonZeroU32 {
    NonZeroU32::new(number).unwrap()
}

/// One run; what it found never holds a password.
async fn run(check: &Redis) -> (ComponentStatus, Reason) {
    let result = check.run().await;
    let seen = format!("{:?} {result:?} {check:?}", result.message());
    assert!(!seen.contains(PASSWORD) && !seen.contains("wrong-password"), "{seen}");
    assert!(!result.message().unwrap_or_default().contains('\n'), "{seen}");
    (result.status(), result.reason())
}

async fn becomes(check: &Redis, expected: (ComponentStatus, Reason)) {
    let mut seen = Vec::new();
    let reached = timeout(SECONDS_10, async {
        loop {
            let found = run(check).await;
            if found == expected {
                return;
            }
            seen.push(found);
        }
    });
    assert!(reached.await.is_ok(), "{expected:?}, found {seen:?}");
}

/// The value of a line of `INFO`.
async fn info(server: &Server, section: &str, key: &str) -> String {
    let text = server.command(&["INFO", section]).await;
    let line = text.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(':'));
    line.unwrap_or_else(|| panic!("{key} is not in {text}")).trim().to_owned()
}

/// How often a command was given.
async fn calls(server: &Server, command: &str) -> u64 {
    let text = server.command(&["INFO", "commandstats"]).await;
    let start = format!("cmdstat_{command}:calls=");
    let line = text.lines().find_map(|line| line.strip_prefix(&start));
    line.map_or(0, |rest| rest.split(',').next().unwrap().parse().unwrap())
}

/// Clients beside the one that asks.
async fn clients_become(server: &Server, expected: usize) {
    let mut list = String::new();
    let counted = timeout(SECONDS_10, async {
        while list.lines().filter(|line| line.contains("addr=")).count() != expected + 1 {
            sleep(Duration::from_millis(10)).await;
            list = server.command(&["CLIENT", "LIST", "TYPE", "NORMAL"]).await;
        }
    });
    assert!(counted.await.is_ok(), "expected {expected} beside the one that asks: {list}");
}

async fn unused() -> SocketAddr {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap().local_addr().unwrap()
}

/// A listener that hangs up on everybody.
async fn rude() -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let addr = listener.local_addr().unwrap();
    tokio::spawn(async move { while listener.accept().await.is_ok() {} });
    addr
}

#[tokio::test]
async fn what_a_connection_can_meet_has_its_reason() {
    let (open, locked) = tokio::join!(Server::start(), Server::builder().password(PASSWORD).start());
    locked.command(&["ACL", "SETUSER", "narrow", "on", ">narrow", "+ping"]).await;
    locked.command(&["ACL", "SETUSER", "deaf", "on", ">deaf", "+get"]).await;
    let at = |login: &str, addr: SocketAddr| format!("redis://{login}{addr}");
    for (situation, url, expected) in [
        ("all fine", open.url(), OK),
        ("all fine, with a password", locked.url(), OK),
        ("a wrong password", at(":wrong-password@", locked.addr()), (Unhealthy, Reason::Auth)),
        ("an unknown user", at("nobody:wrong-password@", locked.addr()), (Unhealthy, Reason::Auth)),
        ("no password", at("", locked.addr()), (Unhealthy, Reason::Auth)),
        ("a password too many, which fred takes lightly", at(":wrong-password@", open.addr()), OK),
        ("a user that may only ping", at("narrow:narrow@", locked.addr()), OK),
        ("a user that may not even ping", at("deaf:deaf@", locked.addr()), (Unhealthy, Reason::Auth)),
        ("a port without a server", at(":wrong-password@", unused().await), (Unhealthy, Reason::Refused)),
        ("a server that hangs up", at("", rude().await), (Unhealthy, Reason::Unreachable)),
        ("an unknown name", "redis://nothing.invalid:6379".to_owned(), (Unhealthy, Reason::Dns)),
    ] {
        let check = patient(&url);
        assert_eq!(run(&check).await, expected, "{situation}");
        assert_eq!(run(&check).await, expected, "{situation}, again");
    }
    clients_become(&open, 0).await;
    clients_become(&locked, 0).await;
}

#[tokio::test]
async fn tls_is_the_clients() {
    fn trusting(url: &str, roots: RootCertStore) -> Redis {
        let tls = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
        let mut config = Config::from_url(url).unwrap();
        config.tls = Some(TlsConnector::from(tls).into());
        patient_with(&Client::new(config, None, None, None))
    }
    let short = |check: Redis| check.with_connect_timeout(Duration::from_millis(200)).unwrap();
    let (plain, server) = tokio::join!(Server::start(), Server::builder().tls().password(PASSWORD).start());
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(server.ca_pem().as_bytes()).unwrap()).unwrap();
    let strangers = || RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    let without = server.url().replace("rediss://", "redis://");
    for (situation, check, expected) in [
        ("a trusted certificate", trusting(&server.url(), roots), OK),
        ("an unknown authority", trusting(&server.url(), strangers()), (Unhealthy, Reason::Tls)),
        // It waits for the end of what it takes for a command.
        ("a server without TLS", short(trusting(&plain.url(), strangers())), (Unhealthy, Reason::Timeout)),
        // It hangs up, or says something that is no protocol of ours.
        ("a client without TLS", patient(&without), (Unhealthy, Reason::Unreachable)),
    ] {
        assert_eq!(run(&check).await, expected, "{situation}");
    }
}

#[tokio::test]
async fn a_run_is_one_ping_and_every_third_looks_closer() {
    let server = Server::builder().password(PASSWORD).start().await;
    let before = (calls(&server, "ping").await, calls(&server, "info").await);
    let check = patient(&server.url()).with_closer_look_every(runs(3));
    for _ in 0..25 {
        assert_eq!(run(&check).await, OK);
    }
    assert_eq!(calls(&server, "ping").await - before.0, 25);
    assert_eq!(calls(&server, "set").await, 9);
    // fred reads the version on each of the three connections; two readings were ours.
    assert_eq!(calls(&server, "info").await - before.1, 9 + 3 + 3);
    let keys = server.command(&["KEYS", "*"]).await;
    assert_eq!(keys.lines().count(), 9, "{keys}");
    for key in keys.lines() {
        assert!(key.starts_with("campotech:health:"), "{key}");
        let left: i64 =
            server.command(&["PTTL", key]).await.trim_start_matches("(integer) ").parse().unwrap();
        assert!((0..=10_000).contains(&left), "{left}");
    }
    let list = server.command(&["CLIENT", "LIST"]).await;
    assert_eq!(list.matches("name=campotech-health ").count(), 1, "{list}");
    clients_become(&server, 1).await;
    drop(check);
    clients_become(&server, 0).await;
}

#[tokio::test]
async fn memory_that_is_used_up_is_found_though_ping_is_answered() {
    let server = Server::start().await;
    server.command(&["DEBUG", "POPULATE", "20000", "key", "500"]).await;
    let check = patient(&server.url()).with_closer_look_every(runs(3));
    assert_eq!(run(&check).await, OK);
    let used: u64 = info(&server, "memory", "used_memory").await.parse().unwrap();
    let limit = async |bytes: u64| server.command(&["CONFIG", "SET", "maxmemory", &bytes.to_string()]).await;
    limit(used * 100 / 97).await;
    assert_eq!(run(&check).await, OK, "not looked at");
    assert_eq!(run(&check).await, OK, "not looked at");
    assert_eq!(run(&check).await, (Degraded, Reason::OutOfMemory));
    assert_eq!(run(&check).await, (Degraded, Reason::OutOfMemory), "looked at until it is well");
    limit(used / 2).await;
    assert_eq!(run(&check).await, (Unhealthy, Reason::OutOfMemory));
    assert_eq!(server.command(&["PING"]).await, "PONG");
    let reader = patient(&server.url()).with_reads_sufficing();
    assert_eq!(run(&reader).await, OK, "nothing is written");
    limit(0).await;
    assert_eq!(run(&check).await, OK, "without a limit");
    server.command(&["CONFIG", "SET", "maxmemory-policy", "allkeys-lru"]).await;
    limit(used).await;
    assert_eq!(run(&check).await, OK, "it makes room");
}

#[tokio::test]
async fn a_replica_takes_no_writes_and_may_have_lost_its_primary() {
    let (primary, replica) = tokio::join!(Server::start(), Server::start());
    let port = primary.addr().port().to_string();
    replica.command(&["REPLICAOF", "127.0.0.1", &port]).await;
    timeout(SECONDS_10, async {
        while info(&replica, "replication", "master_link_status").await != "up" {
            sleep(Duration::from_millis(10)).await;
        }
    })
    .await
    .unwrap();
    let (check, reader) = (patient(&replica.url()), patient(&replica.url()).with_reads_sufficing());
    assert_eq!(run(&check).await, (Unhealthy, Reason::ReadOnly));
    assert_eq!(run(&reader).await, OK);
    assert_eq!(run(&patient(&primary.url())).await, OK);
    primary.kill().await;
    becomes(&check, (Unhealthy, Reason::ReplicaLinkDown)).await;
    assert_eq!(run(&reader).await, (Degraded, Reason::ReplicaLinkDown));
    replica.command(&["CONFIG", "SET", "replica-serve-stale-data", "no"]).await;
    assert_eq!(run(&reader).await, (Unhealthy, Reason::ReplicaLinkDown));
    replica.command(&["REPLICAOF", "NO", "ONE"]).await;
    assert_eq!(run(&check).await, OK);
    assert_eq!(run(&reader).await, OK);
}

#[tokio::test]
async fn writes_that_are_refused_are_read_only() {
    let server = Server::builder().setting("enable-protected-configs", "local").start().await;
    let check = patient(&server.url());
    assert_eq!(run(&check).await, OK);
    server.command(&["CONFIG", "SET", "min-replicas-to-write", "1"]).await;
    assert_eq!(run(&check).await, (Unhealthy, Reason::ReadOnly), "NOREPLICAS");
    server.command(&["CONFIG", "SET", "min-replicas-to-write", "0"]).await;
    assert_eq!(run(&check).await, OK);
    // It can't save where no file can be made, and takes no writes that it could not keep.
    server.command(&["CONFIG", "SET", "appendonly", "no"]).await;
    server.command(&["CONFIG", "SET", "save", "3600 1"]).await;
    assert_eq!(server.command(&["CONFIG", "SET", "dir", "/proc"]).await, "OK");
    server.command(&["BGSAVE"]).await;
    becomes(&check, (Unhealthy, Reason::ReadOnly)).await;
    assert!(server.command(&["SET", "a", "b"]).await.starts_with("MISCONF"));
}

#[tokio::test]
async fn a_server_that_loads_or_runs_a_script_is_told() {
    let server = Server::builder()
        .setting("key-load-delay", "2000")
        .setting("loading-process-events-interval-bytes", "1024")
        .setting("busy-reply-threshold", "10")
        .start()
        .await;
    server.command(&["DEBUG", "POPULATE", "1000", "key", "100"]).await;
    let check = patient(&server.url());
    assert_eq!(run(&check).await, OK);
    let reload = server.command(&["DEBUG", "RELOAD"]);
    tokio::join!(reload, becomes(&check, (Unhealthy, Reason::Loading)));
    becomes(&check, OK).await;
    tokio::join!(server.command(&["EVAL", "while true do end", "0"]), async {
        becomes(&check, (Unhealthy, Reason::Timeout)).await;
        assert_eq!(server.command(&["SCRIPT", "KILL"]).await, "OK");
    });
    becomes(&check, OK).await;
}

#[tokio::test]
async fn a_frozen_server_times_out_and_keeps_no_connection_of_ours() {
    let server = Server::builder().password(PASSWORD).start().await;
    let (check, cancelled) = (hasty(&server.url()), patient(&server.url()));
    becomes(&check, OK).await;
    server.freeze();
    for _ in 0..100 {
        assert_eq!(run(&check).await, (Unhealthy, Reason::Timeout));
    }
    for _ in 0..10 {
        assert!(timeout(Duration::from_millis(20), cancelled.run()).await.is_err());
    }
    server.thaw();
    clients_become(&server, 0).await;
    assert_eq!(run(&cancelled).await, OK);
    becomes(&check, OK).await;
    clients_become(&server, 2).await;
}

#[tokio::test]
async fn a_server_that_ends_and_comes_back_is_followed() {
    let server = Server::start().await;
    let check = patient(&server.url());
    assert_eq!(run(&check).await, OK);
    server.kill().await;
    assert_eq!(run(&check).await, (Unhealthy, Reason::Refused));
    server.restart().await;
    assert_eq!(run(&check).await, OK);
    // Connections are ended one by one too, which is nothing.
    for _ in 0..3 {
        server.command(&["CLIENT", "KILL", "TYPE", "NORMAL"]).await;
        assert_eq!(run(&check).await, OK);
    }
}

#[tokio::test]
async fn what_only_new_connections_meet_is_degraded_for_old_ones() {
    let server = Server::builder().password(PASSWORD).start().await;
    let check = patient(&server.url()).with_runs_per_connection(runs(2));
    assert_eq!(run(&check).await, OK);
    // Two places: the check's and that of one who stays.
    server.command(&["CONFIG", "SET", "maxclients", "2"]).await;
    clients_become(&server, 1).await;
    let other = TcpStream::connect(server.addr()).await.unwrap();
    assert_eq!(run(&check).await, OK, "the second run on the first connection");
    for _ in 0..3 {
        assert_eq!(run(&check).await, (Degraded, Reason::TooManyConnections));
        assert_eq!(run(&patient(&server.url())).await, (Unhealthy, Reason::TooManyConnections));
    }
    drop(other);
    becomes(&check, OK).await;
    server.command(&["CONFIG", "SET", "maxclients", "100"]).await;

    server.command(&["CONFIG", "SET", "requirepass", "another"]).await;
    becomes(&check, (Degraded, Reason::Auth)).await;
    assert_eq!(run(&check).await, (Degraded, Reason::Auth), "until it is mended");
    assert_eq!(run(&patient(&server.url())).await, (Unhealthy, Reason::Auth));
}

#[tokio::test]
async fn a_network_that_delays_or_swallows_is_slow_or_a_timeout() {
    let server = Server::builder().password(PASSWORD).start().await;
    let proxy = FaultProxy::start(server.addr()).await;
    let check = patient(&server.url_via(proxy.addr())).with_slow_after(Duration::from_millis(500)).unwrap();
    assert_eq!(run(&check).await, OK);
    proxy.set(Fault::Delay(Duration::from_millis(260)));
    assert_eq!(run(&check).await, (Degraded, Reason::Slow));
    proxy.set(Fault::Pass);
    assert_eq!(run(&check).await, OK);
    proxy.reset_all();
    assert_eq!(run(&check).await, OK, "an old connection that breaks is nothing");
    let check = check.with_timeout(Duration::from_millis(300)).unwrap();
    for fault in [Fault::Blackhole, Fault::HalfOpen] {
        proxy.set(fault);
        for _ in 0..3 {
            assert_eq!(run(&check).await, (Unhealthy, Reason::Timeout), "{fault:?}");
        }
        proxy.set(Fault::Pass);
        becomes(&check, OK).await;
        timeout(SECONDS_10, async {
            while proxy.connections() != 1 {
                sleep(Duration::from_millis(5)).await;
            }
        })
        .await
        .unwrap();
    }
    proxy.set(Fault::Refuse);
    proxy.reset_all();
    assert_eq!(run(&check).await, (Unhealthy, Reason::Unreachable));
}

/// A client of the application, connected, that connects anew by itself.
async fn connected(url: &str) -> Client {
    let policy = ReconnectPolicy::new_constant(0, 50);
    let client = Client::new(Config::from_url(url).unwrap(), None, None, Some(policy));
    client.connect();
    timeout(SECONDS_10, client.wait_for_connect()).await.unwrap().unwrap();
    client
}

#[tokio::test]
async fn clients_that_hang_or_have_lost_their_connection_are_degraded() {
    let server = Server::builder().password(PASSWORD).start().await;
    let proxy = FaultProxy::start(server.addr()).await;
    let (good, bad) = (connected(&server.url()).await, connected(&server.url_via(proxy.addr())).await);
    let pings = calls(&server, "ping").await;
    let check = patient(&server.url()).with_clients([good.clone(), bad.clone()]);
    assert_eq!(run(&check).await, OK);
    assert_eq!(calls(&server, "ping").await - pings, 3, "the check's own, and one of each client");
    let check = check.with_timeout(Duration::from_millis(300)).unwrap();
    for fault in [Fault::Blackhole, Fault::HalfOpen] {
        proxy.set(fault);
        for _ in 0..3 {
            let result = check.run().await;
            assert_eq!((result.status(), result.reason()), (Degraded, Reason::Timeout), "{fault:?}");
            assert!(result.message().unwrap().starts_with("1 of 2 clients: "), "{:?}", result.message());
        }
        proxy.set(Fault::Pass);
        proxy.reset_all();
        becomes(&check, OK).await;
    }
    proxy.set(Fault::Refuse);
    proxy.reset_all();
    becomes(&check, (Degraded, Reason::Unreachable)).await;
    assert_eq!(run(&patient(&server.url()).with_clients([good])).await, OK, "those of others are fine");
    server.freeze();
    let hasty = hasty(&server.url()).with_clients([bad.clone()]);
    assert_eq!(run(&hasty).await, (Unhealthy, Reason::Timeout), "the server's own state is worse");
    server.thaw();
    proxy.set(Fault::Pass);
    becomes(&check, OK).await;
    // One that ended for good, and one that never was connected.
    bad.quit().await.unwrap();
    assert_eq!(run(&check).await, (Degraded, Reason::Unreachable));
    let never = patient(&server.url()).with_clients([client(&server.url())]);
    assert_eq!(run(&never).await, (Degraded, Reason::Unreachable));
}

#[tokio::test]
async fn a_pause_is_seen_by_everybody_and_a_client_that_was_killed_comes_back() {
    let server = Server::start().await;
    let own = connected(&server.url()).await;
    let check = patient(&server.url()).with_clients([own]);
    assert_eq!(run(&check).await, OK);
    server.command(&["CLIENT", "KILL", "TYPE", "NORMAL"]).await;
    becomes(&check, OK).await;
    server.command(&["CLIENT", "PAUSE", "2000", "ALL"]).await;
    let hasty = check.with_timeout(Duration::from_millis(100)).unwrap();
    assert_eq!(run(&hasty).await, (Unhealthy, Reason::Timeout));
    becomes(&hasty, OK).await;
}

#[tokio::test]
async fn memory_with_a_limit_is_measured_and_told_in_runs_between() {
    let server = Server::start().await;
    let check = patient(&server.url()).with_closer_look_every(runs(3));
    let used = async || check.run().await.measures().get(Measure::UsedRatio);
    assert_eq!(used().await, None, "without a limit");
    server.command(&["CONFIG", "SET", "maxmemory", "100mb"]).await;
    assert_eq!((used().await, used().await), (None, None), "not looked at");
    let first = used().await.unwrap();
    assert!(first > 0.0 && first < 0.5, "{first}");
    assert_eq!((used().await, used().await), (Some(first), Some(first)));
    server.command(&["DEBUG", "POPULATE", "100000", "key", "200"]).await;
    let second = used().await.unwrap();
    assert!(second > first + 0.1, "{first} {second}");
    server.command(&["CONFIG", "SET", "maxmemory", "0"]).await;
    assert_eq!((used().await, used().await, used().await), (Some(second), Some(second), None));
}

#[tokio::test]
async fn times_of_zero_are_refused() {
    let client = client("redis://:geheim-4711@127.0.0.1:1");
    for error in [
        Redis::new(&client).with_timeout(Duration::ZERO).unwrap_err(),
        Redis::new(&client).with_connect_timeout(Duration::ZERO).unwrap_err(),
        Redis::new(&client).with_slow_after(Duration::ZERO).unwrap_err(),
    ] {
        assert!(matches!(error, ConfigError::ZeroDuration { .. }));
    }
    let check = Redis::new(&client).with_name("sessions");
    assert_eq!(check.name(), "sessions");
    assert_ne!(check.run().await, CheckResult::ok());
    assert_eq!(check.degrading().name(), "sessions");
    assert_eq!(Redis::new(&client).degrading().name(), "redis");
}
