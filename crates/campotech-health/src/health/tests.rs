//! What needs the inside: dead probers, and late results.

use std::sync::Arc;
use std::time::Duration;

use campotech_core::ComponentStatus;
use campotech_testkit::RecordingObserver;
use tokio::time::{Instant, sleep};

use super::*;
use crate::{Check, CheckResult, Reason, check_fn};

fn passing() -> crate::Component {
    check_fn("store", || async { Ok(()) }).critical()
}

#[tokio::test(start_paused = true)]
async fn a_dead_prober_shows_within_the_maximum_age() {
    let observer = RecordingObserver::default();
    let builder = Health::builder("s", "1").check(passing()).with_observer(Arc::new(observer.clone()));
    let health = builder.build().unwrap();
    health.start().unwrap();
    sleep(Duration::from_millis(1)).await;
    assert!(health.is_ready());

    health.0.tasks.lock().supervisor.as_ref().unwrap().abort();
    sleep(Duration::from_secs(14)).await;
    assert!(health.is_ready(), "not before");
    sleep(Duration::from_secs(1)).await;
    assert!(!health.is_ready());
    let snapshot = health.snapshot();
    assert_eq!(snapshot.status, ComponentStatus::Unknown);
    assert_eq!(snapshot.components[0].status, ComponentStatus::Unknown);
    assert_eq!(snapshot.components[0].reason, Reason::Stale);
    assert!(health.snapshot_age() > Duration::from_secs(15));

    // Started again, it heals, and the change is told, late as it is.
    health.start().unwrap();
    sleep(Duration::from_millis(1)).await;
    assert!(health.is_ready());
    let changes: Vec<_> = observer.lines().into_iter().filter(|line| line.starts_with("state")).collect();
    assert_eq!(
        changes,
        [
            "state store unknown -> healthy",
            "state store healthy -> unknown",
            "state store unknown -> healthy"
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_prober_that_ends_is_started_again_and_no_other() {
    let other = check_fn("cache", || async { Ok(()) }).degrading();
    let health = Health::builder("s", "1").check(passing()).check(other).build().unwrap();
    health.start().unwrap();
    sleep(Duration::from_millis(1)).await;
    for _ in 0..4 {
        let runs = health.0.begin(0);
        health.0.tasks.lock().probers[0].abort();
        sleep(Duration::from_millis(1_001)).await;
        assert_eq!(health.0.begin(0), runs + 2, "one run since, and this one");
    }
    assert_eq!(health.0.begin(1), 2, "the other's is not due yet");
    sleep(Duration::from_secs(60)).await;
    assert!(health.is_ready());
    // With the last handle all of them end.
    let tasks = Handle::current().metrics();
    assert_eq!(tasks.num_alive_tasks(), 3);
    drop(health);
    sleep(Duration::from_secs(6)).await;
    assert_eq!(tasks.num_alive_tasks(), 0);
}

#[test]
fn checks_start_again_when_their_runtime_is_gone() {
    let runtime =
        || tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    let health = Health::builder("s", "1").check(passing()).build().unwrap();
    for round in 1..=3 {
        runtime().block_on(async {
            health.start().unwrap();
            sleep(Duration::from_millis(1)).await;
        });
        assert_eq!(health.0.begin(0), 2 * round, "one run each, and this one");
        assert!(health.is_ready());
    }
}

#[tokio::test(start_paused = true)]
async fn after_a_stale_result_one_failure_is_enough() {
    let health = Health::builder("s", "1").check(passing()).build().unwrap();
    let shared = &health.0;
    let run = shared.begin(0);
    shared.record(0, run, Instant::now(), &CheckResult::ok());
    sleep(Duration::from_secs(16)).await;
    let run = shared.begin(0);
    shared.record(0, run, Instant::now(), &CheckResult::failed(Reason::Refused));
    let component = &health.snapshot().components[0];
    assert_eq!((component.status, component.reason), (ComponentStatus::Unhealthy, Reason::Refused));
}

#[tokio::test(start_paused = true)]
async fn the_late_result_of_an_earlier_run_is_dropped() {
    let health = Health::builder("s", "1").check(passing()).build().unwrap();
    let shared = &health.0;
    let early = shared.begin(0);
    let late = shared.begin(0);
    shared.record(0, late, Instant::now(), &CheckResult::failed(Reason::Refused));
    let generation = health.snapshot().generation;
    shared.record(0, early, Instant::now(), &CheckResult::ok());
    let snapshot = health.snapshot();
    assert_eq!(snapshot.generation, generation);
    assert_eq!(snapshot.components[0].status, ComponentStatus::Unhealthy);
    assert_eq!(snapshot.components[0].consecutive_failures, 1);
}

#[test]
fn the_handles_can_go_anywhere() {
    fn everywhere<T: Clone + Send + Sync + 'static>() {}
    everywhere::<Health>();
    everywhere::<HealthService>();
    everywhere::<crate::Component>();
}
