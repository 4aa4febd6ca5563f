//! No DSN, and receivers that are away, silent or slow.
#![allow(clippy::unwrap_used, reason = "a helper that fails fails its test")]

mod support;

use std::net::TcpListener;
use std::num::NonZeroUsize;
use std::time::{Duration, Instant};

use campotech_sentry::{SentryConfig, SentryGuard, SentryLayer, init};
use campotech_testkit::HyperServer;
use hyper::body::Incoming;
use support::{app, get};
use tower::{ServiceBuilder, service_fn};

fn all_threads() -> usize {
    std::fs::read_dir("/proc/self/task").unwrap().count()
}

#[test]
fn without_a_dsn_nothing_is_started_and_everything_is_a_no_op() {
    let before = all_threads();
    let config = SentryConfig::new().with_dsn("").unwrap().with_traces_sample_rate(1.0).unwrap();
    let guard = init(config).unwrap();
    assert!(!guard.is_enabled());
    sentry::capture_message("to nobody", sentry::Level::Error);
    assert!(guard.flush(Duration::ZERO), "there is nothing to wait for");
    assert!(sentry::Hub::main().client().is_none());
    assert_eq!(all_threads(), before);
    drop(guard);
    let guard = support::Receiver::start().init();
    assert!(all_threads() > before + 1, "with a DSN there is a thread that sends, besides the receiver's");
    drop(guard);
}

async fn panics_are_answered(guard: &SentryGuard) {
    let layer = SentryLayer::new(guard).with_server_errors(true);
    let server =
        HyperServer::start(ServiceBuilder::new().layer(layer).service(service_fn(app::<Incoming>))).await;
    // Many times more than the queue holds.
    for _ in 0..100 {
        assert_eq!(get(server.addr(), "/panic", "").await.unwrap().status, 500);
    }
}

/// A receiver that takes connections and never answers; and one that is not there.
fn receivers() -> [(String, Option<TcpListener>); 2] {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let gone = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    [
        (format!("http://k@{}/1", silent.local_addr().unwrap()), Some(silent)),
        (format!("http://k@{gone}/1"), None),
    ]
}

#[tokio::test]
async fn a_receiver_that_is_away_never_matters() {
    for (dsn, _listener) in receivers() {
        let config = SentryConfig::new()
            .with_dsn(&dsn)
            .unwrap()
            .with_queue(NonZeroUsize::new(4).unwrap())
            .with_shutdown_timeout(Duration::from_millis(300));
        let guard = init(config).unwrap();
        let began = Instant::now();
        panics_are_answered(&guard).await;
        // The SDK's own hook would wait for its flush at every panic: far more than the receiver's 10 s limit.
        let answered = began.elapsed();
        let began = Instant::now();
        let _ = guard.flush(Duration::from_millis(200));
        let flushed = began.elapsed();
        drop(guard);
        let dropped = began.elapsed();
        // The deadlines are ours to keep; the margin is the machine's.
        assert!(answered < Duration::from_secs(9), "requests waited: {answered:?}");
        assert!(flushed < Duration::from_secs(2), "flush took {flushed:?}");
        assert!(dropped < Duration::from_secs(4), "flush and drop took {dropped:?}");
    }
}

#[tokio::test]
async fn after_the_guard_a_layer_only_answers() {
    let receiver = support::Receiver::start();
    let guard = receiver.init();
    let layer = SentryLayer::new(&guard);
    drop(guard);
    let server =
        HyperServer::start(ServiceBuilder::new().layer(layer).service(service_fn(app::<Incoming>))).await;
    assert_eq!(get(server.addr(), "/panic", "").await.unwrap().status, 500);
}

#[test]
fn dropping_the_guard_sends_what_is_queued() {
    let receiver = support::Receiver::start();
    let guard = receiver.init();
    for i in 0..50 {
        sentry::capture_message(&format!("number {i}"), sentry::Level::Error);
    }
    drop(guard);
    let guard = SentryGuard::disabled();
    assert_eq!(support::items(&receiver.envelopes(&guard), "event").len(), 50);
}
