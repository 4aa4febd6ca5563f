//! A server program of a package: started, frozen, killed, started again.
#![allow(clippy::unwrap_used, reason = "a helper that fails fails its test")]

use campotech_testkit::{DaemonBuilder, RawConnection};

async fn status(addr: std::net::SocketAddr, path: &str) -> std::io::Result<u16> {
    let mut connection = RawConnection::open(addr).await?;
    connection.send(format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")).await?;
    Ok(connection.receive().await?.status.as_u16())
}

#[tokio::test]
async fn prometheus_runs_with_its_files_in_its_directory() {
    let daemon = DaemonBuilder::installed("prometheus", "prometheus")
        .file("prometheus.yml", "rule_files: [rules/a.yml]\n")
        .file("rules/a.yml", "groups: []\n")
        .arg("--config.file={dir}/prometheus.yml")
        .arg("--storage.tsdb.path={dir}/data")
        .arg("--web.listen-address={addr}")
        .ready_at(0, "/-/ready")
        .start()
        .await;
    assert_eq!(status(daemon.addr(), "/-/healthy").await.unwrap(), 200);
    assert!(daemon.is_up() && daemon.dir().join("data").is_dir());
    let addr = daemon.addr();
    daemon.kill();
    assert!(!daemon.is_up() && status(addr, "/-/healthy").await.is_err());
    daemon.restart().await;
    assert_eq!((daemon.addr(), status(addr, "/-/healthy").await.unwrap()), (addr, 200));
    let dir = daemon.dir().to_owned();
    drop(daemon);
    assert!(!dir.exists() && status(addr, "/-/healthy").await.is_err());
}

#[tokio::test]
#[should_panic(expected = "ended with")]
async fn one_that_ends_is_told_with_its_log() {
    DaemonBuilder::installed("false", "coreutils").start().await;
}
