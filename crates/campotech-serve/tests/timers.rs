//! Silent, slow, idle and unreading clients.
#![allow(clippy::unwrap_used, reason = "a helper that fails fails its test")]

#[path = "timers/body.rs"]
mod body;
#[path = "timers/crowd.rs"]
mod crowd;
#[path = "timers/slowhttptest.rs"]
mod slowhttptest;
mod support;

use std::time::{Duration, Instant};

use bytes::Bytes;
use campotech_serve::ClientBody;
use campotech_serve::{ConfigError, Server};
use campotech_testkit::RawConnection;
use http::{Request, Response};
use http_body_util::{Empty, Full};
use hyper_util::rt::{TokioExecutor, TokioIo};
use support::{Running, echo, get, local, start};
use tokio::net::TcpStream;
use tower::service_fn;

const SHORT: Duration = Duration::from_millis(150);

/// Sends `byte` after `byte`, a pause between them, until the server closes; how long that took.
async fn drip(client: &mut RawConnection, bytes: &[u8], pause: Duration) -> Duration {
    let began = Instant::now();
    for byte in bytes {
        if client.send([*byte]).await.is_err() {
            return began.elapsed();
        }
        if tokio::time::timeout(pause, client.read_to_close()).await.is_ok() {
            return began.elapsed();
        }
    }
    panic!("the server took it all");
}

fn long_head() -> Vec<u8> {
    format!("GET / HTTP/1.1\r\nhost: a\r\nx: {}", "x".repeat(400)).into_bytes()
}

#[tokio::test]
async fn by_default_silence_and_dripping_heads_end_within_ten_seconds() {
    let running = start(local().await, service_fn(echo));
    let limit = Duration::from_secs(11);
    let silent = async {
        let began = Instant::now();
        assert_eq!(running.client().await.read_to_close().await.unwrap(), b"");
        began.elapsed()
    };
    let preface = async {
        let began = Instant::now();
        let mut client = running.client().await;
        client.send("PRI * HTTP/2.0\r\n").await.unwrap();
        let _ = client.read_to_close().await;
        began.elapsed()
    };
    let half_settings = async {
        let began = Instant::now();
        let mut client = running.client().await;
        client.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\x06\x04\0\0\0\0\0\0").await.unwrap();
        let _ = client.read_to_close().await;
        began.elapsed()
    };
    let dripping = async { drip(&mut running.client().await, &long_head(), Duration::from_secs(1)).await };
    let second = async {
        let mut client = running.client().await;
        assert_eq!(get(&mut client, "/").await.unwrap().status, 200);
        drip(&mut client, &long_head(), Duration::from_secs(1)).await
    };
    let took = tokio::join!(silent, preface, half_settings, dripping, second);
    for (name, took) in [
        ("silent", took.0),
        ("half a preface", took.1),
        ("half the settings", took.2),
        ("dripping head", took.3),
        ("dripping second head", took.4),
    ] {
        assert!(took <= limit, "{name}: {took:?}");
        assert!(took >= Duration::from_secs(9), "{name}: {took:?}");
    }
    let stats = running.stats.snapshot();
    assert_eq!((stats.timed_out_silent, stats.timed_out_head, stats.requests), (1, 4, 1));
}

#[tokio::test]
async fn the_head_has_its_own_timer_on_every_request() {
    let server = local().await.with_head_timeout(SHORT).unwrap();
    let running = start(server, service_fn(echo));
    let mut client = running.client().await;
    for _ in 0..2 {
        assert_eq!(get(&mut client, "/").await.unwrap().status, 200);
        // Longer than the head may take: waiting is not a slow head.
        tokio::time::sleep(SHORT * 2).await;
    }
    client.send("GET / HT").await.unwrap();
    let _ = client.read_to_close().await;
    assert_eq!(running.stats.snapshot().timed_out_head, 1);
    assert_eq!(running.stats.snapshot().requests, 2);
}

