//! Who may see what, on which listener.
#![allow(clippy::unwrap_used, reason = "a helper that can't do its work fails the test")]

#[path = "listeners/crowd.rs"]
mod crowd;
#[path = "listeners/https.rs"]
mod https;
mod support;

use axum::Router;
use axum::routing::get;
use campotech::PlatformError;
use support::{platform, start};

fn routes() -> Router {
    Router::new().route("/hello", get(|| async { "hello" }))
}

#[tokio::test]
async fn with_an_admin_listener_the_public_one_shows_no_details() {
    let bound = platform(&[("CAMPOTECH_ADMIN_LISTEN", "127.0.0.1:0")]).bind(routes()).await.unwrap();
    let (public, admin) = (bound.addr(), bound.admin_addr().unwrap());
    assert_eq!(bound.operators_addr(), Some(admin));
    let task = tokio::spawn(bound.run());
    let ask = async |addr, path: &str| {
        let mut connection = campotech_testkit::RawConnection::open(addr).await.unwrap();
        connection.send(format!("GET {path} HTTP/1.1\r\nhost: x\r\n\r\n")).await.unwrap();
        connection.receive().await.unwrap()
    };
    for path in
        ["/metrics", "/status", "/status/history.json", "/status/uplot.js", "/health/components/store"]
    {
        assert_eq!(ask(public, path).await.status, 404, "{path}");
    }
    assert_eq!(ask(admin, "/metrics").await.status, 200);
    assert_eq!(ask(admin, "/status").await.status, 200);
    assert_eq!(ask(admin, "/status/history.json").await.status, 200);
    assert_eq!(ask(admin, "/hello").await.status, 404);
    let health = ask(public, "/health").await.text();
    assert!(!health.contains("components"), "{health}");
    assert!(ask(admin, "/health").await.text().contains("components"));
    task.abort();
}

#[tokio::test]
async fn a_listener_for_everyone_without_an_admin_listener_shows_no_details() {
    let running = start(platform(&[("CAMPOTECH_LISTEN", "0.0.0.0:0")]), routes()).await;
    for path in ["/metrics", "/status", "/status/history.json"] {
        assert_eq!(running.get(path).await.status, 404, "{path}");
    }
    assert_eq!(running.get("/live").await.status, 200);
}

#[tokio::test]
async fn open_connections_and_their_cap_are_measured() {
    let running = start(platform(&[("CAMPOTECH_MAX_CONNECTIONS", "37")]), routes()).await;
    assert_eq!(running.metric("serve_connections_max").await, Some(37.0));
    assert_eq!(running.metric("serve_connections_active").await, Some(1.0));
}

#[tokio::test]
async fn a_taken_port_is_one_line() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = taken.local_addr().unwrap().to_string();
    let error = platform(&[("CAMPOTECH_LISTEN", &addr)]).bind(routes()).await.err().unwrap();
    assert!(matches!(error, PlatformError::Listen { .. }));
    let line = format!("CAMPOTECH_LISTEN: {addr} can't be listened on: the port is taken by another process");
    assert_eq!(error.to_string(), line);
}

#[tokio::test]
async fn a_tier_that_makes_no_sense_is_a_typed_error() {
    use campotech::security::rate_limit::Tier;
    let tier = Tier::auth(0, std::time::Duration::from_secs(900)).routes(["/hello"]);
    let error = platform(&[]).tier(tier).bind(routes()).await.err().unwrap();
    assert!(matches!(error, PlatformError::Build { part: "rate limit", .. }), "{error}");
}

#[tokio::test]
async fn what_runs_is_said_with_its_revision() {
    let running = start(platform(&[]), routes()).await;
    let series = r#"build_info{service="probe",version="1.2.3",revision="a1b2c3"}"#;
    assert_eq!(running.metric(series).await, Some(1.0));
}
