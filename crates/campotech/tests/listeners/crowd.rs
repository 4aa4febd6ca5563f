//! A listener that is full, and one client that wants too much of it.

use std::time::Duration;

use axum::Router;
use axum::routing::get;
use campotech::core::ClientIp;
use campotech_testkit::{RawConnection, RawResponse};

use crate::routes;
use crate::support::{Running, platform, start};

async fn ask(from: &str, running: &Running, before: &str, path: &str) -> std::io::Result<RawResponse> {
    let mut connection = RawConnection::open_from(from.parse().unwrap(), running.addr).await?;
    connection.send(format!("{before}GET {path} HTTP/1.1\r\nhost: x\r\n\r\n")).await?;
    connection.receive().await
}

#[tokio::test]
async fn who_comes_too_late_is_told_so_with_every_header_and_probes_are_answered() {
    let running = start(platform(&[("CAMPOTECH_MAX_CONNECTIONS", "1")]), routes()).await;
    let refused = running.get("/nowhere").await;
    let mut only = RawConnection::open(running.addr).await.unwrap();
    only.send("GET /hello HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    assert_eq!(only.receive().await.unwrap().text(), "hello");
    let late = running.get("/hello").await;
    assert_eq!((late.status.as_u16(), &late.headers["retry-after"]), (503, &"1".parse().unwrap()));
    assert!(late.text().contains("temporary-reduced-capacity"));
    for name in [
        "content-type",
        "content-security-policy",
        "x-content-type-options",
        "referrer-policy",
        "cross-origin-resource-policy",
        "cache-control",
    ] {
        assert_eq!(late.headers[name], refused.headers[name], "{name}: as on every other refusal");
    }
    for path in ["/live", "/ready", "/health", "/health/components/x", "/metrics", "/status"] {
        let probe = running.get(path).await;
        assert!(probe.headers.get("retry-after").is_none(), "{path}: {}", probe.status);
    }
    let series = r#"security_decisions_total{guard="connections",decision="refused",reason="shed"}"#;
    assert_eq!(running.metric(series).await, Some(1.0));
}

#[tokio::test]
async fn one_client_has_its_share_and_a_trusted_proxy_all() {
    let variables = [("CAMPOTECH_CLIENT_CONNECTIONS", "1"), ("CAMPOTECH_TRUSTED_PROXIES", "127.0.0.9")];
    let running = start(platform(&variables), routes()).await;
    let mut only = RawConnection::open(running.addr).await.unwrap();
    only.send("GET /hello HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    only.receive().await.unwrap();
    ask("127.0.0.1", &running, "", "/hello").await.unwrap_err();
    let mut proxies = Vec::new();
    for _ in 0..3 {
        let mut proxy = RawConnection::open_from("127.0.0.9".parse().unwrap(), running.addr).await.unwrap();
        proxy.send("GET /hello HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
        assert_eq!(proxy.receive().await.unwrap().text(), "hello");
        proxies.push(proxy);
    }
}

#[tokio::test]
async fn a_balancer_says_who_the_client_is() {
    let who = get(|client: ClientIp| async move { client.ip().to_string() });
    let variables = [("CAMPOTECH_PROXY_PROTOCOL", "127.0.0.9")];
    let running = start(platform(&variables), Router::new().route("/who", who)).await;
    let line = "PROXY TCP4 203.0.113.7 198.51.100.1 1 2\r\n";
    assert_eq!(ask("127.0.0.9", &running, line, "/who").await.unwrap().text(), "203.0.113.7");
    assert_eq!(ask("127.0.0.1", &running, "", "/who").await.unwrap().text(), "127.0.0.1");
    assert_eq!(ask("127.0.0.1", &running, line, "/who").await.unwrap().status, 400);
    ask("127.0.0.9", &running, "", "/who").await.unwrap_err();
}

#[tokio::test]
async fn a_connection_that_is_old_is_told_to_leave_with_its_answer() {
    let running = start(platform(&[("CAMPOTECH_CONNECTION_MAX_AGE", "500ms")]), routes()).await;
    let mut connection = RawConnection::open(running.addr).await.unwrap();
    let mut closing = None;
    let ends = tokio::time::Instant::now() + Duration::from_secs(5);
    while closing.is_none() && tokio::time::Instant::now() < ends {
        connection.send("GET /hello HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
        let answer = connection.receive().await.unwrap();
        assert_eq!(answer.text(), "hello");
        closing = answer.headers.get("connection").cloned();
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(closing.unwrap(), "close");
}
