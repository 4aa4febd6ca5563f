//! The layers on an axum router: routes are templates, refusals inside the router are seen, ops routes are apart.

#![allow(clippy::unwrap_used, reason = "what goes wrong in a helper of a test fails the test")]

use axum::Router;
use axum::body::Body;
use axum::routing::get;
use campotech_metrics::Metrics;
use campotech_testkit::{HyperServer, RawConnection};
use http::{Request, StatusCode};
use http_body_util::BodyExt;
use tower::ServiceExt;

fn router(metrics: &Metrics) -> Router {
    let api = Router::new()
        .route("/api/v1/jobs/{id}", get(|| async { "a job" }))
        .route("/api/v1/broken", get(|| async { StatusCode::INTERNAL_SERVER_ERROR }))
        .fallback(|| async { StatusCode::NOT_FOUND })
        .layer(metrics.layer());
    let ops = Router::new()
        .route("/live", get(|| async { "ok" }))
        .route("/ready", get(|| async { StatusCode::SERVICE_UNAVAILABLE }))
        .route_service("/metrics", metrics.endpoint())
        .layer(metrics.ops_layer());
    ops.merge(api)
}

async fn send(router: &Router, method: &str, path: &str) -> (StatusCode, String) {
    let request = Request::builder().method(method).uri(path).body(Body::empty()).unwrap();
    let response = router.clone().oneshot(request).await.unwrap();
    let status = response.status();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    (status, String::from_utf8(body.to_vec()).unwrap())
}

#[tokio::test]
async fn paths_are_templates_and_never_what_the_client_sent() {
    let metrics = Metrics::builder("test", "1").build().unwrap();
    let router = router(&metrics);
    for path in ["/api/v1/jobs/1", "/api/v1/jobs/2", "/.env", "/wp-login.php", "/api/v1/broken"] {
        send(&router, "GET", path).await;
    }
    send(&router, "POST", "/api/v1/jobs/1").await;
    send(&router, "PROPFIND", "/api/v1/jobs/1").await;
    let (status, text) = send(&router, "GET", "/metrics").await;
    assert_eq!(status, 200);
    let mut lines: Vec<_> = text
        .lines()
        .filter(|line| line.starts_with("http_requests_total{") && !line.ends_with(" 0"))
        .collect();
    lines.sort_unstable();
    assert_eq!(
        lines,
        [
            r#"http_requests_total{method="GET",path="/api/v1/broken",status="500"} 1"#,
            r#"http_requests_total{method="GET",path="/api/v1/jobs/{id}",status="200"} 2"#,
            r#"http_requests_total{method="GET",path="__unmatched__",status="404"} 2"#,
            r#"http_requests_total{method="POST",path="/api/v1/jobs/{id}",status="405"} 1"#,
            r#"http_requests_total{method="_OTHER",path="/api/v1/jobs/{id}",status="405"} 1"#,
        ]
    );
    assert!(
        text.contains("http_requests_total{method=\"GET\",path=\"/api/v1/jobs/{id}\",status=\"500\"} 0\n")
    );
}

#[tokio::test]
async fn ops_routes_are_counted_apart() {
    let metrics = Metrics::builder("test", "1").build().unwrap();
    let router = router(&metrics);
    for path in ["/live", "/live", "/ready", "/metrics"] {
        send(&router, "GET", path).await;
    }
    let (status, problem) = send(&router, "DELETE", "/metrics").await;
    assert_eq!(status, 405);
    assert!(problem.contains("urn:campotech:problem:method-not-allowed"), "{problem}");
    let text = metrics.render_text();
    let counted =
        |line: &str| assert!(text.contains(&format!("ops_requests_total{line}\n")), "{line}\n{text}");
    counted(r#"{route="/live",status="200"} 2"#);
    counted(r#"{route="/live",status="503"} 0"#);
    counted(r#"{route="/ready",status="503"} 1"#);
    counted(r#"{route="/metrics",status="200"} 1"#);
    counted(r#"{route="/metrics",status="405"} 1"#);
    assert!(text.contains("\nhttp_requests_started_total 0\n"));
    assert_eq!(metrics.totals().requests, 0);
}

#[tokio::test]
async fn head_has_the_length_and_no_body() {
    let metrics = Metrics::builder("test", "1").build().unwrap();
    let server = HyperServer::start(router(&metrics)).await;
    let mut connection = RawConnection::open(server.addr()).await.unwrap();
    connection.send("HEAD /metrics HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    let (status, headers) = connection.head().await.unwrap();
    assert_eq!(status, 200);
    assert_eq!(headers["content-type"], "text/plain; version=0.0.4; charset=utf-8");
    assert_eq!(headers["cache-control"], "no-store");
    assert!(headers["content-length"].to_str().unwrap().parse::<usize>().unwrap() > 1_000);
    connection.send("GET /live HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    assert_eq!(connection.receive().await.unwrap().text(), "ok");
}
