//! Queues and pools of the service's own.
#![allow(clippy::unwrap_used, reason = "a helper that can't do its work fails the test")]

mod common;

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use campotech_health::{
    Backlog, Check, CheckResult, ComponentStatus, Measure, PoolCheck, PoolUsage, QueueCheck, Reason,
};
use common::{builder, get, settle};
use parking_lot::Mutex;
use tokio::sync::Semaphore;
use tokio::time::timeout;

use ComponentStatus::{Degraded, Healthy, Unhealthy};

const OK: (ComponentStatus, Reason) = (Healthy, Reason::Ok);
const FULL: (ComponentStatus, Reason) = (Degraded, Reason::Saturated);

const fn runs(number: u32) -> NonZeroU32 {
    NonZeroU32::new(number).unwrap()
}

fn backlog(depth: u64, seconds: u64) -> Result<Backlog, Reason> {
    Ok(Backlog { depth, oldest_age: Some(Duration::from_secs(seconds)) })
}

type Answer = Arc<Mutex<Result<Backlog, Reason>>>;

/// A queue whose answers are set from outside.
fn queue() -> (impl Check, Answer) {
    queue_after(runs(2))
}

fn queue_after(runs: NonZeroU32) -> (impl Check, Answer) {
    let answer = Arc::new(Mutex::new(backlog(0, 0)));
    let read = Arc::clone(&answer);
    let check = QueueCheck::sync("jobs", move || *read.lock());
    let check = check.with_max_depth(10).with_max_age(Duration::from_secs(60));
    // Two is the default.
    (if runs.get() == 2 { check } else { check.with_saturated_after(runs) }, answer)
}

async fn run(check: &impl Check) -> (ComponentStatus, Reason) {
    let result = check.run().await;
    assert_eq!(result.message().is_some(), result.reason() == Reason::Saturated, "{:?}", result.message());
    (result.status(), result.reason())
}

#[tokio::test]
async fn too_many_or_too_old_for_two_runs_is_saturated() {
    let (check, answer) = queue();
    for (situation, much) in [("deep", backlog(11, 0)), ("old", backlog(1, 61)), ("both", backlog(11, 61))] {
        *answer.lock() = much;
        assert_eq!(run(&check).await, OK, "{situation}, once");
        assert_eq!(run(&check).await, FULL, "{situation}, again");
        assert_eq!(run(&check).await, FULL, "{situation}, still");
        *answer.lock() = backlog(10, 60);
        assert_eq!(run(&check).await, OK, "{situation}, worked off: as much may be");
    }
    *answer.lock() = Ok(Backlog { depth: 10, oldest_age: None });
    assert_eq!(run(&check).await, OK);
    assert_eq!(run(&check).await, OK, "an age that nobody knows is none");
    assert_eq!(check.degrading().name(), "jobs");
}

#[tokio::test]
async fn runs_in_a_row_can_be_chosen_and_an_error_does_not_end_the_row() {
    let (check, answer) = queue_after(runs(3));
    *answer.lock() = backlog(11, 0);
    assert_eq!(run(&check).await, OK);
    assert_eq!(run(&check).await, OK);
    *answer.lock() = Err(Reason::Refused);
    assert_eq!(run(&check).await, (Unhealthy, Reason::Refused));
    *answer.lock() = backlog(11, 0);
    assert_eq!(run(&check).await, FULL);
    let (check, answer) = queue_after(runs(1));
    *answer.lock() = backlog(11, 0);
    assert_eq!(run(&check).await, FULL, "at once");
}

#[tokio::test]
async fn without_a_limit_it_only_measures() {
    let check = QueueCheck::new("jobs", async || backlog(u64::MAX, u64::MAX));
    for _ in 0..3 {
        assert_eq!(run(&check).await, OK);
    }
    let measures = |backlog| async move {
        let result = QueueCheck::sync("jobs", move || Ok::<_, Reason>(backlog)).run().await;
        let measures = *result.measures();
        (measures.get(Measure::QueueDepth), measures.get(Measure::QueueAge))
    };
    let of = |depth, oldest_age| measures(Backlog { depth, oldest_age });
    assert_eq!(of(7, Some(Duration::from_millis(1_500))).await, (Some(7.0), Some(1.5)));
    assert_eq!(of(7, None).await, (Some(7.0), None), "not known");
    assert_eq!(of(0, None).await, (Some(0.0), Some(0.0)), "nothing waits");
}

#[tokio::test]
async fn an_error_is_its_reason_and_its_words_go_to_the_log() {
    let check = QueueCheck::new("jobs", async || {
        Err::<Backlog, _>(CheckResult::failed(Reason::Auth).with_message("password of ana"))
    });
    let result = check.run().await;
    assert_eq!((result.status(), result.reason()), (Unhealthy, Reason::Auth));
    assert_eq!(result.message(), Some("password of ana"));
    assert!(result.measures().is_empty());
}

#[tokio::test]
async fn a_pool_is_saturated_when_callers_wait_for_two_runs() {
    let permits = Arc::new(Semaphore::new(2));
    let waiting = Arc::new(Mutex::new(0));
    let (read, queue) = (Arc::clone(&permits), Arc::clone(&waiting));
    let check = PoolCheck::new("workers", move || PoolUsage {
        max: 2,
        in_use: 2 - read.available_permits(),
        waiting: *queue.lock(),
    });
    let used = async || check.run().await.measures().get(Measure::UsedRatio);
    assert_eq!(used().await, Some(0.0));
    let first = permits.acquire().await.unwrap();
    assert_eq!(used().await, Some(0.5));
    let second = permits.acquire().await.unwrap();
    for _ in 0..3 {
        assert_eq!(run(&check).await, OK, "busy, and nobody waits");
    }
    *waiting.lock() = 1;
    assert_eq!(run(&check).await, OK, "once");
    assert_eq!(run(&check).await, FULL);
    assert_eq!(used().await, Some(1.0));
    drop(first);
    assert_eq!(run(&check).await, OK);
    drop(second);
    let none = PoolCheck::new("workers", PoolUsage::default).with_saturated_after(NonZeroU32::MIN);
    assert_eq!(run(&none).await, OK, "a pool that can have none");
    assert!(none.run().await.measures().is_empty());
    assert!(format!("{none:?}").contains("workers"));
}

#[tokio::test(start_paused = true)]
async fn health_shows_what_waits() {
    let (check, answer) = queue_after(runs(1));
    *answer.lock() = backlog(11, 5);
    let health = builder().check(check.degrading()).build().unwrap();
    health.start().unwrap();
    settle().await;
    let (status, body) = get(&health, "/health").await;
    let component = &body["components"]["jobs"];
    assert_eq!(
        (status, &component["status"], &component["reason"]),
        (200, &"degraded".into(), &"saturated".into())
    );
    let text = component.to_string();
    assert!(text.contains(r#""queue_depth":11.0"#) && text.contains(r#""queue_age_seconds":5.0"#), "{text}");
    let closed = timeout(Duration::from_secs(1), async { health.stop() });
    closed.await.unwrap();
}
