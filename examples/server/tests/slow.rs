//! Connections that say nothing, or say it very slowly.
#![allow(clippy::unwrap_used, reason = "a helper that can't do its work fails the test")]

mod support;

use std::time::{Duration, Instant};

use campotech_testkit::RawConnection;
use support::{Server, problem};

/// The limits are ten seconds; a loaded machine gets one more.
const WITHIN: Duration = Duration::from_secs(11);

#[tokio::test]
async fn silent_and_dripping_connections_are_closed_within_ten_seconds() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(dir.path(), &[]).ready().await;
    let addr = server.addr;
    let silent = async {
        let mut connection = RawConnection::open(addr).await.unwrap();
        let opened = Instant::now();
        let _ = connection.read_to_close().await;
        opened.elapsed()
    };
    let dripping = async {
        let mut connection = RawConnection::open(addr).await.unwrap();
        let opened = Instant::now();
        for byte in b"GET /live HTTP/1.1\r\nhost: a-very-patient-client\r\n".iter().cycle() {
            let closed = tokio::time::timeout(Duration::from_secs(1), connection.read_to_close()).await;
            if closed.is_ok() || connection.send([*byte]).await.is_err() {
                break;
            }
        }
        opened.elapsed()
    };
    let (silent, dripping) = tokio::join!(silent, dripping);
    assert!(silent <= WITHIN, "a silent connection was held for {silent:?}");
    assert!(dripping <= WITHIN, "a head of a byte a second was waited for {dripping:?}");
    assert_eq!(server.get(2, "/live").await.status, 200);
}

#[tokio::test]
async fn a_slow_body_is_given_up_and_an_endless_one_cut() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(dir.path(), &[("CAMPOTECH_REQUEST_DEADLINE", "1s")]).ready().await;
    let head = "POST /api/v1/auth/login HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n";
    let mut slow = RawConnection::open(server.addr).await.unwrap();
    slow.send(format!("{head}content-length: 100\r\n\r\n{{\"email\":")).await.unwrap();
    let response = slow.receive().await.unwrap();
    assert_eq!(problem(&response)["status"], 408);
    assert_eq!(response.headers["connection"], "close");

    let mut endless = RawConnection::open(server.addr).await.unwrap();
    endless.send(format!("{head}transfer-encoding: chunked\r\n\r\n")).await.unwrap();
    let chunk = format!("10000\r\n{}\r\n", " ".repeat(65_536));
    for _ in 0..20 {
        if endless.send(&chunk).await.is_err() {
            break;
        }
    }
    assert_eq!(problem(&endless.receive().await.unwrap())["status"], 413);
}
