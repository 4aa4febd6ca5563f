//! Too many connections: of all clients, and of one.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use campotech_core::Mode;
use campotech_serve::Networks;
use campotech_testkit::{RawConnection, RecordingObserver};
use http::Request;
use http_body_util::{BodyExt, Empty};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpStream;
use tower::service_fn;

use crate::support::{Running, echo, get, local, start};

/// Full with one connection.
async fn full(reserve: usize) -> (Running, RawConnection, RecordingObserver) {
    let told = RecordingObserver::default();
    let server = local().await.with_max_connections(1.try_into().unwrap());
    let server = server.with_reserve(reserve, ["/live", "/health/*"]).unwrap();
    let running = start(server.with_observer(Arc::new(told.clone())), service_fn(echo));
    let mut only = running.client().await;
    assert_eq!(get(&mut only, "/").await.unwrap().status, 200);
    (running, only, told)
}

/// Nothing came but the end, by whichever way.
async fn closed(client: &mut RawConnection) {
    assert_eq!(client.read_to_close().await.unwrap_or_default(), b"");
}

#[tokio::test]
async fn over_the_most_a_request_is_told_so_and_room_is_found_again() {
    let (running, mut only, told) = full(4).await;
    let mut client = running.client().await;
    client.send("GET / HTTP/1.1\r\nhost: a\r\naccept-language: es-AR\r\n\r\n").await.unwrap();
    let answer = client.receive().await.unwrap();
    assert_eq!(answer.status, 503);
    for (name, value) in [
        ("content-type", "application/problem+json"),
        ("content-language", "es-AR"),
        ("retry-after", "1"),
        ("cache-control", "no-store"),
        ("connection", "close"),
        ("x-content-type-options", "nosniff"),
    ] {
        assert_eq!(answer.headers[name], value, "{name}");
    }
    assert_eq!(answer.headers.get("strict-transport-security"), None, "not in the clear");
    assert!(answer.text().contains("http-problem-types#temporary-reduced-capacity"), "{}", answer.text());
    closed(&mut client).await;
    assert_eq!(told.lines(), ["decision connections refused shed"]);

    assert_eq!(get(&mut only, "/").await.unwrap().status, 200, "who is in stays in");
    drop(only);
    running.until(|s| s.active == 0).await;
    assert_eq!(get(&mut running.client().await, "/").await.unwrap().status, 200);
    let stats = running.stats.snapshot();
    assert_eq!((stats.shed, stats.refused, stats.requests), (1, 0, 3));
}

#[tokio::test]
async fn probes_are_answered_from_the_reserve_once_each() {
    let (running, _only, _) = full(4).await;
    for path in ["/live", "/health/components/store"] {
        let mut probe = running.client().await;
        let answer = get(&mut probe, path).await.unwrap();
        assert_eq!((answer.status.as_u16(), &answer.headers["connection"]), (200, &"close".parse().unwrap()));
        closed(&mut probe).await;
    }
    let stream = TcpStream::connect(running.addr).await.unwrap();
    let (mut sender, conn) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
    let conn = tokio::spawn(conn);
    let request = |path: &str| Request::get(format!("http://a{path}")).body(Empty::<Bytes>::new()).unwrap();
    let answer = sender.send_request(request("/")).await.unwrap();
    assert_eq!((answer.status().as_u16(), &answer.headers()["retry-after"]), (503, &"1".parse().unwrap()));
    assert!(!answer.into_body().collect().await.unwrap().to_bytes().is_empty());
    conn.await.unwrap().unwrap();
    let stats = running.stats.snapshot();
    assert_eq!((stats.shed, stats.requests, stats.active), (1, 3, 1));
}

#[tokio::test]
async fn who_only_connects_makes_room_for_who_asks() {
    let (running, _only, told) = full(2).await;
    let mut silent = Vec::new();
    for _ in 0..20 {
        silent.push(running.client().await);
        let mut probe = running.client().await;
        assert_eq!(get(&mut probe, "/live").await.unwrap().status, 200);
    }
    assert!(running.stats.snapshot().active <= 3, "{:?}", running.stats.snapshot());
    closed(&mut silent[0]).await;
    assert!(told.lines().iter().any(|line| line == "decision connections refused full"));
    // One that is silent, and last, has a second.
    let began = Instant::now();
    closed(silent.last_mut().unwrap()).await;
    assert!(began.elapsed() < Duration::from_secs(3));
}

#[tokio::test]
async fn who_has_asked_is_answered_however_many_connect() {
    let (running, _only, _) = full(2).await;
    let mut probe = running.client().await;
    probe.send("POST /live HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\n\r\n").await.unwrap();
    running.until(|s| s.requests == 2).await;
    let mut silent = Vec::new();
    for _ in 0..20 {
        silent.push(running.client().await);
    }
    running.until(|s| s.accepted == 22).await;
    probe.send("x").await.unwrap();
    assert_eq!(probe.receive().await.unwrap().status, 200);
}

#[tokio::test]
async fn without_a_reserve_what_is_too_much_is_closed_at_once() {
    let (running, _only, _) = full(0).await;
    closed(&mut running.client().await).await;
    let stats = running.stats.snapshot();
    assert_eq!((stats.accepted, stats.refused, stats.shed), (1, 1, 0));
}

#[tokio::test]
async fn one_network_has_its_share_and_no_more() {
    let server = local().await.with_max_connections_per_network(2.try_into().unwrap());
    let running = start(server, service_fn(echo));
    let (mut one, mut two) = (running.client().await, running.client().await);
    get(&mut one, "/").await.unwrap();
    get(&mut two, "/").await.unwrap();
    closed(&mut running.client().await).await;
    assert_eq!(running.stats.snapshot().refused_network, 1);
    let mut other = running.client_from("127.0.0.2").await;
    assert_eq!(get(&mut other, "/").await.unwrap().status, 200);
    drop(one);
    running.until(|s| s.active == 2).await;
    assert_eq!(get(&mut running.client().await, "/").await.unwrap().status, 200);
    assert_eq!(get(&mut two, "/").await.unwrap().status, 200);
}

#[tokio::test]
async fn a_cap_that_only_reports_and_a_network_that_is_not_counted() {
    let told = RecordingObserver::default();
    let server = local().await.with_max_connections_per_network(1.try_into().unwrap());
    let server = server.with_mode(Mode::ReportOnly).with_observer(Arc::new(told.clone()));
    let running =
        start(server.with_uncounted_networks(Networks::parse("127.0.0.2").unwrap()), service_fn(echo));
    let mut clients = Vec::new();
    for from in ["127.0.0.1", "127.0.0.1", "127.0.0.2", "127.0.0.2"] {
        let mut client = running.client_from(from).await;
        assert_eq!(get(&mut client, "/").await.unwrap().status, 200);
        clients.push(client);
    }
    assert_eq!(told.lines(), ["decision connections reported network"]);
    assert_eq!(running.stats.snapshot().refused_network, 1);
}
