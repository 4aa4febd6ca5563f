//! The layer under bare hyper: what a server does with bodies, heads, upgrades and clients that go away.

#![allow(clippy::unwrap_used, reason = "what goes wrong in a helper of a test fails the test")]

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use campotech_core::Route;
use campotech_metrics::{Metrics, MetricsTotals};
use campotech_testkit::{HyperServer, RawConnection, ScriptedBody, Step};
use http::{Request, Response};
use tower::{ServiceBuilder, service_fn};

async fn route<B>(request: Request<B>) -> Result<Response<ScriptedBody>, Infallible> {
    let hello = || Step::Data(Bytes::from_static(b"hello"));
    let response = Response::builder();
    let path = request.uri().path().to_owned();
    let response = match path.as_str() {
        "/chunked" => response.body(ScriptedBody::chunks(["hello"; 10])),
        "/slow" => {
            response.body(ScriptedBody::new([hello(), Step::Pause(Duration::from_millis(60)), hello()]))
        }
        // A declared length, and a body that doesn't know that it has ended.
        "/length" => response.header("content-length", "5").body(ScriptedBody::new([hello(), Step::Hang])),
        "/hang" => response.body(ScriptedBody::new([hello(), Step::Hang])),
        "/error" => response.body(ScriptedBody::new([hello(), Step::Error])),
        "/empty" => response.status(204).body(ScriptedBody::default()),
        "/upgrade" => response
            .status(101)
            .header("connection", "upgrade")
            .header("upgrade", "echo")
            .body(ScriptedBody::default()),
        "/never" => std::future::pending().await,
        "/panic" => panic!("a bug"),
        _ => response.status(404).body(ScriptedBody::default()),
    };
    let mut response = response.unwrap();
    // A router inside of the layer tells the route with the answer.
    if response.status() != 404 {
        response.extensions_mut().insert(Route(Arc::from(path)));
    }
    Ok(response)
}

async fn serve(metrics: &Metrics) -> HyperServer {
    HyperServer::start(ServiceBuilder::new().layer(metrics.layer()).service(service_fn(route))).await
}

fn metrics() -> Metrics {
    Metrics::builder("test", "1").build().unwrap()
}