#[tokio::test]
async fn an_empty_line_after_a_body_is_no_head() {
    let running = start(local().await.with_head_timeout(SHORT).unwrap(), service_fn(echo));
    let mut client = running.client().await;
    client.send("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\n\r\nx").await.unwrap();
    assert_eq!(client.receive().await.unwrap().status, 200);
    client.send("\r\n").await.unwrap();
    tokio::time::sleep(SHORT * 2).await;
    assert_eq!(get(&mut client, "/").await.unwrap().status, 200);
}

#[tokio::test]
async fn a_head_that_begins_before_the_answer_is_over_is_timed_from_there() {
    let running = start(local().await.with_head_timeout(SHORT).unwrap(), service_fn(echo));
    let mut client = running.client().await;
    client.send("GET /slow HTTP/1.1\r\nhost: a\r\n\r\n").await.unwrap();
    running.until(|s| s.requests == 1).await;
    client.send("GET / HT").await.unwrap();
    assert_eq!(client.receive().await.unwrap().status, 200);
    let _ = client.read_to_close().await;
    assert_eq!(running.stats.snapshot().timed_out_head, 1);
}

#[tokio::test]
async fn times_without_an_end_serve_like_any_other() {
    let server = local().await.with_fresh_grace(Duration::MAX).with_drain_deadline(Duration::MAX);
    let year = Duration::from_secs(365 * 24 * 60 * 60);
    let server = server.with_first_request_timeout(year).unwrap().with_head_timeout(year).unwrap();
    let server = server.with_idle_timeout(year).unwrap().with_write_stall_timeout(year).unwrap();
    let running = start(server.with_http2_ping(year, year).unwrap(), service_fn(echo));
    let mut client = running.client().await;
    client.send("GET /slow HTTP/1.1\r\nhost: a\r\n\r\n").await.unwrap();
    running.until(|s| s.requests == 1).await;
    let mut late = running.client().await;
    running.until(|s| s.active == 2).await;
    running.trigger.drain();
    assert_eq!(client.receive().await.unwrap().status, 200);
    assert_eq!(get(&mut late, "/").await.unwrap().status, 200);
    let report = running.task.await.unwrap();
    assert_eq!((report.finished, report.aborted), (2, 0));
}

#[tokio::test]
async fn times_of_more_than_a_year_are_refused_where_they_are_set() {
    type Set = fn(Server, Duration) -> Result<Server, ConfigError>;
    let all: [(&str, Set); 8] = [
        ("first_request_timeout", Server::with_first_request_timeout),
        ("head_timeout", Server::with_head_timeout),
        ("idle_timeout", Server::with_idle_timeout),
        ("write_stall_timeout", Server::with_write_stall_timeout),
        ("body_stall_timeout", Server::with_body_stall_timeout),
        ("max_age", Server::with_max_age),
        ("ping_interval", |server, time| server.with_http2_ping(time, SHORT)),
        ("ping_timeout", |server, time| server.with_http2_ping(SHORT, time)),
    ];
    for (setting, set) in all {
        let error = set(local().await, Duration::MAX).unwrap_err();
        assert_eq!(error, ConfigError::DurationTooLong { setting });
        assert_eq!(error.code(), "duration-too-long");
    }
}

#[tokio::test]
async fn an_idle_connection_is_closed_and_a_busy_one_is_not() {
    let server = local().await.with_idle_timeout(SHORT).unwrap().with_first_request_timeout(SHORT).unwrap();
    let running = start(server, service_fn(echo));
    let mut client = running.client().await;
    assert_eq!(get(&mut client, "/slow").await.unwrap().status, 200, "longer than every timer");
    assert_eq!(client.read_to_close().await.unwrap(), b"");
    assert_eq!(running.stats.snapshot().timed_out_idle, 1);
}

