//! A check that does what a test says, and short ways to ask.
#![allow(dead_code, unreachable_pub, clippy::unwrap_used, reason = "each test takes what it needs")]

use std::future::{pending, ready};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use campotech_health::{Check, CheckResult, Details, Health, HealthBuilder, Reason};
use http::{Request, Response};
use http_body_util::{BodyExt, Empty};
use tokio::time::Instant;
use tower::ServiceExt;

/// What a [`Probe`] does next.
#[derive(Debug, Clone)]
pub enum Act {
    Answer(CheckResult),
    Take(Duration, CheckResult),
    Hang,
    Panic(&'static str),
}

/// A check whose next act is set from outside; clones share it.
#[derive(Debug, Clone)]
pub struct Probe {
    name: &'static str,
    peer: bool,
    act: Arc<Mutex<Act>>,
    starts: Arc<Mutex<Vec<Instant>>>,
    running: Arc<AtomicUsize>,
    most: Arc<AtomicUsize>,
}

struct Running(Arc<AtomicUsize>);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Probe {
    pub fn new(name: &'static str) -> Self {
        Self {
            name,
            peer: false,
            act: Arc::new(Mutex::new(Act::Answer(CheckResult::ok()))),
            starts: Arc::default(),
            running: Arc::default(),
            most: Arc::default(),
        }
    }

    pub fn peer(name: &'static str) -> Self {
        Self { peer: true, ..Self::new(name) }
    }

    pub fn set(&self, act: Act) {
        *self.act.lock().unwrap() = act;
    }

    pub fn passes(&self) {
        self.set(Act::Answer(CheckResult::ok()));
    }

    pub fn fails(&self, reason: Reason) {
        self.set(Act::Answer(CheckResult::failed(reason)));
    }

    pub fn starts(&self) -> Vec<Instant> {
        self.starts.lock().unwrap().clone()
    }

    /// The most runs there were at a time.
    pub fn most_at_once(&self) -> usize {
        self.most.load(Ordering::SeqCst)
    }

    pub fn running(&self) -> usize {
        self.running.load(Ordering::SeqCst)
    }
}

impl Check for Probe {
    fn name(&self) -> &str {
        self.name
    }

    fn is_peer(&self) -> bool {
        self.peer
    }

    async fn run(&self) -> CheckResult {
        self.starts.lock().unwrap().push(Instant::now());
        let now = self.running.fetch_add(1, Ordering::SeqCst) + 1;
        self.most.fetch_max(now, Ordering::SeqCst);
        let _running = Running(Arc::clone(&self.running));
        let act = self.act.lock().unwrap().clone();
        match act {
            Act::Answer(result) => ready(result).await,
            Act::Take(time, result) => {
                tokio::time::sleep(time).await;
                result
            }
            Act::Hang => pending().await,
            Act::Panic(text) => panic!("{text}"),
        }
    }
}

pub fn builder() -> HealthBuilder {
    Health::builder("jobs-api", "1.2.3")
}

/// Lets what is due happen, and no more.
pub async fn settle() {
    tokio::time::sleep(Duration::from_millis(1)).await;
}

pub async fn pass(seconds: f64) {
    tokio::time::sleep(Duration::from_secs_f64(seconds)).await;
}

/// One answer, body as JSON.
pub async fn get(health: &Health, path: &str) -> (u16, serde_json::Value) {
    let response = send(health, Details::Shown, Request::get(path)).await;
    (response.status().as_u16(), serde_json::from_slice(response.body()).unwrap())
}

pub async fn send(health: &Health, details: Details, request: http::request::Builder) -> Response<Bytes> {
    let request = request.body(Empty::<Bytes>::new()).unwrap();
    let response = health.service(details).oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    Response::from_parts(parts, body.collect().await.unwrap().to_bytes())
}

/// A check of HTTP with so much time that a busy machine can't make it fail.
#[cfg(feature = "http-check")]
pub fn patient(url: &str) -> campotech_health::HttpCheck {
    let check = campotech_health::HttpCheck::new("peer", url).unwrap();
    check
        .with_connect_timeout(Duration::from_secs(30))
        .unwrap()
        .with_timeout(Duration::from_secs(30))
        .unwrap()
}
