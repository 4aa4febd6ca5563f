//! The HTTP check against real listeners that misbehave.
#![cfg(feature = "http-check")]
#![allow(clippy::unwrap_used, reason = "a helper that can't do its work fails the test")]

mod common;

use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use campotech_health::{Check, CheckResult, ComponentStatus, Details, HttpCheck, Reason};
use common::{Probe, builder, patient};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

struct Peer {
    addr: SocketAddr,
    accepted: Arc<AtomicUsize>,
    heads: mpsc::UnboundedReceiver<String>,
}

/// Accepts, reads each head, and writes `answer` to it, `pause` after each byte; then closes if told to.
async fn peer(answer: &'static [u8], pause: Option<Duration>, close: bool) -> Peer {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    let accepted = Arc::new(AtomicUsize::new(0));
    let (sender, heads) = mpsc::unbounded_channel();
    let count = Arc::clone(&accepted);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            count.fetch_add(1, Ordering::SeqCst);
            let sender = sender.clone();
            tokio::spawn(async move {
                while let Some(head) = read_head(&mut stream).await {
                    let _ = sender.send(head);
                    for byte in answer.chunks(if pause.is_some() { 1 } else { usize::MAX }) {
                        if stream.write_all(byte).await.is_err() {
                            return;
                        }
                        if let Some(pause) = pause {
                            tokio::time::sleep(pause).await;
                        }
                    }
                    if close {
                        return;
                    }
                }
            });
        }
    });
    Peer { addr, accepted, heads }
}

async fn read_head(stream: &mut TcpStream) -> Option<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
    }
    Some(String::from_utf8(head).unwrap())
}

fn check(addr: SocketAddr) -> HttpCheck {
    patient(&format!("http://{addr}/live"))
}

fn short(addr: SocketAddr) -> HttpCheck {
    check(addr).with_timeout(Duration::from_millis(100)).unwrap()
}

fn reason(result: &CheckResult) -> (ComponentStatus, Reason) {
    (result.status(), result.reason())
}

const OK: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

#[tokio::test]
async fn a_passing_peer_is_asked_politely_over_one_connection() {
    let mut peer = peer(OK, None, false).await;
    let url = format!("http://ana:p%40ss@{}/live?token=abc", peer.addr);
    let check = patient(&url).with_runs_per_connection(NonZeroU32::new(3).unwrap());
    for _ in 0..7 {
        assert_eq!(check.run().await, CheckResult::ok());
    }
    assert_eq!(peer.accepted.load(Ordering::SeqCst), 3, "3 + 3 + 1 runs");
    let head = peer.heads.recv().await.unwrap();
    assert!(head.starts_with("GET /live?token=abc HTTP/1.1\r\n"), "{head}");
    assert!(head.contains(&format!("host: {}\r\n", peer.addr)), "{head}");
    assert!(head.contains("x-health-hop: 1\r\n") && head.contains("authorization: Basic "), "{head}");
    assert_eq!(head.to_lowercase().matches("host:").count(), 1);
}

#[tokio::test]
async fn statuses_are_judged_and_redirects_not_followed() {
    type Case = (&'static [u8], Option<Reason>);
    let cases: [Case; 6] = [
        (b"HTTP/1.1 204 No Content\r\n\r\n", None),
        (b"HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n", None),
        (b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n", Some(Reason::BadStatus)),
        (b"HTTP/1.1 500 Oops\r\ncontent-length: 4\r\n\r\noops", Some(Reason::BadStatus)),
        (b"HTTP/1.1 503 Oops\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n", Some(Reason::BadStatus)),
        (b"SSH-2.0-OpenSSH_9.2\r\n\r\n\r\n", Some(Reason::BadBody)),
    ];
    for (answer, expected) in cases {
        let mut peer = peer(answer, None, false).await;
        let result = check(peer.addr).run().await;
        let expected = expected.map_or_else(CheckResult::ok, CheckResult::failed);
        assert_eq!(reason(&result), reason(&expected), "{}", String::from_utf8_lossy(answer));
        peer.heads.recv().await.unwrap();
        assert!(peer.heads.try_recv().is_err(), "asked once");
    }
    let peer = peer(b"HTTP/1.1 302 Found\r\ncontent-length: 0\r\n\r\n", None, false).await;
    let strict = check(peer.addr).with_expected_status(200..=299).unwrap();
    assert_eq!(strict.run().await.reason(), Reason::BadStatus);
}

#[tokio::test]
async fn a_refusing_port_is_refused() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    drop(listener);
    let result = check(addr).run().await;
    assert_eq!(reason(&result), (ComponentStatus::Unhealthy, Reason::Refused));
    assert!(result.message().is_some());
}

#[tokio::test]
async fn silence_and_drips_time_out() {
    // The kernel accepts, nobody answers.
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    assert_eq!(short(silent.local_addr().unwrap()).run().await.reason(), Reason::Timeout);
    let pause = Some(Duration::from_millis(40));
    let head = peer(OK, pause, false).await;
    assert_eq!(short(head.addr).run().await.reason(), Reason::Timeout);
    let endless: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n1234";
    let body = peer(endless, None, false).await;
    assert_eq!(short(body.addr).run().await.reason(), Reason::Timeout);
}

#[tokio::test]
async fn a_closing_peer_is_unreachable_and_an_idle_close_is_nothing() {
    let rude = peer(b"", None, true).await;
    assert_eq!(check(rude.addr).run().await.reason(), Reason::Unreachable);
    let cut = peer(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n1234", None, true).await;
    assert_eq!(check(cut.addr).run().await.reason(), Reason::Unreachable);

    let closing = peer(OK, None, true).await;
    let check = check(closing.addr);
    for _ in 0..5 {
        assert_eq!(check.run().await, CheckResult::ok());
    }
    assert_eq!(closing.accepted.load(Ordering::SeqCst), 5);
}

#[tokio::test]
async fn a_peer_that_closes_as_the_next_request_comes_is_asked_again() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let check = check(listener.local_addr().unwrap());
    let accepted = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&accepted);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            count.fetch_add(1, Ordering::SeqCst);
            read_head(&mut stream).await.unwrap();
            stream.write_all(OK).await.unwrap();
            read_head(&mut stream).await;
        }
    });
    for runs in 1..=4 {
        assert_eq!(check.run().await, CheckResult::ok());
        assert_eq!(accepted.load(Ordering::SeqCst), runs, "each time on a new connection");
    }
}

