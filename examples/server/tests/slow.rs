//! Connections that say nothing, or say it very slowly.
#![allow(clippy::unwrap_used, reason = "a helper that can't do its work fails the test")]

mod support;

use std::time::{Duration, Instant};

use campotech_testkit::RawConnection;
use support::Server;

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
