//! The PROXY protocol on a real socket: who is asked for it, who is believed, who is counted.

use std::time::{Duration, Instant};

use bytes::Bytes;
use campotech_serve::{Networks, ProxyProtocol, Server};
use campotech_testkit::RawConnection;
use http::Request;
use http_body_util::{BodyExt, Empty};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tower::service_fn;

use crate::support::{Running, echo, get, local, start};

const LINE: &str = "PROXY TCP4 192.0.2.7 198.51.100.1 56324 443\r\n";

fn from_here() -> ProxyProtocol {
    ProxyProtocol::required_from(Networks::parse("127.0.0.1").unwrap()).unwrap()
}

fn proxied(server: Server) -> Running {
    start(server.with_proxy_protocol(from_here()), service_fn(echo))
}

/// Version 2, with `more` after the addresses.
fn binary(command: u8, client: [u8; 4], port: u16, more: &[u8]) -> Vec<u8> {
    let mut header = b"\r\n\r\n\0\r\nQUIT\n".to_vec();
    header.extend([0x20 | command, 0x11]);
    header.extend(u16::try_from(12 + more.len()).unwrap().to_be_bytes());
    header.extend(client);
    header.extend([198, 51, 100, 1]);
    header.extend(port.to_be_bytes());
    header.extend(443_u16.to_be_bytes());
    header.extend(more);
    header
}

async fn asked(running: &Running, header: &[u8], at_a_time: usize) -> String {
    let mut client = running.client().await;
    for part in header.chunks(at_a_time) {
        client.send(part).await.unwrap();
        if at_a_time < header.len() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }
    get(&mut client, "/").await.unwrap().text()
}

#[tokio::test]
async fn the_service_knows_the_client_whichever_way_it_is_told() {
    let running = proxied(local().await);
    assert_eq!(asked(&running, LINE.as_bytes(), 1024).await, "192.0.2.7:56324 ");
    assert_eq!(asked(&running, LINE.as_bytes(), 1).await, "192.0.2.7:56324 ");
    let header = binary(1, [203, 0, 113, 9], 77, &[0x04, 0, 3, 1, 2, 3]);
    assert_eq!(asked(&running, &header, 1024).await, "203.0.113.9:77 ");
    assert_eq!(asked(&running, &header, 1).await, "203.0.113.9:77 ");
    // The proxy itself, and a client that it does not name.
    assert!(asked(&running, &binary(0, [203, 0, 113, 9], 77, &[]), 1024).await.starts_with("127.0.0.1:"));
    assert!(asked(&running, b"PROXY UNKNOWN\r\n", 1024).await.starts_with("127.0.0.1:"));

    let mut stream = TcpStream::connect(running.addr).await.unwrap();
    stream.write_all(LINE.as_bytes()).await.unwrap();
    let (mut sender, conn) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
    tokio::spawn(conn);
    let request = Request::get("http://a/").body(Empty::<Bytes>::new()).unwrap();
    let body = sender.send_request(request).await.unwrap().into_body();
    assert_eq!(body.collect().await.unwrap().to_bytes(), "192.0.2.7:56324 ");
    assert_eq!(running.stats.snapshot().failed_proxy_header, 0);
}

#[tokio::test]
async fn a_proxy_without_a_header_is_closed_at_once_and_a_slow_one_in_time() {
    let limit = Duration::from_millis(300);
    let running = proxied(local().await.with_first_request_timeout(limit).unwrap());
    for bytes in ["GET / HTTP/1.1\r\nhost: a\r\n\r\n", "PROXY TCP4 192.0.2.7 nobody 1 2\r\n"] {
        let mut client = running.client().await;
        client.send(bytes).await.unwrap();
        assert_eq!(client.read_to_close().await.unwrap_or_default(), b"");
    }
    let began = Instant::now();
    let mut slow = running.client().await;
    for byte in LINE.as_bytes() {
        let closed = tokio::time::timeout(limit / 10, slow.read_to_close()).await.is_ok();
        if closed || slow.send([*byte]).await.is_err() {
            break;
        }
    }
    assert!((limit..limit * 4).contains(&began.elapsed()), "{:?}", began.elapsed());
    let stats = running.stats.snapshot();
    assert_eq!((stats.failed_proxy_header, stats.requests, stats.timed_out_silent), (3, 0, 0));
}

