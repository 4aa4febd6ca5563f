//! The order of the request path, by what can be seen from outside.
#![allow(clippy::unwrap_used, reason = "a helper that can't do its work fails the test")]

mod support;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::routing::{get, post};
use campotech_testkit::RawResponse;
use http::Request;
use serde_json::Value;
use support::{Running, platform, start};
use tower::ServiceExt;

const ORIGIN: &str = "origin: https://app.example.com";

#[expect(clippy::panic, reason = "the handler that fails")]
fn routes(calls: &Arc<AtomicUsize>) -> Router {
    let calls = Arc::clone(calls);
    Router::new()
        .route("/plain/{id}", get(|| async { "fine" }))
        .route(
            "/write",
            post(move |body: String| async move {
                calls.fetch_add(1, Ordering::SeqCst);
                body
            }),
        )
        .route("/panic", get(|| async { panic!("hunter2") as &'static str }))
        .route("/slow", get(|| async { std::future::pending::<&'static str>().await }))
}

async fn running(variables: &[(&str, &str)]) -> (Running, Arc<AtomicUsize>) {
    let calls = Arc::new(AtomicUsize::new(0));
    let cors = [("CAMPOTECH_CORS_ORIGINS", "https://app.example.com")];
    let variables: Vec<_> = cors.iter().chain(variables).copied().collect();
    (start(platform(&variables), routes(&calls)).await, calls)
}

fn problem(response: &RawResponse) -> Value {
    assert_eq!(response.headers["content-type"], "application/problem+json", "{}", response.text());
    serde_json::from_slice(&response.body).unwrap()
}

/// What every answer carries, whoever made it.
fn dressed(response: &RawResponse) {
    let headers = &response.headers;
    let id = headers["x-request-id"].to_str().unwrap();
    assert_eq!(id.len(), 36, "a UUID");
    assert!(headers.contains_key("content-security-policy"));
    assert_eq!(headers["x-content-type-options"], "nosniff");
    assert_eq!(headers["access-control-allow-origin"], "https://app.example.com");
    if response.status.as_u16() >= 400 {
        assert_eq!(problem(response)["instance"], format!("urn:campotech:request:{id}"));
    }
}

#[tokio::test]
async fn every_answer_carries_request_id_headers_and_cors() {
    let (running, _) = running(&[("CAMPOTECH_REQUEST_DEADLINE", "300ms")]).await;
    for (path, status) in
        [("/plain/1", 200), ("/nothing", 404), ("/panic", 500), ("/slow", 503), ("/a/%2e%2e/b", 400)]
    {
        let response = running.ask(&format!("GET {path} HTTP/1.1\n{ORIGIN}"), "").await;
        assert_eq!(response.status, status, "{path}");
        dressed(&response);
        assert!(!response.text().contains("hunter2"));
    }
    let response = running.ask(&format!("PUT /write HTTP/1.1\n{ORIGIN}"), "").await;
    assert_eq!((response.status.as_u16(), &response.headers["allow"]), (405, &"POST".parse().unwrap()));
    dressed(&response);
    for (path, status) in [("/plain/{id}", 200), ("__unmatched__", 404), ("/panic", 500), ("/slow", 503)] {
        let series = format!(r#"http_requests_total{{method="GET",path="{path}",status="{status}"}}"#);
        assert!(running.metric(&series).await.is_some_and(|count| count >= 1.0), "{series}");
    }
}

#[tokio::test]
async fn what_another_site_loads_costs_no_quota_unless_it_is_open() {
    let limited = platform(&[("CAMPOTECH_RATE_STANDARD", "2/1h")]).open_reads("/plain/*");
    let running = start(limited, routes(&Arc::default())).await;
    let load = "sec-fetch-site: cross-site\nsec-fetch-mode: no-cors\nsec-fetch-dest: image";
    for _ in 0..5 {
        assert_eq!(running.ask(&format!("GET /slow HTTP/1.1\n{load}"), "").await.status, 403);
    }
    assert_eq!(running.ask(&format!("GET /plain/1 HTTP/1.1\n{load}"), "").await.status, 200);
    assert_eq!(running.get("/plain/1").await.status, 200);
    assert_eq!(running.get("/plain/1").await.status, 429);
    let refused = r#"security_decisions_total{guard="csrf",decision="refused",reason="cross_site_load"}"#;
    assert_eq!(running.metric(refused).await, Some(5.0));
}

#[tokio::test]
async fn limits_refuse_before_a_body_is_read_or_looked_at() {
    let (running, calls) =
        running(&[("CAMPOTECH_RATE_STANDARD", "1/1h"), ("CAMPOTECH_MAX_BODY", "10B")]).await;
    assert_eq!(running.get("/plain/1").await.status, 200);
    let oversize = running.ask(&format!("POST /write HTTP/1.1\n{ORIGIN}"), "more than ten bytes").await;
    assert_eq!(oversize.status, 429, "the limit stands before the size");
    assert!(oversize.headers.contains_key("retry-after"));
    dressed(&oversize);
    let traversal = running.ask(&format!("GET /plain/%2e%2e/x HTTP/1.1\n{ORIGIN}"), "").await;
    assert_eq!(traversal.status, 429, "the limit stands before the inspection");
    assert_eq!(calls.load(Ordering::SeqCst), 0);
    let limited = r#"http_requests_total{method="POST",path="/write",status="429"}"#;
    assert_eq!(running.metric(limited).await, Some(1.0), "metrics stand before the limit");
}

#[tokio::test]
async fn size_comes_before_inspection_and_inspection_before_the_handler() {
    let (running, calls) = running(&[("CAMPOTECH_MAX_BODY", "20B")]).await;
    let json = "content-type: application/json";
    let long = running.ask(&format!("POST /write HTTP/1.1\n{json}"), r#"{"a":1,"a":2,"b":3,"c":4}"#).await;
    assert_eq!(long.status, 413);
    let twice = running.ask(&format!("POST /write HTTP/1.1\n{json}"), r#"{"a":1,"a":2}"#).await;
    assert_eq!(twice.status, 400);
    assert_eq!(calls.load(Ordering::SeqCst), 0);
    let fine = running.ask(&format!("POST /write HTTP/1.1\n{json}"), r#"{"a":1,"b":2}"#).await;
    assert_eq!((fine.status.as_u16(), fine.text().as_str()), (200, r#"{"a":1,"b":2}"#));
    assert_eq!(calls.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn attacks_in_content_are_told_or_refused_as_the_variable_says() {
    let json = "content-type: application/json";
    let (attack, order) = (r#"{"title":"' OR 1=1--"}"#, r#"{"title":"Caño 3/4\" -- O'Higgins 1450; <3"}"#);
    for (mode, status, decision) in
        [("off", 200, None), ("report", 200, Some("reported")), ("block", 400, Some("refused"))]
    {
        let (running, _) = running(&[("CAMPOTECH_DETECTION", mode)]).await;
        assert_eq!(running.ask(&format!("POST /write HTTP/1.1\n{json}"), order).await.status, 200, "{mode}");
        assert_eq!(
            running.ask(&format!("POST /write HTTP/1.1\n{json}"), attack).await.status,
            status,
            "{mode}"
        );
        let metric = |decision: &str| {
            format!(
                r#"security_decisions_total{{guard="inspect",decision="{decision}",reason="detect.sqli"}}"#
            )
        };
        for counted in ["reported", "refused"] {
            let expected = (decision == Some(counted)).then_some(1.0);
            assert_eq!(running.metric(&metric(counted)).await, expected, "{mode} {counted}");
        }
    }
}

/// CORS lets browsers keep answers from scripts; it refuses no request.
#[tokio::test]
async fn a_write_of_a_foreign_origin_with_a_token_is_let_in() {
    let write = "POST /write HTTP/1.1\nauthorization: Bearer x\norigin: https://other.example.com";
    for variables in [&[][..], &[("CAMPOTECH_CORS_ORIGINS", "https://app.example.com")]] {
        let running = start(platform(variables), routes(&Arc::new(AtomicUsize::new(0)))).await;
        assert_eq!(running.ask(write, "").await.status, 200, "{variables:?}");
    }
}

#[tokio::test]
async fn guards_that_only_tell_refuse_nothing() {
    let limits = [
        ("CAMPOTECH_RATE_STANDARD", "1/1h"),
        ("CAMPOTECH_MAX_BODY", "10B"),
        ("CAMPOTECH_REQUEST_DEADLINE", "100ms"),
        ("CAMPOTECH_DETECTION", "block"),
    ];
    let told = ("CAMPOTECH_REPORT_ONLY", "csrf,rate_limit,payload,inspect,deadline");
    let (running, calls) = running(&[&limits[..], &[told]].concat()).await;
    let forged = "POST /write HTTP/1.1\norigin: https://evil.example.com\nsec-fetch-site: cross-site";
    assert_eq!(running.ask(forged, "").await.status, 200);
    let embedded =
        "GET /plain/1 HTTP/1.1\nsec-fetch-site: cross-site\nsec-fetch-mode: no-cors\nsec-fetch-dest: image";
    assert_eq!(running.ask(embedded, "").await.status, 200);
    let write = "POST /write HTTP/1.1\ncontent-type: application/json";
    let attack = r#"{"notes":"1' OR '1'='1'; DROP TABLE jobs;--"}"#;
    assert_eq!(running.ask(write, attack).await.text(), attack);
    assert_eq!(calls.load(Ordering::SeqCst), 2);
    assert_eq!(running.get("/a/%2e%2e/b").await.status, 404);
    let slow = tokio::time::timeout(Duration::from_millis(500), running.get("/slow")).await;
    assert!(slow.is_err(), "the deadline only tells");

    for (guard, reason) in [
        ("cors", "origin"),
        ("csrf", "cross_site"),
        ("inspect", "detect.sqli"),
        ("inspect", "path.traversal"),
        ("payload", "declared_size"),
        ("deadline", "handler"),
    ] {
        let decisions = format!(r#"security_decisions_total{{guard="{guard}""#);
        let text = running.get("/metrics").await.text();
        let lines: Vec<_> = text.lines().filter(|line| line.starts_with(&decisions)).collect();
        let reported = format!(r#"decision="reported",reason="{reason}""#);
        assert!(lines.iter().any(|line| line.contains(&reported)), "{guard}: {lines:?}");
        assert!(lines.iter().all(|line| !line.contains("refused")), "{guard}: {lines:?}");
    }
    let shadow = r#"rate_limit_decisions_total{tier="standard",decision="shadow"}"#;
    assert_eq!(running.metric(shadow).await, Some(4.0));
    assert!(running.get("/status").await.text().contains("csrf, rate_limit, payload, inspect, deadline"));
}

#[tokio::test]
async fn neither_a_preflight_nor_a_forged_request_costs_quota() {
    let (running, calls) = running(&[("CAMPOTECH_RATE_STANDARD", "1/1h")]).await;
    for _ in 0..3 {
        let preflight = format!("OPTIONS /write HTTP/1.1\n{ORIGIN}\naccess-control-request-method: POST");
        assert_eq!(running.ask(&preflight, "").await.status, 204);
        let forged = "POST /write HTTP/1.1\norigin: https://evil.example.com\nsec-fetch-site: cross-site";
        assert_eq!(running.ask(forged, "x").await.status, 403);
    }
    assert_eq!(calls.load(Ordering::SeqCst), 0);
    assert_eq!(running.get("/plain/1").await.status, 200);
    assert_eq!(running.get("/plain/1").await.status, 429);
}

#[tokio::test]
async fn ops_routes_take_no_quota_and_are_counted_apart() {
    let (running, _) = running(&[("CAMPOTECH_RATE_STANDARD", "1/1h")]).await;
    for _ in 0..5 {
        for path in ["/live", "/metrics", "/status"] {
            assert_eq!(running.get(path).await.status, 200, "{path}");
        }
    }
    assert_eq!(running.metric(r#"ops_requests_total{route="/live",status="200"}"#).await, Some(5.0));
    let text = running.get("/metrics").await.text();
    assert!(!text.lines().any(|line| line.starts_with("http_requests_total") && line.contains("/live")));
    assert_eq!(running.get("/plain/1").await.status, 200);
}

#[tokio::test]
async fn problems_speak_the_language_of_the_request() {
    let (running, _) = running(&[]).await;
    let response = running.ask("GET /nothing HTTP/1.1\naccept-language: es-AR", "").await;
    assert_eq!(response.headers["content-language"], "es-AR");
    assert_eq!(problem(&response)["title"], "No encontrado");
    let head = running.ask("GET /plain/1 HTTP/1.1\naccept-language: es-AR", "").await;
    assert!(!head.headers.contains_key("content-language"), "only problems are translated");
}

#[tokio::test]
async fn the_status_page_passes_its_own_policy() {
    let (running, _) = running(&[]).await;
    let page = running.get("/status").await;
    assert_eq!(page.headers["cache-control"], "no-store");
    let text = page.text();
    let used = nonce(&text).to_owned();
    assert!(used.len() >= 22, "128 bits of base64: {used}");
    let policy = page.headers["content-security-policy"].to_str().unwrap();
    assert!(policy.contains(&format!("'nonce-{used}'")), "{policy}");
    let loaded = text.matches("<script").count() + text.matches("<link rel=\"stylesheet\"").count();
    let let_through = text.matches(&format!("nonce=\"{used}\"")).count();
    assert_eq!((loaded, let_through), (3, 4), "and so has its style: {text}");
    assert!(!text.contains("style=") && !text.contains(" onclick"), "{text}");
    assert!(text.contains("probe") && text.contains("requests in flight"), "{text}");
    assert_ne!(nonce(&running.get("/status").await.text()), used, "each page has its own");
}

#[tokio::test]
async fn pages_say_where_to_report_and_what_comes_is_counted_on_the_path() {
    let platform = platform(&[("CAMPOTECH_DETECTION", "block")]).csp_reports("/reports");
    let running = start(platform, routes(&Arc::new(AtomicUsize::new(0)))).await;
    let page = running.get("/status").await;
    assert_eq!(page.headers["reporting-endpoints"], "csp=\"/reports\"");
    assert!(page.headers["content-security-policy"].to_str().unwrap().ends_with(";report-to csp"));
    assert!(!running.get("/plain/1").await.headers.contains_key("reporting-endpoints"));

    let head = "POST /reports HTTP/1.1\ncontent-type: application/reports+json";
    let report = r#"[{"type":"csp-violation","body":{"effectiveDirective":"script-src-elem","disposition":"enforce"}}]"#;
    let taken = running.ask(head, report).await;
    assert_eq!((taken.status.as_u16(), taken.text()), (204, String::new()));
    assert_eq!(problem(&running.ask(head, "[hunter2").await)["status"], 400);
    assert_eq!(problem(&running.ask(head, r#"[{"type":7}]"#).await)["status"], 400);
    // What was attacked tells of the attack.
    let attack =
        report.replace("\"disposition\"", "\"sample\":\"<script>alert(1)</script>\",\"disposition\"");
    assert_eq!(running.ask(head, &attack).await.status, 204);
    let get = running.get("/reports").await;
    assert_eq!(
        (problem(&get)["status"].as_u64(), &get.headers["allow"]),
        (Some(405), &"POST".parse().unwrap())
    );
    for (labels, count) in [
        (r#"guard="csp",decision="reported",reason="script-src-elem""#, 2.0),
        (r#"guard="reports",decision="refused",reason="syntax""#, 2.0),
        (r#"guard="reports",decision="refused",reason="method""#, 1.0),
    ] {
        assert_eq!(
            running.metric(&format!("security_decisions_total{{{labels}}}")).await,
            Some(count),
            "{labels}"
        );
    }
}

fn nonce(page: &str) -> &str {
    page.split("nonce=\"").nth(1).unwrap().split('"').next().unwrap()
}

#[tokio::test]
async fn the_router_is_the_whole_path_without_a_socket() {
    let bound = platform(&[]).bind(routes(&Arc::default())).await.unwrap();
    for (path, status) in [("/plain/1", 200), ("/nothing", 404), ("/panic", 500), ("/live", 200)] {
        let peer = ConnectInfo(SocketAddr::from(([127, 0, 0, 1], 5000)));
        let request = Request::get(path).header("host", "probe").extension(peer).body(Body::empty()).unwrap();
        let response = bound.router().oneshot(request).await.unwrap();
        assert_eq!(response.status(), status, "{path}");
        assert!(response.headers().contains_key("x-request-id"), "{path}");
    }
}
