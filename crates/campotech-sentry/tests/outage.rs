//! No DSN, and receivers that are away, silent or slow.
#![allow(clippy::unwrap_used, reason = "a helper that fails fails its test")]

mod support;

use std::net::{Shutdown, TcpListener};
use std::num::{NonZeroU32, NonZeroUsize};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
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

/// A receiver that says the same to everybody, whatever was asked, and how often it was asked.
fn saying(answer: &'static str) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = listener.local_addr().unwrap();
    let asked = Arc::new(AtomicUsize::new(0));
    let connections = Arc::clone(&asked);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            connections.fetch_add(1, Ordering::Relaxed);
            std::thread::spawn(move || {
                use std::io::{Read, Write};
                let _ = stream.read(&mut [0; 65_536]);
                let _ = stream.write_all(answer.as_bytes());
                // What is left unread would reset the connection, and with it the answer.
                let _ = stream.shutdown(Shutdown::Write);
                let _ = std::io::copy(&mut stream, &mut std::io::sink());
            });
        }
    });
    (format!("http://k@{addr}/1"), asked)
}

#[test]
fn whatever_the_receiver_does_every_event_is_counted() {
    let gone = receivers().into_iter().nth(1).unwrap().0;
    let garbage = "\u{1}\u{2}\u{3} this is no HTTP\r\n\r\n";
    let broken = "HTTP/1.1 500 Oh\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
    let busy =
        "HTTP/1.1 429 Too Many Requests\r\nretry-after: 60\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
    let spent = "HTTP/1.1 200 OK\r\nx-sentry-rate-limits: 60:error:organization\r\ncontent-length: 0\r\n\
                 connection: close\r\n\r\n";
    // What is taken, and how often it is asked: one that says when to come back is left alone until then.
    for (what, (dsn, asked), sent, tries) in [
        ("gone", (gone, Arc::default()), 0, 0),
        ("garbage", saying(garbage), 0, 30),
        ("broken", saying(broken), 0, 30),
        ("busy", saying(busy), 0, 1),
        ("spent", saying(spent), 1, 1),
    ] {
        let most = NonZeroU32::new(1_000).unwrap();
        let limit = StormLimit::new().with_burst(most).with_total_burst(most);
        let config = SentryConfig::new().with_dsn(&dsn).unwrap().with_storm_limit(limit);
        let guard = init(config.with_queue(NonZeroUsize::new(1_000).unwrap())).unwrap();
        for _ in 0..30 {
            sentry::capture_message("to nobody", sentry::Level::Error);
        }
        let counts = guard.counts();
        assert!(guard.flush(Duration::from_secs(20)), "{what}: each was tried or given up");
        assert_eq!((counts.sent(), counts.refused()), (sent, 30 - sent), "{what}");
        assert_eq!((counts.dropped(), counts.others_lost()), (0, 0), "{what}");
        assert_eq!(asked.load(Ordering::Relaxed), tries, "{what}");
    }
}

#[test]
fn a_silent_receiver_fills_the_queue_and_what_is_more_is_dropped_at_once() {
    let (dsn, _listener) = receivers().into_iter().next().unwrap();
    let most = NonZeroU32::new(10_000).unwrap();
    let limit = StormLimit::new().with_burst(most).with_total_burst(most);
    let config = SentryConfig::new().with_dsn(&dsn).unwrap().with_storm_limit(limit);
    let guard = init(config.with_queue(NonZeroUsize::new(4).unwrap())).unwrap();
    for _ in 0..500 {
        sentry::capture_message("to nobody", sentry::Level::Error);
    }
    let counts = guard.counts();
    // Four that wait, and one that is on its way.
    assert!((495..=496).contains(&counts.dropped()), "{}", counts.dropped());
    drop(guard);
    let began = Instant::now();
    while counts.dropped() < 499 && began.elapsed() < Duration::from_secs(10) {
        std::thread::sleep(Duration::from_millis(10));
    }
    assert_eq!((counts.dropped(), counts.sent(), counts.refused()), (499, 0, 0), "one is still on its way");
}
