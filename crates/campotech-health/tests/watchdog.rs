//! A runtime that does no work is seen from outside of it, and one that works hard is not taken for it.
#![allow(clippy::unwrap_used, reason = "a helper that can't do its work fails the test")]

mod common;

use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use campotech_health::{Check, Details, Health, HealthEvent};
use common::{Probe, builder, get, send};
use http::Request;
use tokio::runtime::{Builder, Runtime};

const THRESHOLD: Duration = Duration::from_millis(500);

fn workers(count: usize) -> Runtime {
    Builder::new_multi_thread().worker_threads(count).enable_all().build().unwrap()
}

fn running(on: &Runtime) -> Health {
    let health = builder().check(Probe::new("store").critical()).build().unwrap();
    let _inside = on.enter();
    health.start().unwrap();
    until(|| health.is_ready());
    health
}

fn until(what: impl Fn() -> bool) -> Duration {
    let began = Instant::now();
    while !what() {
        assert!(began.elapsed() < Duration::from_secs(20), "it does not come");
        std::thread::sleep(Duration::from_millis(1));
    }
    began.elapsed()
}

/// The codes of all routes, asked on a runtime of their own.
fn codes(health: &Health) -> [u16; 4] {
    let own = Builder::new_current_thread().build().unwrap();
    ["/live", "/ready", "/health", "/health/components/store"]
        .map(|path| own.block_on(send(health, Details::Shown, Request::get(path))).status().as_u16())
}

/// Keeps every worker from anything else.
fn block(runtime: &Runtime, workers: usize, time: Duration) {
    for _ in 0..workers {
        runtime.spawn(async move { std::thread::sleep(time) });
    }
}

#[test]
fn workers_that_all_block_are_seen_within_twice_the_threshold_and_so_is_their_return() {
    let runtime = workers(2);
    let health = running(&runtime);
    let watchdog = health.watch(runtime.handle(), THRESHOLD).unwrap();
    let mut events = health.events();
    assert_eq!(codes(&health), [200; 4]);

    block(&runtime, 2, Duration::from_secs(3));
    assert!(until(|| codes(&health)[0] == 503) < THRESHOLD * 2);
    assert_eq!(codes(&health), [503; 4]);
    assert!(!health.is_ready());
    assert!(watchdog.lag() >= THRESHOLD);
    let own = Builder::new_current_thread().build().unwrap();
    let (_, body) = own.block_on(get(&health, "/live"));
    assert_eq!(body, serde_json::json!({ "status": "unhealthy", "phase": "serving", "stalled": true }));
    assert_eq!(own.block_on(get(&health, "/health")).1["stalled"], true);

    until(|| codes(&health) == [200; 4]);
    until(|| watchdog.lag() < THRESHOLD);
    let stalls: Vec<_> = std::iter::from_fn(|| events.try_recv().ok())
        .filter(|e| matches!(e, HealthEvent::Stalled(_)))
        .collect();
    assert_eq!(stalls, [HealthEvent::Stalled(true), HealthEvent::Stalled(false)]);
}

#[test]
fn one_worker_that_blocks_is_no_stall() {
    let runtime = workers(2);
    let health = running(&runtime);
    let _watchdog = health.watch(runtime.handle(), THRESHOLD).unwrap();
    let mut events = health.events();
    block(&runtime, 1, THRESHOLD * 3);
    std::thread::sleep(THRESHOLD * 2);
    assert_eq!(codes(&health)[0], 200);
    assert!(std::iter::from_fn(|| events.try_recv().ok()).all(|e| !matches!(e, HealthEvent::Stalled(_))));
}

#[test]
fn a_minute_at_full_processor_is_no_stall() {
    let runtime = workers(2);
    let health = running(&runtime);
    let _watchdog = health.watch(runtime.handle(), Duration::from_secs(5)).unwrap();
    let mut events = health.events();
    let ended = Arc::new(AtomicBool::new(false));
    // Twice as many tasks as workers, each of which takes 10 ms at a time, and threads beside them.
    for _ in 0..4 {
        let ended = Arc::clone(&ended);
        runtime.spawn(async move {
            while !ended.load(Ordering::Relaxed) {
                let until = Instant::now() + Duration::from_millis(10);
                while Instant::now() < until {
                    black_box(());
                }
                tokio::task::yield_now().await;
            }
        });
    }
    let beside = {
        let ended = Arc::clone(&ended);
        std::thread::spawn(move || {
            while !ended.load(Ordering::Relaxed) {
                black_box(());
            }
        })
    };
    for _ in 0..60 {
        std::thread::sleep(Duration::from_secs(1));
        assert_eq!(codes(&health)[0], 200);
    }
    ended.store(true, Ordering::Relaxed);
    beside.join().unwrap();
    assert!(std::iter::from_fn(|| events.try_recv().ok()).all(|e| !matches!(e, HealthEvent::Stalled(_))));
}

#[test]
fn a_runtime_that_has_ended_is_no_stall() {
    let runtime = workers(1);
    let health = running(&runtime);
    let watchdog = health.watch(runtime.handle(), Duration::from_millis(50)).unwrap();
    drop(runtime);
    std::thread::sleep(Duration::from_millis(300));
    assert_eq!(codes(&health)[0], 200);
    drop(watchdog);
}

#[test]
fn a_watch_that_ends_leaves_no_stall_behind() {
    let runtime = workers(1);
    let health = running(&runtime);
    let watchdog = health.watch(runtime.handle(), Duration::from_millis(50)).unwrap();
    block(&runtime, 1, Duration::from_millis(600));
    until(|| codes(&health)[0] == 503);
    drop(watchdog);
    assert_eq!(codes(&health)[0], 200);
}

#[test]
fn a_threshold_of_zero_is_refused() {
    let runtime = workers(1);
    let health = builder().build().unwrap();
    let error = health.watch(runtime.handle(), Duration::ZERO).unwrap_err();
    assert_eq!(error.code(), "zero_threshold");
}
