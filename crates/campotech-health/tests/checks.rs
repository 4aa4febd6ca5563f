//! Checks in the background, under a paused clock.
#![allow(clippy::unwrap_used, reason = "a helper that can't do its work fails the test")]

mod common;

use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use campotech_core::{CheckReport, Observer};
use campotech_health::ComponentStatus::{Degraded, Healthy, Unhealthy, Unknown};
use campotech_health::{
    Check, CheckResult, ConfigError, Health, HealthEvent, Phase, Reason, StartError, Watchdog, check_fn,
};
use campotech_testkit::RecordingObserver;
use common::{Act, Probe, builder, pass, settle};

fn state(health: &Health) -> (campotech_health::ComponentStatus, Reason) {
    let component = &health.snapshot().components[0];
    (component.status, component.reason)
}

#[tokio::test(start_paused = true)]
async fn before_the_first_result_the_service_is_starting() {
    let probe = Probe::new("store");
    probe.set(Act::Take(Duration::from_millis(500), CheckResult::ok()));
    let health = builder().check(probe.clone().critical()).build().unwrap();
    assert_eq!(state(&health), (Unknown, Reason::StartingUp));
    assert_eq!(health.phase(), Phase::Starting);
    health.start().unwrap();
    pass(0.4).await;
    assert_eq!((health.phase(), health.is_ready()), (Phase::Starting, false));
    pass(0.2).await;
    assert_eq!((health.phase(), health.is_ready()), (Phase::Serving, true));
    assert_eq!(health.snapshot().components[0].latency, Some(Duration::from_millis(500)));
    assert_eq!(probe.starts().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn the_first_failure_ends_the_start_too() {
    let probe = Probe::new("store");
    probe.fails(Reason::Refused);
    let health = builder().check(probe.critical()).build().unwrap();
    health.start().unwrap();
    settle().await;
    assert_eq!(state(&health), (Unhealthy, Reason::Refused));
    assert_eq!((health.phase(), health.is_ready()), (Phase::Serving, false));
}

#[tokio::test(start_paused = true)]
async fn one_failure_in_ten_changes_nothing_and_two_in_a_row_are_one_event() {
    let observer = RecordingObserver::default();
    let probe = Probe::new("store");
    let health =
        builder().check(probe.clone().critical()).with_observer(Arc::new(observer.clone())).build().unwrap();
    let changes =
        || observer.lines().into_iter().filter(|line| line.starts_with("state")).collect::<Vec<_>>();
    health.start().unwrap();
    settle().await;
    for _ in 0..3 {
        let before = probe.starts().len();
        probe.fails(Reason::Timeout);
        while probe.starts().len() == before {
            pass(0.1).await;
        }
        probe.passes();
        pass(45.0).await;
        assert!(health.is_ready());
    }
    assert_eq!(changes(), ["state store unknown -> healthy"]);

    let mut subscriber = health.subscribe();
    subscriber.mark_unchanged();
    probe.fails(Reason::Refused);
    pass(20.0).await;
    assert_eq!(state(&health), (Unhealthy, Reason::Refused));
    assert_eq!(changes()[1..], ["state store healthy -> unhealthy"]);
    assert!(subscriber.has_changed().unwrap());
    assert!(!subscriber.borrow_and_update().ready);

    probe.passes();
    pass(2.0).await;
    assert_eq!(state(&health), (Healthy, Reason::Ok));
    assert_eq!(changes()[2..], ["state store unhealthy -> healthy"]);
}

#[tokio::test(start_paused = true)]
async fn thresholds_are_configurable() {
    let three = NonZeroU32::new(3).unwrap();
    let probe = Probe::new("store");
    let builder = builder().check(probe.clone().critical());
    let health = builder.with_failure_threshold(three).with_success_threshold(three).build().unwrap();
    health.start().unwrap();
    settle().await;
    probe.fails(Reason::Refused);
    let runs = |count: usize| {
        let probe = probe.clone();
        async move {
            let until = probe.starts().len() + count;
            while probe.starts().len() < until {
                pass(0.05).await;
            }
            settle().await;
        }
    };
    runs(2).await;
    assert_eq!(state(&health).0, Healthy);
    runs(1).await;
    assert_eq!(state(&health).0, Unhealthy);
    probe.passes();
    runs(2).await;
    assert_eq!(state(&health).0, Unhealthy);
    runs(1).await;
    assert_eq!(state(&health).0, Healthy);
}

#[tokio::test(start_paused = true)]
async fn runs_are_jittered_by_a_tenth_and_follow_a_failure_after_a_second() {
    let probe = Probe::new("store");
    let health = builder().check(probe.clone().critical()).build().unwrap();
    health.start().unwrap();
    pass(500.0).await;
    let gaps = |from: usize| {
        probe.starts()[from..].windows(2).map(|pair| (pair[1] - pair[0]).as_secs_f64()).collect::<Vec<_>>()
    };
    let slack = 0.002;
    let all = gaps(0);
    assert!(all.len() > 80);
    assert!(all.iter().all(|gap| (4.5 - slack..=5.5 + slack).contains(gap)), "{all:?}");
    assert!(all.iter().any(|gap| *gap < 4.9) && all.iter().any(|gap| *gap > 5.1), "{all:?}");

    probe.fails(Reason::Refused);
    pass(6.0).await;
    let from = probe.starts().len() - 1;
    pass(50.0).await;
    let all = gaps(from);
    assert!(all.len() > 40);
    assert!(all.iter().all(|gap| (0.9 - slack..=1.1 + slack).contains(gap)), "{all:?}");
}

#[tokio::test(start_paused = true)]
async fn a_frozen_dependency_shows_within_nine_seconds_and_never_overlaps_itself() {
    for _ in 0..20 {
        let probe = Probe::new("store");
        let health = builder().check(probe.clone().critical()).build().unwrap();
        health.start().unwrap();
        settle().await;
        probe.set(Act::Hang);
        pass(9.0).await;
        assert_eq!(state(&health), (Unhealthy, Reason::Timeout));
        assert_eq!(health.snapshot().components[0].latency, Some(Duration::from_secs(1)));
        pass(60.0).await;
        assert_eq!(state(&health), (Unhealthy, Reason::Timeout), "it stays fresh");
        assert_eq!(probe.most_at_once(), 1);
        probe.passes();
        pass(2.2).await;
        assert!(health.is_ready());
    }
}

#[tokio::test(start_paused = true)]
async fn a_panic_is_a_result_and_the_next_run_comes() {
    let observer = RecordingObserver::default();
    let (bad, good) = (Probe::new("bad"), Probe::new("good"));
    bad.set(Act::Panic("password=hunter2"));
    let builder = builder().check(bad.clone().critical()).check(good.clone().critical());
    let health = builder.with_observer(Arc::new(observer.clone())).build().unwrap();
    health.start().unwrap();
    settle().await;
    assert_eq!(state(&health), (Unhealthy, Reason::Panicked));
    assert_eq!(health.snapshot().component("good").unwrap().status, Healthy);
    assert!(observer.lines().contains(&"check bad panicked".to_owned()));
    bad.passes();
    pass(1.2).await;
    assert_eq!(state(&health), (Healthy, Reason::Ok));
}

#[tokio::test(start_paused = true)]
async fn an_observer_that_panics_ends_no_prober() {
    #[derive(Debug)]
    struct Broken;
    impl Observer for Broken {
        fn check(&self, _: CheckReport<'_>) {
            panic!("observer");
        }
    }
    let probe = Probe::new("store");
    let health = builder().check(probe.clone().critical()).with_observer(Arc::new(Broken)).build().unwrap();
    health.start().unwrap();
    pass(60.0).await;
    assert!(probe.starts().len() > 8);
    assert!(health.is_ready());
}

#[tokio::test(start_paused = true)]
async fn degraded_results_and_criticalities_add_up() {
    let (critical, degrading, info) = (Probe::new("a"), Probe::new("b"), Probe::new("c"));
    let builder = builder()
        .check(critical.clone().critical())
        .check(degrading.clone().degrading())
        .check(info.clone().informational());
    let health = builder.build().unwrap();
    health.start().unwrap();
    settle().await;
    assert_eq!(health.snapshot().status, Healthy);
    info.fails(Reason::Refused);
    pass(10.0).await;
    assert_eq!(health.snapshot().component("c").unwrap().status, Unhealthy);
    assert_eq!(health.snapshot().status, Healthy);
    critical.set(Act::Answer(CheckResult::degraded(Reason::Saturated)));
    pass(15.0).await;
    assert_eq!(state(&health), (Degraded, Reason::Saturated));
    assert_eq!((health.snapshot().status, health.is_ready()), (Degraded, true));
    critical.passes();
    degrading.fails(Reason::Refused);
    pass(10.0).await;
    assert_eq!((health.snapshot().status, health.is_ready()), (Degraded, true));
    critical.fails(Reason::ReadOnly);
    pass(10.0).await;
    assert_eq!((health.snapshot().status, health.is_ready()), (Unhealthy, false));
}

#[tokio::test(start_paused = true)]
async fn a_check_that_never_had_a_result_counts_only_if_it_matters() {
    let slow = Probe::new("slow");
    slow.set(Act::Hang);
    let health = builder().check(Probe::new("store").critical()).check(slow.informational()).build().unwrap();
    health.start().unwrap();
    settle().await;
    assert!(health.is_ready());
}

#[tokio::test(start_paused = true)]
async fn checks_end_with_the_last_handle() {
    let probe = Probe::new("store");
    probe.set(Act::Hang);
    let health = builder().check(probe.clone().critical()).build().unwrap();
    health.start().unwrap();
    let service = health.service(campotech_health::Details::Shown);
    let changes = health.subscribe();
    settle().await;
    assert_eq!(probe.running(), 1);
    drop(health);
    pass(30.0).await;
    let runs = probe.starts().len();
    assert!(runs > 10, "the service holds on");
    drop(service);
    pass(0.01).await;
    assert_eq!(probe.running(), 0, "a run ends with its prober");
    let runs = probe.starts().len();
    pass(60.0).await;
    assert_eq!(probe.starts().len(), runs);
    assert!(changes.has_changed().is_err());
}

#[tokio::test(start_paused = true)]
async fn starting_twice_doubles_nothing_and_stopping_is_final() {
    let probe = Probe::new("store");
    let health = builder().check(probe.clone().critical()).build().unwrap();
    health.start().unwrap();
    health.start().unwrap();
    settle().await;
    assert_eq!(probe.starts().len(), 1);
    health.stop();
    assert_eq!((health.phase(), health.is_ready()), (Phase::Stopped, false));
    pass(60.0).await;
    assert_eq!(probe.starts().len(), 1);
    assert_eq!(health.start(), Err(StartError::Stopped));
}

#[test]
fn without_a_runtime_start_says_so() {
    let health = builder().check(Probe::new("store").critical()).build().unwrap();
    assert_eq!(health.start(), Err(StartError::NoRuntime));
    assert_eq!(health.phase(), Phase::Starting);
}

// Real time: a paused clock can't see a blocked thread.
/// The worker that blocks may be the one that looked after the timers, which tokio gives to no other before there is work for it.
fn watched(health: &Health) -> Watchdog {
    health.watch(&tokio::runtime::Handle::current(), Duration::from_secs(1)).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn a_check_that_blocks_its_thread_times_out_and_never_overlaps_itself() {
    let running = Arc::new(AtomicUsize::new(0));
    let runs = Arc::new(AtomicUsize::new(0));
    let most = Arc::new(AtomicUsize::new(0));
    let counts = (Arc::clone(&running), Arc::clone(&runs), Arc::clone(&most));
    let told = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&told);
    let blocking = check_fn("blocking", move || {
        counts.1.fetch_add(1, Ordering::SeqCst);
        counts.2.fetch_max(counts.0.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
        while !seen.load(Ordering::SeqCst) {
            std::thread::sleep(Duration::from_millis(5));
        }
        std::thread::sleep(Duration::from_millis(100));
        counts.0.fetch_sub(1, Ordering::SeqCst);
        async { Ok(()) }
    });
    let millis = Duration::from_millis;
    let builder = builder().check(blocking.critical());
    let health =
        builder.with_timeout(millis(20)).with_interval(millis(50)).with_reprobe(millis(10)).build().unwrap();
    let _watched = watched(&health);
    let mut changes = health.subscribe();
    health.start().unwrap();
    let first = changes.wait_for(|snapshot| snapshot.components[0].age.is_some()).await.unwrap().clone();
    assert_eq!(first.components[0].reason, Reason::Timeout);
    told.store(true, Ordering::SeqCst);
    while runs.load(Ordering::SeqCst) < 3 {
        pass(0.01).await;
    }
    assert_eq!(most.load(Ordering::SeqCst), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn a_check_that_blocks_its_thread_is_told_before_it_is_done() {
    let (blocks, done) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
    let check = check_fn("blocking", {
        let (blocks, done) = (Arc::clone(&blocks), Arc::clone(&done));
        move || {
            while blocks.load(Ordering::SeqCst) && !done.load(Ordering::SeqCst) {
                std::thread::sleep(Duration::from_millis(5));
            }
            async { Ok(()) }
        }
    });
    let millis = Duration::from_millis;
    let builder = builder().check(check.critical());
    let health =
        builder.with_timeout(millis(50)).with_interval(millis(200)).with_reprobe(millis(50)).build().unwrap();
    let _watched = watched(&health);
    let mut changes = health.subscribe();
    health.start().unwrap();
    changes.wait_for(|snapshot| snapshot.ready).await.unwrap();
    blocks.store(true, Ordering::SeqCst);
    // Well before the result grows stale, which is after 15 s.
    let told = changes.wait_for(|snapshot| snapshot.components[0].status == Unhealthy);
    let told = tokio::time::timeout(Duration::from_secs(5), told).await.unwrap().unwrap().clone();
    assert_eq!((told.components[0].reason, told.ready), (Reason::Timeout, false));
    done.store(true, Ordering::SeqCst);
    changes.wait_for(|snapshot| snapshot.ready).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_hears_of_a_change_finds_it() {
    let probe = Probe::new("store");
    let millis = Duration::from_millis;
    let builder = builder().check(probe.clone().critical());
    let health =
        builder.with_timeout(millis(2)).with_interval(millis(5)).with_reprobe(millis(1)).build().unwrap();
    let mut events = health.events();
    health.start().unwrap();
    for round in 0..200 {
        let (to, ready) = if round % 2 == 0 {
            probe.passes();
            (Healthy, true)
        } else {
            probe.fails(Reason::Refused);
            (Unhealthy, false)
        };
        loop {
            match events.recv().await.unwrap() {
                HealthEvent::Component { to: now, .. } if now == to => break,
                _ => {}
            }
        }
        assert_eq!((health.snapshot().components[0].status, health.is_ready()), (to, ready));
    }
}

#[test]
fn a_runtime_without_a_timer_is_not_kept_busy() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_io().build().unwrap();
    let probe = Probe::new("store");
    let health = builder().check(probe.clone().critical()).build().unwrap();
    runtime.block_on(async { health.start().unwrap() });
    std::thread::sleep(Duration::from_millis(200));
    assert!(probe.starts().is_empty());
    assert_eq!(runtime.metrics().num_alive_tasks(), 0);
    assert!(!health.is_ready());
}

#[tokio::test(start_paused = true)]
async fn a_check_may_run_once_and_never_again() {
    let once = Probe::new("once").critical().with_interval(Duration::MAX).with_max_age(Duration::MAX);
    let health = builder().check(once).check(Probe::new("store").critical()).build().unwrap();
    health.start().unwrap();
    pass(1_000_000.0).await;
    assert!(health.is_ready());
    assert_eq!(health.snapshot().components[0].status, Healthy);
}

#[test]
fn what_cannot_work_is_refused_when_built() {
    let secs = Duration::from_secs;
    let probe = || Probe::new("store").critical();
    let code = |result: Result<Health, ConfigError>| result.unwrap_err().code();
    for name in ["", "1st", "Store", "a b", "a.b", "ñ", "_a", &"x".repeat(64), "https://u:p@h"] {
        assert_eq!(code(builder().check(probe().named(name)).build()), "invalid_name", "{name}");
    }
    for name in ["a", "a-b_9", &"x".repeat(63)] {
        assert!(builder().check(probe().named(name)).build().is_ok(), "{name}");
    }
    assert_eq!(code(builder().check(probe()).check(probe()).build()), "duplicate_name");
    assert!(builder().check(probe()).check(probe().named("replica")).build().is_ok());
    assert_eq!(code(builder().with_timeout(Duration::ZERO).build()), "zero_duration");
    assert_eq!(code(builder().with_interval(Duration::ZERO).build()), "zero_duration");
    assert_eq!(code(builder().with_reprobe(Duration::ZERO).build()), "zero_duration");
    assert_eq!(code(builder().with_timeout(Duration::from_millis(2_500)).build()), "timeout_too_long");
    assert_eq!(code(builder().with_interval(secs(2)).build()), "timeout_too_long");
    assert_eq!(code(builder().with_reprobe(secs(6)).build()), "reprobe_too_long");
    assert_eq!(code(builder().with_max_age(secs(6)).build()), "max_age_too_short");
    assert_eq!(code(builder().with_interval(secs(30)).build()), "max_age_too_short");
    assert_eq!(code(builder().with_interval(Duration::MAX).build()), "max_age_too_short");
    assert!(builder().with_interval(secs(30)).with_max_age(secs(90)).build().is_ok());
}
