//! No DSN, and receivers that are away, silent or slow.
#![allow(clippy::unwrap_used, reason = "a helper that fails fails its test")]

mod support;

use std::net::TcpListener;
use std::num::{NonZeroU32, NonZeroUsize};
use std::time::{Duration, Instant};

use campotech_sentry::{SentryConfig, SentryGuard, SentryLayer, StormLimit, init};
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
    let limit = StormLimit::new().with_burst(NonZeroU32::new(50).unwrap());
    let guard = init(receiver.config().with_storm_limit(limit)).unwrap();
    for i in 0..50 {
        sentry::capture_message(&format!("number {i}"), sentry::Level::Error);
    }
    drop(guard);
    let guard = SentryGuard::disabled();
    assert_eq!(support::items(&receiver.envelopes(&guard), "event").len(), 50);
}

/// A receiver that says the same to everybody, whatever was asked.
fn saying(answer: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            std::thread::spawn(move || {
                use std::io::{Read, Write};
                let _ = stream.read(&mut [0; 65_536]);
                let _ = stream.write_all(answer.as_bytes());
            });
        }
    });
    format!("http://k@{addr}/1")
}

#[test]
fn whatever_the_receiver_does_every_event_is_counted() {
    let gone = receivers().into_iter().nth(1).unwrap().0;
    let garbage = "\u{1}\u{2}\u{3} this is no HTTP\r\n\r\n";
    let busy =
        "HTTP/1.1 429 Too Many Requests\r\nretry-after: 60\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
    let broken = "HTTP/1.1 500 Oh\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
    for (what, dsn) in
        [("gone", gone), ("garbage", saying(garbage)), ("busy", saying(busy)), ("broken", saying(broken))]
    {
        let most = NonZeroU32::new(1_000).unwrap();
        let limit = StormLimit::new().with_burst(most).with_total_per_minute(most);
        let config = SentryConfig::new().with_dsn(&dsn).unwrap().with_storm_limit(limit);
        let guard = init(config.with_queue(NonZeroUsize::new(1_000).unwrap())).unwrap();
        for _ in 0..30 {
            sentry::capture_message("to nobody", sentry::Level::Error);
        }
        let counts = guard.counts();
        assert_eq!(counts.queued(), 30, "{what}");
        assert!(guard.flush(Duration::from_secs(20)), "{what}: each was tried or given up");
        assert_eq!(counts.dropped(), 30, "{what}");
    }
}

#[test]
fn a_silent_receiver_fills_the_queue_and_what_is_more_is_dropped_at_once() {
    let (dsn, _listener) = receivers().into_iter().next().unwrap();
    let most = NonZeroU32::new(10_000).unwrap();
    let limit = StormLimit::new().with_burst(most).with_total_per_minute(most);
    let config = SentryConfig::new().with_dsn(&dsn).unwrap().with_storm_limit(limit);
    let guard = init(config.with_queue(NonZeroUsize::new(4).unwrap())).unwrap();
    for _ in 0..500 {
        sentry::capture_message("to nobody", sentry::Level::Error);
    }
    let counts = guard.counts();
    assert_eq!(counts.queued() + counts.dropped(), 500);
    // Four that wait, and one that is on its way.
    assert!((4..=5).contains(&counts.queued()), "{}", counts.queued());
}