#[tokio::test]
async fn others_are_served_as_they_are_and_can_claim_nothing() {
    let running = proxied(local().await);
    let mut other = running.client_from("127.0.0.2").await;
    assert!(get(&mut other, "/").await.unwrap().text().starts_with("127.0.0.2:"));
    let mut liar = running.client_from("127.0.0.2").await;
    liar.send(LINE).await.unwrap();
    assert_eq!(get(&mut liar, "/").await.unwrap().status, 400, "to HTTP, the line is no request");
    assert_eq!(running.stats.snapshot().failed_proxy_header, 0);

    let strict = local().await.with_proxy_protocol(from_here().with_others_refused());
    let running = start(strict, service_fn(echo));
    let mut other = running.client_from("127.0.0.2").await;
    assert_eq!(other.read_to_close().await.unwrap_or_default(), b"");
    assert_eq!(running.stats.snapshot().failed_proxy_header, 1);
}

#[tokio::test]
async fn the_client_is_counted_and_not_the_proxy() {
    let one = local().await.with_max_connections_per_network(1.try_into().unwrap());
    let running = proxied(one);
    let open = async |last: u8| {
        let mut client = running.client().await;
        client.send(binary(1, [192, 0, 2, last], 1, &[])).await.unwrap();
        client.send("GET / HTTP/1.1\r\nhost: a\r\n\r\n").await.unwrap();
        let answered = client.receive().await.is_ok();
        (client, answered)
    };
    let (first, answered) = open(1).await;
    assert!(answered);
    let (_second, answered) = open(2).await;
    assert!(answered, "another client by the same proxy");
    let (_third, answered) = open(1).await;
    assert!(!answered);
    assert_eq!(running.stats.snapshot().refused_network, 1);
    drop(first);
    running.until(|s| s.active == 1).await;
    assert!(open(1).await.1);
}

#[tokio::test]
async fn where_the_header_names_nobody_the_proxy_is_counted() {
    let running = proxied(local().await.with_max_connections_per_network(1.try_into().unwrap()));
    let open = async |header: &[u8]| {
        let mut client = running.client().await;
        client.send(header).await.unwrap();
        client.send("GET / HTTP/1.1\r\nhost: a\r\n\r\n").await.unwrap();
        let answered = client.receive().await.is_ok();
        (client, answered)
    };
    let (_first, answered) = open(b"PROXY UNKNOWN\r\n").await;
    assert!(answered);
    assert!(!open(b"PROXY UNKNOWN\r\n").await.1);
    assert!(!open(&binary(0, [0; 4], 0, &[])).await.1);
    assert_eq!(running.stats.snapshot().refused_network, 2);
    assert!(open(LINE.as_bytes()).await.1, "a client that is named");
}

#[tokio::test]
async fn who_leaves_before_its_first_byte_did_nothing_wrong_and_who_says_nothing_is_silent() {
    let running = proxied(local().await.with_first_request_timeout(Duration::from_millis(100)).unwrap());
    drop(running.client().await);
    running.until(|s| s.accepted == 1 && s.active == 0).await;
    let mut silent = running.client().await;
    assert_eq!(silent.read_to_close().await.unwrap_or_default(), b"");
    running.until(|s| s.active == 0).await;
    let stats = running.stats.snapshot();
    assert_eq!((stats.failed_proxy_header, stats.timed_out_silent), (0, 1));
}

#[tokio::test]
async fn a_drain_waits_for_a_header_for_the_grace_only() {
    let running = proxied(local().await.with_fresh_grace(Duration::from_millis(50)));
    let mut client = running.client().await;
    client.send("PROXY ").await.unwrap();
    running.until(|s| s.active == 1).await;
    running.trigger.drain();
    assert_eq!(client.read_to_close().await.unwrap_or_default(), b"");
    let report = running.task.await.unwrap();
    assert_eq!((report.finished, report.aborted), (1, 0));
    drop::<RawConnection>(client);
}