#[tokio::test]
async fn an_idle_http2_connection_is_closed_too() {
    let server = local().await.with_idle_timeout(SHORT).unwrap();
    let running = start(server, service_fn(echo));
    let stream = TcpStream::connect(running.addr).await.unwrap();
    let (mut sender, conn) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
    let conn = tokio::spawn(conn);
    let request = Request::get("http://a/slow").body(Empty::<Bytes>::new()).unwrap();
    assert_eq!(sender.send_request(request).await.unwrap().status(), 200);
    let _ = conn.await.unwrap();
    assert_eq!(running.stats.snapshot().timed_out_idle, 1);
}

#[tokio::test]
async fn a_client_that_does_not_read_is_closed() {
    let server = local().await.with_write_stall_timeout(SHORT).unwrap();
    let running = start(
        server,
        service_fn(|_: Request<ClientBody>| async {
            Ok::<_, std::convert::Infallible>(Response::new(Full::<Bytes>::from(vec![b'x'; 64 << 20])))
        }),
    );
    let mut client = running.client().await;
    client.send("GET / HTTP/1.1\r\nhost: a\r\n\r\n").await.unwrap();
    running.until(|s| s.timed_out_write_stall == 1 && s.active == 0).await;
    // Nothing is kept in case it reads after all.
    client.read_to_close().await.expect_err("a reset");
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn of_an_answer_that_nobody_reads_the_system_holds_little() {
    let running = start(
        local().await,
        service_fn(|_: Request<ClientBody>| async {
            Ok::<_, std::convert::Infallible>(Response::new(Full::<Bytes>::from(vec![b'x'; 64 << 20])))
        }),
    );
    let mut client = running.client().await;
    client.send("GET / HTTP/1.1\r\nhost: a\r\n\r\n").await.unwrap();
    let port = format!(":{:04X} ", running.addr.port());
    let unsent = || -> u64 {
        let table = std::fs::read_to_string("/proc/net/tcp").unwrap();
        let ours =
            table.lines().filter_map(|line| line.split_once(&port).filter(|(from, _)| from.len() < 20));
        // What is not acknowledged, of the socket at this end.
        let queue = ours.filter_map(|(_, rest)| rest.split_whitespace().nth(2)?.split_once(':'));
        queue.map(|(unsent, _)| u64::from_str_radix(unsent, 16).unwrap()).max().unwrap()
    };
    while unsent() == 0 {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    tokio::time::sleep(SHORT).await;
    assert!(unsent() < 1 << 20, "{} bytes", unsent());
}

#[tokio::test]
async fn a_slow_reader_that_goes_on_reading_is_served() {
    let server = local().await.with_write_stall_timeout(SHORT).unwrap();
    let running = start(
        server,
        service_fn(|_: Request<ClientBody>| async {
            Ok::<_, std::convert::Infallible>(Response::new(Full::<Bytes>::from(vec![b'x'; 16 << 20])))
        }),
    );
    let stream = TcpStream::connect(running.addr).await.unwrap();
    let (mut read, mut write) = stream.into_split();
    tokio::io::AsyncWriteExt::write_all(&mut write, b"GET / HTTP/1.1\r\nhost: a\r\n\r\n").await.unwrap();
    let (mut total, mut buffer) = (0, vec![0; 1 << 20]);
    while total < 16 << 20 {
        tokio::time::sleep(Duration::from_millis(20)).await;
        let n = tokio::io::AsyncReadExt::read(&mut read, &mut buffer).await.unwrap();
        assert_ne!(n, 0, "closed after {total} bytes");
        total += n;
    }
    assert_eq!(running.stats.snapshot().timed_out_write_stall, 0);
}

#[tokio::test]
async fn connections_leave_nothing_behind() {
    let running: Running = start(local().await, service_fn(echo));
    for _ in 0..500 {
        assert_eq!(get(&mut running.client().await, "/").await.unwrap().status, 200);
    }
    running.until(|s| s.active == 0).await;
    assert_eq!(running.stats.snapshot().accepted, 500);
}