/// Waits until `started` requests have come in and `in_flight` of them are left.
async fn settled(metrics: &Metrics, started: u64, in_flight: u64) -> MetricsTotals {
    let settled = async {
        loop {
            let totals = metrics.totals();
            if (totals.started, totals.in_flight) == (started, in_flight) {
                return totals;
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    let waited = tokio::time::timeout(Duration::from_secs(20), settled).await;
    waited.unwrap_or_else(|_| panic!("it never settles: {:?}", metrics.totals()))
}

/// Waits until nothing is in flight.
async fn quiet(metrics: &Metrics, started: u64) -> MetricsTotals {
    let totals = settled(metrics, started, 0).await;
    assert_eq!(totals.started, totals.requests + totals.cancelled + totals.failed);
    totals
}

fn assert_has(metrics: &Metrics, line: &str) {
    let text = metrics.render_text();
    assert!(text.lines().any(|have| have == line), "{line} is missing in\n{text}");
}

#[tokio::test]
async fn whole_answers_are_completed_however_they_end() {
    let metrics = metrics();
    let server = serve(&metrics).await;
    let mut connection = RawConnection::open(server.addr()).await.unwrap();
    for (n, (method, path)) in
        [("GET", "/chunked"), ("HEAD", "/hang"), ("GET", "/empty"), ("GET", "/nowhere"), ("GET", "/length")]
            .into_iter()
            .enumerate()
    {
        connection.send(format!("{method} {path} HTTP/1.1\r\nhost: x\r\n\r\n")).await.unwrap();
        if method == "HEAD" {
            connection.head().await.unwrap();
        } else {
            connection.receive().await.unwrap();
        }
        let totals = quiet(&metrics, n as u64 + 1).await;
        assert_eq!(totals.requests, n as u64 + 1, "{path}: {totals:?}");
    }
    assert_has(&metrics, r#"http_requests_total{method="GET",path="/length",status="200"} 1"#);
    assert_has(&metrics, r#"http_requests_total{method="HEAD",path="/hang",status="200"} 1"#);
    assert_has(&metrics, r#"http_requests_total{method="GET",path="__unmatched__",status="404"} 1"#);
    // Ten chunks are one sample.
    assert_has(&metrics, r#"http_response_size_bytes_sum{method="GET",path="/chunked"} 50"#);
    assert_has(&metrics, r#"http_response_size_bytes_count{method="GET",path="/chunked"} 1"#);
    assert_eq!(metrics.totals().client_errors, 1);
}

#[tokio::test]
async fn the_duration_includes_the_body() {
    let metrics = metrics();
    let server = serve(&metrics).await;
    let mut connection = RawConnection::open(server.addr()).await.unwrap();
    connection.send("GET /slow HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    connection.receive().await.unwrap();
    quiet(&metrics, 1).await;
    assert_has(&metrics, r#"http_request_duration_seconds_bucket{method="GET",path="/slow",le="0.05"} 0"#);
    assert_has(&metrics, r#"http_request_duration_seconds_count{method="GET",path="/slow"} 1"#);
}

#[tokio::test]
async fn an_upgrade_is_a_completed_request_without_a_duration() {
    let metrics = metrics();
    let server = serve(&metrics).await;
    let mut connection = RawConnection::open(server.addr()).await.unwrap();
    let request = "GET /upgrade HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: echo\r\n\r\n";
    connection.send(request).await.unwrap();
    assert_eq!(connection.head().await.unwrap().0, 101);
    assert_eq!(quiet(&metrics, 1).await.requests, 1);
    assert_has(&metrics, r#"http_requests_total{method="GET",path="/upgrade",status="101"} 1"#);
    assert_has(&metrics, r#"http_request_duration_seconds_count{method="GET",path="/upgrade"} 0"#);
    assert_eq!(metrics.totals().latency.count(), 0);
}

#[tokio::test]
async fn clients_that_go_away_are_cancelled_and_bugs_are_failed() {
    let metrics = metrics();
    let server = serve(&metrics).await;
    for (n, path) in ["/never", "/hang", "/error", "/panic"].into_iter().enumerate() {
        let mut connection = RawConnection::open(server.addr()).await.unwrap();
        connection.send(format!("GET {path} HTTP/1.1\r\nhost: x\r\n\r\n")).await.unwrap();
        if path == "/never" {
            settled(&metrics, 1, 1).await;
        }
        if path == "/hang" {
            connection.head().await.unwrap();
        }
        if matches!(path, "/error" | "/panic") {
            let _ = connection.read_to_close().await;
        }
        drop(connection);
        quiet(&metrics, n as u64 + 1).await;
    }
    let totals = metrics.totals();
    assert_eq!((totals.requests, totals.cancelled, totals.failed), (0, 2, 2), "{totals:?}");
    let unmatched = r#"{method="GET",path="__unmatched__""#;
    assert_has(&metrics, &format!("http_requests_cancelled_total{unmatched},phase=\"headers\"}} 1"));
    assert_has(&metrics, r#"http_requests_cancelled_total{method="GET",path="/hang",phase="body"} 1"#);
    assert_has(&metrics, r#"http_requests_failed_total{method="GET",path="/error",cause="error"} 1"#);
    assert_has(&metrics, &format!("http_requests_failed_total{unmatched},cause=\"panic\"}} 1"));
}

#[tokio::test]
async fn declared_request_sizes_are_measured() {
    let metrics = metrics();
    let server = serve(&metrics).await;
    let mut connection = RawConnection::open(server.addr()).await.unwrap();
    connection.send("POST /chunked HTTP/1.1\r\nhost: x\r\ncontent-length: 300\r\n\r\n").await.unwrap();
    connection.send(vec![b'x'; 300]).await.unwrap();
    connection.receive().await.unwrap();
    quiet(&metrics, 1).await;
    assert_has(&metrics, r#"http_request_size_bytes_sum{method="POST",path="/chunked"} 300"#);
    assert_has(&metrics, r#"http_request_size_bytes_bucket{method="POST",path="/chunked",le="256.0"} 0"#);
    assert_has(&metrics, r#"http_request_size_bytes_bucket{method="POST",path="/chunked",le="1024.0"} 1"#);
}
