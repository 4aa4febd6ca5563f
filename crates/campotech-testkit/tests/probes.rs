//! The probes themselves: a test that uses them is only as good as they are.

use std::convert::Infallible;
use std::time::Duration;

use campotech_core::{Decision, Mode, Observer, PeerAddr, RateLimitVerdict};
use campotech_testkit::{HyperServer, RawConnection, RecordingObserver, ScriptedBody, ScriptedError, Step};
use http::{HeaderMap, Request, Response};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use tower::service_fn;

#[tokio::test(start_paused = true)]
async fn a_scripted_body_takes_its_steps() {
    let body = ScriptedBody::new([
        Step::Data("a".into()),
        Step::Pause(Duration::from_secs(60)),
        Step::Data("b".into()),
        Step::Trailers(HeaderMap::new()),
    ]);
    let started = tokio::time::Instant::now();
    let collected = body.collect().await.unwrap();
    assert_eq!(started.elapsed(), Duration::from_secs(60));
    assert!(collected.trailers().is_some());
    assert_eq!(collected.to_bytes(), "ab");
    assert_eq!(ScriptedBody::new([Step::Error]).collect().await.unwrap_err(), ScriptedError);
    let hung = tokio::time::timeout(Duration::from_secs(1), ScriptedBody::new([Step::Hang]).collect());
    assert!(hung.await.is_err());
}

#[tokio::test]
async fn a_raw_client_reads_lengths_and_chunks_on_one_connection() {
    let server = HyperServer::start(service_fn(|request: Request<Incoming>| async move {
        assert!(request.extensions().get::<PeerAddr>().is_some());
        let body = if request.uri() == "/chunks" {
            ScriptedBody::chunks(["one ", "two"]).boxed()
        } else {
            http_body_util::Full::from("plain").map_err(|never| match never {}).boxed()
        };
        Ok::<_, Infallible>(Response::new(body))
    }))
    .await;
    let mut connection = RawConnection::open(server.addr()).await.unwrap();
    for (path, body) in [("/chunks", "one two"), ("/", "plain"), ("/chunks", "one two")] {
        connection.send(format!("GET {path} HTTP/1.1\r\nhost: x\r\n\r\n")).await.unwrap();
        let response = connection.receive().await.unwrap();
        assert_eq!((response.status.as_u16(), response.text().as_str()), (200, body), "{path}");
    }
    connection.send("HEAD / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await.unwrap();
    assert_eq!(connection.head().await.unwrap().1["content-length"], "5");
    assert_eq!(connection.read_to_close().await.unwrap(), b"");
}

#[tokio::test]
async fn a_dropped_server_takes_no_connection() {
    let server = HyperServer::start(service_fn(|_: Request<Incoming>| async {
        Ok::<_, Infallible>(Response::new(http_body_util::Empty::<bytes::Bytes>::new()))
    }))
    .await;
    let addr = server.addr();
    drop(server);
    for _ in 0..200 {
        if RawConnection::open(addr).await.is_err() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    unreachable!("the port was still open");
}

#[test]
fn an_observer_keeps_what_it_hears() {
    let observer = RecordingObserver::default();
    observer.decision(Decision::found("payload", Mode::ReportOnly, "too_large"));
    observer.rate_limit("auth", RateLimitVerdict::Limited);
    observer.validation_failure(None, "missing");
    let expected = ["decision payload reported too_large", "rate_limit auth limited", "validation - missing"];
    assert_eq!(observer.clone().lines(), expected);
}