#[tokio::test]
async fn a_body_beyond_the_limit_is_not_read_on() {
    let peer = peer(b"HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\n0123456789", None, false).await;
    let check = check(peer.addr).with_body_limit(10);
    assert_eq!(check.run().await, CheckResult::ok());
    assert_eq!(check.run().await, CheckResult::ok());
    assert_eq!(peer.accepted.load(Ordering::SeqCst), 2, "such a connection is not used again");
}

#[tokio::test]
async fn an_unknown_name_is_dns() {
    let check = patient("http://nothing.invalid/live");
    assert_eq!(check.run().await.reason(), Reason::Dns);
}

#[tokio::test]
async fn two_services_that_need_each_other_both_get_ready() {
    // Each has to know where the other will be, so the servers come first.
    let (a, b) =
        (TcpListener::bind("127.0.0.1:0").await.unwrap(), TcpListener::bind("127.0.0.1:0").await.unwrap());
    let addresses = [a.local_addr().unwrap(), b.local_addr().unwrap()];
    let mut services = Vec::new();
    for (listener, other) in [(a, addresses[1]), (b, addresses[0])] {
        let peer = HttpCheck::new("other", &format!("http://{other}/ready")).unwrap();
        let millis = Duration::from_millis;
        let builder = builder().with_interval(millis(200)).with_timeout(millis(90)).with_reprobe(millis(20));
        let health = builder.check(Probe::new("store").critical()).check(peer.critical()).build().unwrap();
        let service = hyper_util::service::TowerToHyperService::new(health.service(Details::Shown));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let stream = hyper_util::rt::TokioIo::new(stream);
                let connection = hyper::server::conn::http1::Builder::new();
                tokio::spawn(connection.serve_connection(stream, service.clone()));
            }
        });
        services.push(health);
    }
    for health in &services {
        health.start().unwrap();
    }
    for health in &services {
        let mut changes = health.subscribe();
        let ready = changes.wait_for(|snapshot| snapshot.ready);
        tokio::time::timeout(Duration::from_secs(10), ready).await.unwrap().unwrap();
    }
    // A peer that is really gone still counts.
    services[1].drain();
    let mut changes = services[0].subscribe();
    let told = changes.wait_for(|snapshot| {
        !snapshot.ready && snapshot.component("other").unwrap().reason == Reason::BadStatus
    });
    tokio::time::timeout(Duration::from_secs(10), told).await.unwrap().unwrap();
}

#[tokio::test]
async fn nothing_of_the_url_is_shown() {
    for url in
        ["https://ana:geheim@:99/p?q=geheim", "gopher://geheim", "http://ana:geheim@h:0/geheim", "geheim"]
    {
        let error = HttpCheck::new("peer", url).unwrap_err();
        assert_eq!(error.code(), "invalid_url");
        assert!(!format!("{error} {error:?}").contains("geheim"), "{error}");
    }
    let check = HttpCheck::new("peer", "http://ana:geheim@127.0.0.1:1/geheim?q=geheim").unwrap();
    assert!(!format!("{check:?}").contains("geheim") && !format!("{check:?}").contains("ana"));
    let result = check.run().await;
    assert!(!result.message().unwrap().contains("geheim"));
    assert_eq!(check.with_expected_status(RANGE).unwrap_err().code(), "invalid_status_range");
    let check = || HttpCheck::new("peer", "http://h/").unwrap();
    assert_eq!(check().with_timeout(Duration::ZERO).unwrap_err().code(), "zero_duration");
    assert_eq!(check().with_connect_timeout(Duration::ZERO).unwrap_err().code(), "zero_duration");
}

#[allow(clippy::reversed_empty_ranges, reason = "this is what is refused")]
const RANGE: std::ops::RangeInclusive<u16> = 300..=200;
