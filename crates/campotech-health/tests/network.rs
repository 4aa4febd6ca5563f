//! Ports and names: real listeners, the system's resolver.
#![cfg(feature = "network")]
#![allow(clippy::unwrap_used, reason = "a helper that can't do its work fails the test")]

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use campotech_health::{Check, ComponentStatus, ConfigError, DnsCheck, Health, Reason, TcpCheck};
use tokio::io::AsyncReadExt;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::time::{Instant, timeout};

use ComponentStatus::{Degraded, Healthy, Unhealthy};

const LONG: Duration = Duration::from_secs(30);
const OK: (ComponentStatus, Reason) = (Healthy, Reason::Ok);

/// With so much time that a busy machine can't make it fail.
fn tcp(host: &str, port: u16) -> TcpCheck {
    let check = TcpCheck::new("port", host, port).unwrap().with_connect_timeout(LONG).unwrap();
    check.with_slow_after(LONG).unwrap()
}

fn dns(host: &str) -> DnsCheck {
    DnsCheck::new("dns", host).unwrap().with_timeout(LONG).unwrap().with_slow_after(LONG).unwrap()
}

async fn run(check: &impl Check) -> (ComponentStatus, Reason) {
    let result = check.run().await;
    assert_eq!(result.message().is_none(), result.reason() == Reason::Ok, "{:?}", result.message());
    (result.status(), result.reason())
}

async fn listener() -> (TcpListener, u16) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    (listener, port)
}

#[tokio::test]
async fn a_port_that_takes_connections_is_fine_and_is_left_at_once() {
    let (listener, port) = listener().await;
    for host in ["127.0.0.1", "localhost"] {
        assert_eq!(run(&tcp(host, port)).await, OK, "{host}");
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut bytes = Vec::new();
        let read = timeout(LONG, stream.read_to_end(&mut bytes)).await.unwrap();
        assert_eq!(read.unwrap(), 0, "it says nothing, and ends");
    }
    let hasty = tcp("127.0.0.1", port).with_slow_after(Duration::from_nanos(1)).unwrap();
    assert_eq!(run(&hasty).await, (Degraded, Reason::Slow));
    drop(listener);
    assert_eq!(run(&tcp("127.0.0.1", port)).await, (Unhealthy, Reason::Refused));
}

#[tokio::test]
async fn an_address_of_ipv6_may_have_brackets() {
    let listener = TcpListener::bind("[::1]:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    for host in ["::1", "[::1]"] {
        assert_eq!(run(&tcp(host, port)).await, OK, "{host}");
    }
}

#[tokio::test]
async fn a_network_that_has_no_way_is_unreachable() {
    // A broadcast address takes no connections, whatever the machine's routes are.
    assert_eq!(run(&tcp("255.255.255.255", 9)).await, (Unhealthy, Reason::Unreachable));
}

#[tokio::test]
async fn a_port_that_does_not_answer_is_a_timeout() {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).unwrap();
    let listener = socket.listen(1).unwrap();
    let address = listener.local_addr().unwrap();
    let mut queued = Vec::new();
    // Its queue is full once a connection is no longer answered.
    while let Ok(stream) = timeout(Duration::from_millis(100), TcpStream::connect(address)).await {
        queued.push(stream.unwrap());
    }
    let check = tcp("127.0.0.1", address.port()).with_connect_timeout(Duration::from_millis(50)).unwrap();
    let started = Instant::now();
    assert_eq!(run(&check).await, (Unhealthy, Reason::Timeout));
    assert!(started.elapsed() >= Duration::from_millis(50));
}

#[tokio::test]
async fn names_resolve_or_not() {
    assert_eq!(run(&dns("localhost")).await, OK);
    assert_eq!(run(&dns("192.0.2.1")).await, OK, "an address");
    assert_eq!(run(&dns("nothing.invalid")).await, (Unhealthy, Reason::Dns));
    assert_eq!(run(&tcp("nothing.invalid", 80)).await, (Unhealthy, Reason::Dns));
    let hasty = dns("localhost").with_slow_after(Duration::from_nanos(1)).unwrap();
    assert_eq!(run(&hasty).await, (Degraded, Reason::Slow));
}

#[tokio::test]
async fn what_cannot_be_reached_is_refused_when_built() {
    for host in [
        "",
        "[]",
        " ",
        "a b",
        "a\n",
        "smtp.internal:25",
        "127.0.0.1:25",
        "[::1]:25",
        "::1::",
        "http://x/",
        "x/y",
        "a@b",
    ] {
        let errors = [TcpCheck::new("port", host, 80).err(), DnsCheck::new("port", host).err()];
        for error in errors {
            let error = error.unwrap();
            assert_eq!(
                (error.code(), error.to_string()),
                ("invalid_address", "the address of check port is no host name and no IP address".to_owned())
            );
        }
    }
    let error = TcpCheck::new("port", "localhost", 0).unwrap_err();
    assert_eq!(error.to_string(), "the address of check port has port 0");
    for error in [
        tcp("localhost", 80).with_connect_timeout(Duration::ZERO).unwrap_err(),
        tcp("localhost", 80).with_slow_after(Duration::ZERO).unwrap_err(),
        dns("localhost").with_timeout(Duration::ZERO).unwrap_err(),
        dns("localhost").with_slow_after(Duration::ZERO).unwrap_err(),
    ] {
        assert!(matches!(error, ConfigError::ZeroDuration { .. }));
    }
}

#[tokio::test]
async fn health_runs_them() {
    let (listener, port) = listener().await;
    let health = Health::builder("jobs-api", "1.2.3")
        .check(tcp("localhost", port).critical())
        .check(dns("localhost").degrading())
        .build()
        .unwrap();
    health.start().unwrap();
    let mut changes = health.subscribe();
    let healthy = changes.wait_for(|snapshot| snapshot.ready && snapshot.status == Healthy);
    timeout(LONG, healthy).await.unwrap().unwrap();
    drop(listener);
}
