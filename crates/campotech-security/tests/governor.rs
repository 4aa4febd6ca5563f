//! `tower_governor` in front of what is dear, under axum.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::routing::post;
use campotech_core::ClientIp;
use campotech_security::governor::{ClientIpKey, capacity_problem, tower_governor};
use campotech_testkit::{HyperServer, RawConnection};
use http::{Request, Response};
use http_body_util::BodyExt;
use serde_json::Value;
use tower::ServiceExt;
use tower_governor::GovernorLayer;
use tower_governor::governor::GovernorConfigBuilder;
use tower_governor::key_extractor::{GlobalKeyExtractor, KeyExtractor};

const REFILL: Duration = Duration::from_millis(3_600_500);

async fn hash(State(hashes): State<Arc<AtomicUsize>>) -> &'static str {
    hashes.fetch_add(1, Ordering::Relaxed);
    "hashed"
}

/// Login and register behind one cap of `burst`, which nothing refills while a test runs, and how often they ran.
fn app<K: KeyExtractor + Send + Sync + 'static>(key: K, burst: u32) -> (Router, Arc<AtomicUsize>)
where
    K::Key: Send + Sync + 'static,
{
    let quota = GovernorConfigBuilder::default()
        .key_extractor(key)
        .period(REFILL)
        .burst_size(burst)
        .finish()
        .unwrap();
    let cap = GovernorLayer::new(quota).error_handler(capacity_problem);
    let hashes = Arc::new(AtomicUsize::new(0));
    let router = Router::new()
        .route("/login", post(hash).route_layer(cap.clone()))
        .route("/register", post(hash).route_layer(cap))
        .route("/jobs", post(hash))
        .with_state(Arc::clone(&hashes));
    (router, hashes)
}

async fn ask(router: &Router, method: &str, path: &str, client: Option<&str>) -> Response<Body> {
    let mut request = Request::builder().method(method).uri(path).body(Body::empty()).unwrap();
    if let Some(ip) = client {
        request.extensions_mut().insert(ClientIp::new(ip.parse().unwrap(), false));
    }
    router.clone().oneshot(request).await.unwrap()
}

/// `began` is when the quota was untouched.
async fn assert_busy(response: Response<Body>, began: Instant) {
    let (parts, body) = response.into_parts();
    assert_eq!(parts.status, 503);
    assert_eq!(parts.headers["content-type"], "application/problem+json");
    assert_eq!(parts.headers["cache-control"], "no-store");
    let wait: u64 = parts.headers["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=3_601).contains(&wait), "{wait}");
    assert!(Duration::from_secs(wait) + began.elapsed() >= REFILL, "{wait} s is early");
    assert!(!parts.headers.contains_key("x-ratelimit-after"), "one header says it");
    let problem: Value = serde_json::from_slice(&body.collect().await.unwrap().to_bytes()).unwrap();
    assert_eq!(problem["type"], "https://iana.org/assignments/http-problem-types#temporary-reduced-capacity");
    assert_eq!(problem["status"], 503);
}

#[tokio::test]
async fn a_burst_passes_at_once_and_the_next_is_told_to_come_back() {
    let began = Instant::now();
    let (router, hashes) = app(GlobalKeyExtractor, 10);
    let mut burst = tokio::task::JoinSet::new();
    for i in 0..10 {
        let router = router.clone();
        let path = if i % 2 == 0 { "/login" } else { "/register" };
        // Ten clients: the cap is everybody's.
        burst
            .spawn(async move { ask(&router, "POST", path, Some(&format!("203.0.113.{i}"))).await.status() });
    }
    assert!(burst.join_all().await.iter().all(|status| *status == 200));
    for path in ["/login", "/register"] {
        assert_busy(ask(&router, "POST", path, Some("203.0.113.200")).await, began).await;
    }
    assert_eq!(hashes.load(Ordering::Relaxed), 10, "a refusal costs no hash");
    assert_eq!(ask(&router, "POST", "/jobs", None).await.status(), 200, "other routes don't know of it");
}

#[tokio::test]
async fn a_wrong_method_costs_nothing() {
    let began = Instant::now();
    let (router, _) = app(GlobalKeyExtractor, 1);
    for _ in 0..3 {
        assert_eq!(ask(&router, "DELETE", "/login", None).await.status(), 405);
    }
    assert_eq!(ask(&router, "POST", "/login", None).await.status(), 200);
    assert_busy(ask(&router, "POST", "/login", None).await, began).await;
}

#[tokio::test]
async fn by_client_one_network_does_not_lock_out_another() {
    let began = Instant::now();
    let (router, hashes) = app(ClientIpKey, 2);
    for ip in ["2001:db8::1", "2001:db8::2"] {
        assert_eq!(ask(&router, "POST", "/login", Some(ip)).await.status(), 200);
    }
    assert_busy(ask(&router, "POST", "/login", Some("2001:db8::3")).await, began).await;
    assert_eq!(ask(&router, "POST", "/login", Some("2001:db8:0:1::1")).await.status(), 200);
    assert_eq!(ask(&router, "POST", "/login", Some("203.0.113.7")).await.status(), 200);
    assert_eq!(hashes.load(Ordering::Relaxed), 4);
}

#[tokio::test]
async fn without_a_client_nobody_shares_a_bucket() {
    let (router, hashes) = app(ClientIpKey, 2);
    for _ in 0..3 {
        let response = ask(&router, "POST", "/login", None).await;
        assert_eq!(response.status(), 503);
        assert!(!response.headers().contains_key("retry-after"), "waiting does not help");
        let body = response.into_body().collect().await.unwrap().to_bytes();
        let problem: Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(problem["type"], "urn:campotech:problem:unavailable");
    }
    assert_eq!(hashes.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn the_answer_is_the_same_over_a_connection() {
    let (router, _) = app(GlobalKeyExtractor, 1);
    let server = HyperServer::start(router).await;
    for (status, problem) in [(200, false), (503, true)] {
        let mut client = RawConnection::open(server.addr()).await.unwrap();
        client.send("POST /login HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n").await.unwrap();
        let answer = client.receive().await.unwrap();
        assert_eq!(answer.status, status);
        assert_eq!(answer.headers.contains_key("retry-after"), problem);
        assert_eq!(answer.headers["content-type"] == "application/problem+json", problem);
    }
}
