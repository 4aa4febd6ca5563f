//! Maintenance by hand, and a public runtime that stalls, as the admin listener sees both.
#![allow(clippy::unwrap_used, reason = "a helper that can't do its work fails the test")]

mod support;

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use axum::Router;
use axum::routing::get;
use campotech_testkit::{RawConnection, RawResponse};
use support::platform;
use tokio::runtime::{Builder, Runtime};

/// What the watchdog takes for a stall.
const STALL: Duration = Duration::from_secs(5);

async fn ask(addr: SocketAddr, method: &str, path: &str) -> RawResponse {
    let mut connection = RawConnection::open(addr).await.unwrap();
    connection
        .send(format!("{method} {path} HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n"))
        .await
        .unwrap();
    connection.receive().await.unwrap()
}

/// A server with an admin listener on a runtime of its own: where its public and where its admin listener are.
fn serving(on: &Runtime) -> (SocketAddr, SocketAddr) {
    let bound = on.block_on(async {
        let routes = Router::new()
            .route("/hello", get(|| async { "hello" }))
            .route("/block", get(|| async { std::thread::sleep(STALL * 3) }));
        platform(&[("CAMPOTECH_ADMIN_LISTEN", "127.0.0.1:0")]).bind(routes).await.unwrap()
    });
    let addrs = (bound.addr(), bound.admin_addr().unwrap());
    on.spawn(bound.run());
    addrs
}

fn workers(count: usize) -> Runtime {
    Builder::new_multi_thread().worker_threads(count).enable_all().build().unwrap()
}

#[test]
fn the_admin_listener_switches_maintenance_and_the_public_one_does_not() {
    let (server, client) = (workers(2), Builder::new_current_thread().enable_all().build().unwrap());
    let (public, admin) = serving(&server);
    client.block_on(async {
        let maintenance = async |method: &str| ask(admin, method, "/maintenance").await.text();
        assert_eq!(maintenance("GET").await, r#"{"maintenance":false}"#);
        assert_eq!(ask(public, "GET", "/ready").await.status, 200);
        assert_eq!(maintenance("PUT").await, r#"{"maintenance":true}"#);
        assert_eq!(maintenance("GET").await, r#"{"maintenance":true}"#);
        let ready = ask(public, "GET", "/ready").await;
        assert_eq!(
            (ready.status.as_u16(), ready.text()),
            (503, r#"{"status":"healthy","phase":"maintenance"}"#.to_owned())
        );
        assert_eq!(ask(public, "GET", "/live").await.status, 200);
        assert_eq!(ask(public, "GET", "/hello").await.status, 200, "who comes all the same is served");
        assert_eq!(maintenance("DELETE").await, r#"{"maintenance":false}"#);
        assert_eq!(ask(public, "GET", "/ready").await.status, 200);
        assert_eq!(ask(admin, "POST", "/maintenance").await.status, 405);
        // A page in a browser that reaches the listener.
        for said in ["origin: http://127.0.0.1:9090", "sec-fetch-site: same-origin"] {
            let mut connection = RawConnection::open(admin).await.unwrap();
            connection.send(format!("PUT /maintenance HTTP/1.1\r\nhost: x\r\n{said}\r\n\r\n")).await.unwrap();
            assert_eq!(connection.receive().await.unwrap().status, 403, "{said}");
        }
        assert_eq!(maintenance("GET").await, r#"{"maintenance":false}"#);
        for method in ["GET", "PUT", "DELETE"] {
            assert_eq!(ask(public, method, "/maintenance").await.status, 404);
        }
    });
    server.shutdown_background();
}

#[test]
fn workers_that_all_block_are_seen_by_the_admin_listener_within_twice_the_threshold() {
    let (server, client) = (workers(2), Builder::new_current_thread().enable_all().build().unwrap());
    let (public, admin) = serving(&server);
    client.block_on(async {
        assert_eq!(ask(admin, "GET", "/live").await.status, 200);
        let mut blocked = Vec::new();
        for _ in 0..2 {
            let mut connection = RawConnection::open(public).await.unwrap();
            connection.send("GET /block HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
            blocked.push(connection);
        }
        let began = Instant::now();
        let live = loop {
            let asked = Instant::now();
            let live = ask(admin, "GET", "/live").await;
            assert!(asked.elapsed() < Duration::from_secs(1), "the admin listener answers");
            if live.status == 503 {
                break live;
            }
            assert!(began.elapsed() < STALL * 2, "all workers block, and nobody says so");
            tokio::time::sleep(Duration::from_millis(20)).await;
        };
        assert_eq!(live.text(), r#"{"status":"unhealthy","phase":"serving","stalled":true}"#);
        for path in ["/ready", "/health"] {
            assert_eq!(ask(admin, "GET", path).await.status, 503, "{path}");
        }
        let metrics = ask(admin, "GET", "/metrics").await.text();
        let stall = metrics.lines().find_map(|line| line.strip_prefix("runtime_stall_seconds ")).unwrap();
        assert!(stall.parse::<f64>().unwrap() >= STALL.as_secs_f64(), "{stall}");
        for mut connection in blocked {
            assert_eq!(connection.receive().await.unwrap().status, 200);
        }
        while ask(admin, "GET", "/live").await.status != 200 {
            assert!(began.elapsed() < STALL * 6, "the workers are back");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
    server.shutdown_background();
}
