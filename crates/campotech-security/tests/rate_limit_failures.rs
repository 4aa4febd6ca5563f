//! Failures that replicas count together, with a real Redis, and without it.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::sync::Arc;
use std::time::Duration;

use campotech_core::ManualClock;
use campotech_security::ConfigError;
use campotech_security::rate_limit::redis::RedisLimits;
use campotech_security::rate_limit::shared::SharedLimits;
use campotech_security::rate_limit::{
    Algorithm, AttemptRefused, KeyValue, Outage, Quota, SharedFailureLimiter, Tier,
};
use campotech_testkit::{RecordingObserver, Redis};
use fred::prelude::*;
use futures_util::future::join_all;
use http::StatusCode;
use tokio::time::timeout;

const QUARTER: Duration = Duration::from_secs(900);

fn account() -> Tier {
    Tier::new("account", Quota::parse("5/15m").unwrap(), Algorithm::SlidingLog)
}

/// One process of several.
struct Replica {
    failures: SharedFailureLimiter,
    shared: SharedLimits,
    _client: Client,
}

impl Replica {
    async fn of(redis: &Redis, tier: Tier) -> Self {
        let client = Builder::from_config(Config::from_url(&redis.url()).unwrap())
            .set_policy(ReconnectPolicy::new_constant(0, 50))
            .build()
            .unwrap();
        client.init().await.unwrap();
        let limits = RedisLimits::new(client.clone()).with_deadline(Duration::from_millis(500)).unwrap();
        let shared = limits.start();
        let failures = SharedFailureLimiter::new(tier).unwrap().with_shared(shared.clone());
        until(|| shared.is_shared()).await;
        Self { failures, shared, _client: client }
    }

    async fn fails(&self, name: &str) -> bool {
        self.failures.attempt(KeyValue::of(name)).await.is_ok()
    }

    async fn refused(&self, name: &str) -> AttemptRefused {
        self.failures.attempt(KeyValue::of(name)).await.unwrap_err()
    }
}

