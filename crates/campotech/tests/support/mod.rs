//! A platform on a free port, and a client that speaks to it.
#![allow(dead_code, reason = "each test uses a part of it")]

use std::net::SocketAddr;

use axum::Router;
use campotech::config::{Env, Settings};
use campotech::{Platform, Service};
use campotech_testkit::{RawConnection, RawResponse};
use tokio::task::JoinHandle;

/// A platform that serves until it is dropped.
pub(crate) struct Running {
    pub(crate) addr: SocketAddr,
    task: JoinHandle<()>,
}

pub(crate) fn platform(variables: &[(&str, &str)]) -> Platform {
    let mut env = Env::of(
        [("CAMPOTECH_LISTEN", "127.0.0.1:0"), ("CAMPOTECH_LOG", "off")]
            .iter()
            .chain(variables)
            .map(|(name, value)| (*name, *value)),
    );
    let settings = Settings::read(&mut env);
    env.finish().unwrap();
    Platform::new(Service::new("probe", "1.2.3").with_revision(Some("a1b2c3")), settings).unwrap()
}

pub(crate) async fn start(platform: Platform, routes: Router) -> Running {
    let bound = platform.bind(routes).await.unwrap();
    let addr = bound.addr();
    let task = tokio::spawn(async move {
        bound.run().await;
    });
    Running { addr, task }
}

impl Running {
    /// Sends a head (without its last empty line) and a body, each request on a connection of its own.
    pub(crate) async fn ask(&self, head: &str, body: &str) -> RawResponse {
        let mut connection = RawConnection::open(self.addr).await.unwrap();
        let length =
            if body.is_empty() { String::new() } else { format!("content-length: {}\r\n", body.len()) };
        let head = head.trim().replace('\n', "\r\n");
        connection.send(format!("{head}\r\nhost: probe\r\n{length}\r\n{body}")).await.unwrap();
        connection.receive().await.unwrap()
    }

    pub(crate) async fn get(&self, path: &str) -> RawResponse {
        self.ask(&format!("GET {path} HTTP/1.1"), "").await
    }

    /// The value of a series in `/metrics`, if it is there.
    pub(crate) async fn metric(&self, series: &str) -> Option<f64> {
        let text = self.get("/metrics").await.text();
        let line =
            text.lines().find(|line| line.strip_prefix(series).is_some_and(|rest| rest.starts_with(' ')))?;
        Some(line.rsplit(' ').next().unwrap().parse().unwrap())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.task.abort();
    }
}
