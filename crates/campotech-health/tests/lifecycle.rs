//! Phases: start, latches, maintenance, drain.
#![allow(clippy::unwrap_used, reason = "a helper that can't do its work fails the test")]

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use campotech_health::{Check, CheckResult, Phase, Reason};
use common::{Act, Probe, builder, get, pass, settle};

#[tokio::test(start_paused = true)]
async fn a_run_begun_before_the_drain_cannot_bring_ready_back() {
    let probe = Probe::new("store");
    probe.set(Act::Take(Duration::from_millis(800), CheckResult::ok()));
    let health = builder().check(probe.clone().critical()).build().unwrap();
    health.start().unwrap();
    pass(0.4).await;
    health.drain();
    assert_eq!(health.phase(), Phase::Draining);
    pass(0.6).await;
    assert_eq!(health.snapshot().components[0].reason, Reason::Ok, "the result came in");
    assert_eq!((health.phase(), health.is_ready()), (Phase::Draining, false));
    health.set_maintenance(true);
    health.set_maintenance(false);
    drop(health.latch("late"));
    health.start().unwrap();
    pass(60.0).await;
    assert_eq!((health.phase(), health.is_ready()), (Phase::Draining, false));
    assert!(probe.starts().len() > 5, "checks go on while draining");
    assert_eq!(get(&health, "/health/components/store").await.0, 200);
    health.stop();
    assert_eq!(health.phase(), Phase::Stopped);
}

#[test]
fn nobody_sees_ready_after_the_drain() {
    for _ in 0..50 {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let _guard = runtime.enter();
        let millis = Duration::from_millis;
        let health = builder()
            .check(Probe::new("store").critical())
            .with_interval(millis(3))
            .with_timeout(millis(1))
            .with_reprobe(millis(1))
            .with_max_age(Duration::from_secs(5))
            .build()
            .unwrap();
        health.start().unwrap();
        while !health.is_ready() {
            std::thread::yield_now();
        }
        let drained = Arc::new(AtomicBool::new(false));
        let readers: Vec<_> = (0..2)
            .map(|_| {
                let (health, drained) = (health.clone(), Arc::clone(&drained));
                std::thread::spawn(move || {
                    for _ in 0..20_000 {
                        let before = drained.load(Ordering::SeqCst);
                        assert!(!(before && health.is_ready()), "ready after the drain");
                        if before {
                            break;
                        }
                    }
                })
            })
            .collect();
        health.set_maintenance(true);
        health.set_maintenance(false);
        health.drain();
        drained.store(true, Ordering::SeqCst);
        for reader in readers {
            reader.join().unwrap();
        }
        assert!(!health.is_ready());
    }
}

#[tokio::test(start_paused = true)]
async fn maintenance_can_be_switched_back() {
    let health = builder().check(Probe::new("store").critical()).build().unwrap();
    health.start().unwrap();
    settle().await;
    health.set_maintenance(true);
    assert_eq!((health.phase(), health.is_ready()), (Phase::Maintenance, false));
    health.set_maintenance(false);
    assert_eq!((health.phase(), health.is_ready()), (Phase::Serving, true));
}

#[tokio::test(start_paused = true)]
async fn every_latch_has_to_be_dropped() {
    let health = builder().check(Probe::new("store").critical()).build().unwrap();
    let (migrations, cache) = (health.latch("migrations"), health.latch("cache"));
    health.start().unwrap();
    settle().await;
    assert_eq!(health.phase(), Phase::Starting);
    assert_eq!(health.snapshot().waiting_for, ["migrations", "cache"]);
    assert_eq!(get(&health, "/health").await.1["waiting_for"][0], "migrations");
    drop(migrations);
    assert_eq!(health.snapshot().waiting_for, ["cache"]);
    assert!(!health.is_ready());
    assert_eq!(cache.name(), "cache");
    let mut changes = health.subscribe();
    cache.release();
    assert!(health.is_ready());
    assert!(changes.borrow_and_update().ready);
}

#[tokio::test(start_paused = true)]
async fn a_latch_dropped_by_a_panic_stays() {
    let health = builder().build().unwrap();
    health.start().unwrap();
    assert!(health.is_ready(), "no checks, no latches");
    let latch = health.latch("migrations");
    let failed = tokio::spawn(async move {
        let _latch = latch;
        panic!("migration failed");
    });
    assert!(failed.await.unwrap_err().is_panic());
    assert_eq!(health.phase(), Phase::Starting);
}

#[tokio::test(start_paused = true)]
async fn generations_only_grow() {
    let probe = Probe::new("store");
    let health = builder().check(probe.clone().critical()).build().unwrap();
    health.start().unwrap();
    let mut last = health.snapshot().generation;
    for round in 0..30 {
        if round % 3 == 0 {
            probe.fails(Reason::Refused);
        } else {
            probe.passes();
        }
        pass(6.0).await;
        let generation = health.snapshot().generation;
        assert!(generation > last);
        last = generation;
    }
}