async fn until(condition: impl Fn() -> bool) {
    let reached = async {
        while !condition() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(Duration::from_secs(20), reached).await.expect("it never was so");
}

#[tokio::test]
async fn by_itself_it_counts_as_a_limiter_of_one_process_does() {
    let (clock, observer) = (ManualClock::new(), RecordingObserver::default());
    let failures = SharedFailureLimiter::new(account()).unwrap().with_clock(clock.clone());
    let failures = failures.with_observer(Arc::new(observer.clone()));
    let (ana, luis) = (KeyValue::of("ana"), KeyValue::of("luis"));
    for _ in 0..100 {
        failures.attempt(ana).await.unwrap().succeeded();
    }
    let held: Vec<_> = join_all((0..5).map(|_| failures.attempt(ana))).await;
    assert!(held.iter().all(Result::is_ok));
    let refused = failures.clone().attempt(ana).await.unwrap_err();
    assert_eq!(refused.retry_after(), QUARTER);
    assert_eq!(observer.lines().last().unwrap(), "rate_limit account limited");
    failures.attempt(luis).await.unwrap().succeeded();

    let answer = refused.problem().into_response_in(campotech_core::Language::En, None);
    assert_eq!(answer.status(), StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(answer.headers()["retry-after"], "900");
    assert!(std::str::from_utf8(answer.body()).unwrap().contains(r#""violated-policies":["account"]"#));

    drop(held);
    clock.advance(QUARTER - Duration::from_nanos(1));
    assert!(failures.attempt(ana).await.is_err(), "an attempt that was dropped is a failure");
    clock.advance(Duration::from_nanos(1));
    failures.attempt(ana).await.unwrap().succeeded();
}

#[tokio::test]
async fn a_tier_that_could_not_take_anything_back_is_refused() {
    let refused = |tier| matches!(SharedFailureLimiter::new(tier), Err(ConfigError::Range(..)));
    assert!(refused(Tier::in_flight("account", 5)));
    assert!(refused(Tier::new("account", Quota::parse("500/15m").unwrap(), Algorithm::Gcra).lease(5)));
    assert!(refused(account().and(Tier::new("wide", Quota::parse("50/15m").unwrap(), Algorithm::Gcra))));
    let unnamed = Tier::new("", Quota::parse("5/15m").unwrap(), Algorithm::SlidingLog);
    assert!(matches!(SharedFailureLimiter::new(unnamed), Err(ConfigError::TierName(_))));
}

#[tokio::test]
async fn an_account_has_its_failures_wherever_they_happen() {
    let redis = Redis::start().await;
    let replicas = [Replica::of(&redis, account()).await, Replica::of(&redis, account()).await];
    for n in 0..20 {
        replicas[n % 2].failures.attempt(KeyValue::of("ana")).await.unwrap().succeeded();
        // What is given back arrives behind what was asked: the other one may not see it yet.
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    for n in 0..5 {
        assert!(replicas[n % 2].fails("ana").await, "failure {n}");
    }
    for replica in &replicas {
        let refused = replica.refused("ana").await;
        assert!(refused.retry_after() > QUARTER - Duration::from_secs(30), "{refused:?}");
        assert!(replica.fails("luis").await);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn at_once_no_more_fail_than_may() {
    let redis = Redis::start().await;
    let replicas = [Replica::of(&redis, account()).await, Replica::of(&redis, account()).await];
    let tries = (0..60).map(|n| replicas[n % 2].failures.attempt(KeyValue::of("ana")));
    let admitted: Vec<_> = join_all(tries).await.into_iter().flatten().collect();
    assert_eq!(admitted.len(), 5);
}

#[tokio::test]
async fn without_the_store_the_tier_says_who_decides() {
    let redis = Redis::start().await;
    let share = Replica::of(&redis, account()).await;
    let closed = Replica::of(&redis, account().outage(Outage::Closed)).await;
    until(|| share.shared.replicas() == 2).await;
    // Both have asked before, so the server knows the script.
    assert!(share.fails("luis").await && closed.fails("luis").await);
    redis.freeze();
    // A share of 3, of which nobody waits for long.
    let mut admitted = 0;
    for _ in 0..10 {
        admitted += usize::from(share.fails("ana").await);
    }
    assert_eq!(admitted, 3);
    let refused = timeout(Duration::from_secs(2), closed.refused("ana")).await.unwrap();
    assert_eq!(refused.problem().status(), StatusCode::SERVICE_UNAVAILABLE);
    redis.thaw();
    until(|| share.shared.is_shared() && closed.shared.is_shared()).await;
    // The store is told of what the share admitted, but for those that it was asked about when it fell silent: whether it
    // counted them, nobody knows.
    let mut admitted = 0;
    for _ in 0..10 {
        admitted += usize::from(share.fails("ana").await) + usize::from(closed.fails("ana").await);
    }
    assert!((1..=3).contains(&admitted), "{admitted}");
}

#[tokio::test]
async fn a_success_that_the_store_never_heard_of_forgives_nobody_elses_failure() {
    let redis = Redis::start().await;
    let replica = Replica::of(&redis, account()).await;
    assert!(replica.fails("luis").await);
    redis.kill().await;
    until(|| !replica.shared.is_shared()).await;
    assert!(replica.fails("ana").await);
    redis.restart().await;
    until(|| replica.shared.is_shared()).await;
    // Asked in vain, and a success: the failure of before is still owed.
    redis.freeze();
    replica.failures.attempt(KeyValue::of("ana")).await.unwrap().succeeded();
    redis.thaw();
    until(|| replica.shared.is_shared()).await;
    let other = Replica::of(&redis, account()).await;
    // The debt is told with the next question about the key.
    replica.failures.attempt(KeyValue::of("ana")).await.unwrap().succeeded();
    let mut admitted = 0;
    for _ in 0..10 {
        admitted += usize::from(other.fails("ana").await);
    }
    // One was owed; what was asked in vain may have told of it, too, and have counted itself.
    assert!((2..=4).contains(&admitted), "{admitted}");
}

#[tokio::test]
async fn in_the_shadow_everybody_may_try() {
    let observer = RecordingObserver::default();
    let failures =
        SharedFailureLimiter::new(account().shadow()).unwrap().with_observer(Arc::new(observer.clone()));
    for _ in 0..6 {
        drop(failures.attempt(KeyValue::of("ana")).await.unwrap());
    }
    assert_eq!(observer.lines().last().unwrap(), "rate_limit account shadow");
}
