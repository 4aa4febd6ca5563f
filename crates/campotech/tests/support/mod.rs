//! A platform on a free port, and a client that speaks to it.
#![allow(dead_code, reason = "each test uses a part of it")]

use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use campotech::config::{Env, Settings};
use campotech::{Platform, Service};
use campotech_testkit::{RawConnection, RawResponse};
use serde_json::Value;
use tokio::task::JoinHandle;
use tokio::time::Instant;

/// The answer of `/status/history.json`.
#[derive(Debug)]
pub(crate) struct History(pub(crate) Value);

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

    pub(crate) async fn history(&self) -> History {
        let history = self.get("/status/history.json").await;
        assert_eq!(history.headers["content-type"], "application/json");
        History(serde_json::from_slice(&history.body).unwrap())
    }

    /// The history, as soon as it is such a one: a point comes every five seconds.
    pub(crate) async fn shows(&self, what: &str, is: impl Fn(&History) -> bool) -> History {
        let start = Instant::now();
        loop {
            let history = self.history().await;
            if is(&history) {
                return history;
            }
            assert!(start.elapsed() < Duration::from_secs(30), "{what}: {history:?}");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// The value of a series in `/metrics`, if it is there.
    pub(crate) async fn metric(&self, series: &str) -> Option<f64> {
        let text = self.get("/metrics").await.text();
        let line =
            text.lines().find(|line| line.strip_prefix(series).is_some_and(|rest| rest.starts_with(' ')))?;
        Some(line.rsplit(' ').next().unwrap().parse().unwrap())
    }
}

impl History {
    pub(crate) fn charts(&self) -> &[Value] {
        self.0["charts"].as_array().unwrap()
    }

    pub(crate) fn titles(&self) -> Vec<&str> {
        self.charts().iter().map(|chart| chart["title"].as_str().unwrap()).collect()
    }

    /// The values of a line; NaN where there is nothing to say.
    pub(crate) fn line(&self, title: &str, line: &str) -> Vec<f64> {
        let chart = self.charts().iter().find(|chart| chart["title"] == title);
        let lines = chart.map(|chart| chart["lines"].as_array().unwrap());
        let line = lines.and_then(|lines| lines.iter().find(|known| known["name"] == line));
        let values = line.map(|line| line["values"].as_array().unwrap());
        values.into_iter().flatten().map(|value| value.as_f64().unwrap_or(f64::NAN)).collect()
    }

    pub(crate) fn last(&self, title: &str, line: &str) -> Option<f64> {
        self.line(title, line).last().copied()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.task.abort();
    }
}
