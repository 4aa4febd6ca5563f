//! Components with settings of their own, in groups, and one that all instances share.
#![allow(clippy::unwrap_used, reason = "a helper that can't do its work fails the test")]

mod common;

use std::num::NonZeroU32;
use std::time::Duration;

use campotech_health::ComponentStatus::{Degraded, Healthy, Unhealthy};
use campotech_health::{Check, ConfigError, HealthEvent, Reason};
use common::{Probe, builder, get, pass, settle};
use serde_json::json;

#[tokio::test(start_paused = true)]
async fn tags_and_named_groups_have_routes() {
    let (store, cache, mail) = (Probe::new("store"), Probe::new("cache"), Probe::new("mail"));
    let health = builder()
        .check(store.critical().with_tag("storage"))
        .check(cache.clone().degrading().with_tag("storage").with_tag("storage"))
        .check(mail.clone().critical())
        .with_group("people", ["mail"])
        .build()
        .unwrap();
    health.start().unwrap();
    settle().await;
    let (code, body) = get(&health, "/health/groups/storage").await;
    assert_eq!((code, &body["name"], &body["status"]), (200, &json!("storage"), &json!("healthy")));
    assert_eq!(body["components"].as_object().unwrap().keys().collect::<Vec<_>>(), ["cache", "store"]);

    cache.fails(Reason::Timeout);
    mail.fails(Reason::Refused);
    pass(9.0).await;
    let (code, body) = get(&health, "/health/groups/storage").await;
    assert_eq!((code, &body["status"]), (200, &json!("degraded")));
    assert_eq!(body["components"]["cache"]["reason"], "timeout");
    assert_eq!(get(&health, "/health/groups/people").await.0, 503);
    assert_eq!(get(&health, "/health/groups/strangers").await.0, 404);
    // Whatever the phase, as a component.
    health.drain();
    assert_eq!(get(&health, "/health/groups/storage").await.0, 200);
}

#[test]
fn groups_of_what_there_is_not_are_refused() {
    let components = || builder().check(Probe::new("store").critical().with_tag("storage"));
    let error = |built: campotech_health::HealthBuilder| built.build().unwrap_err();
    assert_eq!(error(components().with_group("people", ["mail"])).code(), "invalid_members");
    assert_eq!(error(components().with_group("people", Vec::<String>::new())).code(), "invalid_members");
    assert_eq!(error(components().with_group("", ["store"])), ConfigError::InvalidGroup);
    assert_eq!(error(components().with_group("a/b", ["store"])), ConfigError::InvalidGroup);
    assert_eq!(
        error(builder().check(Probe::new("store").critical().with_tag("Ä"))),
        ConfigError::InvalidGroup
    );
    assert_eq!(error(components().with_group("storage", ["store"])).code(), "duplicate_group");
    let twice = components().with_group("all", ["store"]).with_group("all", ["store"]);
    assert_eq!(error(twice), ConfigError::DuplicateGroup { name: "all".to_owned() });
    components().with_group("all", ["store", "store"]).build().unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_component_may_have_times_and_thresholds_of_its_own() {
    let (quick, slow) = (Probe::new("quick"), Probe::new("slow"));
    let millis = Duration::from_millis;
    let health = builder()
        .check(
            quick
                .clone()
                .critical()
                .with_interval(millis(500))
                .with_timeout(millis(200))
                .with_reprobe(millis(250)),
        )
        .check(
            slow.clone()
                .degrading()
                .with_interval(Duration::from_secs(60))
                .with_max_age(Duration::from_secs(180))
                .with_failure_threshold(NonZeroU32::MIN)
                .with_success_threshold(NonZeroU32::new(3).unwrap()),
        )
        .build()
        .unwrap();
    health.start().unwrap();
    settle().await;
    let mut events = health.events();
    pass(50.0).await;
    assert!((80..120).contains(&quick.starts().len()), "{}", quick.starts().len());
    assert_eq!(slow.starts().len(), 1);
    assert!(health.is_ready(), "old, and fresh");

    slow.fails(Reason::Refused);
    pass(17.0).await;
    let state = |name: &str| health.snapshot().component(name).unwrap().status;
    assert_eq!(state("slow"), Unhealthy, "one failure is enough");
    slow.passes();
    pass(70.0).await;
    assert_eq!(state("slow"), Unhealthy, "one success is not");
    pass(130.0).await;
    assert_eq!(state("slow"), Healthy);
    let told: Vec<_> = std::iter::from_fn(|| events.try_recv().ok()).collect();
    let change = |from, to, reason| HealthEvent::Component { name: "slow".into(), from, to, reason };
    assert_eq!(told, [change(Healthy, Unhealthy, Reason::Refused), change(Unhealthy, Healthy, Reason::Ok)]);
}

#[test]
fn what_cannot_work_names_its_component() {
    let error = |component| builder().check(component).build().unwrap_err();
    let seconds = Duration::from_secs;
    let slow = error(Probe::new("store").critical().with_timeout(seconds(3)));
    assert_eq!(slow.code(), "timeout_too_long");
    assert_eq!(slow.to_string(), "component store: the timeout 3s is not below half of the interval 5s");
    assert_eq!(error(Probe::new("a").critical().with_interval(Duration::ZERO)).code(), "zero_duration");
    assert_eq!(error(Probe::new("a").critical().with_interval(seconds(60))).code(), "max_age_too_short");
    assert_eq!(error(Probe::new("a").critical().with_reprobe(seconds(6))).code(), "reprobe_too_long");
}

#[tokio::test(start_paused = true)]
async fn what_all_instances_share_does_not_take_all_of_them_out() {
    let (shared, own) = (Probe::new("shared"), Probe::new("own"));
    let health = builder()
        .check(shared.clone().critical().failing_open())
        .check(own.clone().critical())
        .build()
        .unwrap();
    shared.fails(Reason::Refused);
    health.start().unwrap();
    settle().await;
    assert_eq!(get(&health, "/ready").await.0, 503, "it has never worked here");
    shared.passes();
    pass(2.0).await;
    assert_eq!(get(&health, "/ready").await.0, 200);
    shared.fails(Reason::Timeout);
    pass(9.0).await;
    let (code, body) = get(&health, "/health").await;
    assert_eq!((code, &body["status"]), (200, &json!("degraded")));
    assert_eq!(health.snapshot().status, Degraded);
    assert_eq!(get(&health, "/ready").await.0, 200);
    assert_eq!(get(&health, "/health/components/shared").await.0, 503);
    own.fails(Reason::Refused);
    pass(9.0).await;
    assert_eq!(get(&health, "/ready").await.0, 503, "what is its own is its own");
}

#[tokio::test(start_paused = true)]
async fn in_a_group_what_matters_to_nobody_else_counts() {
    let disk = Probe::new("disk");
    disk.fails(Reason::Saturated);
    let health = builder().check(disk.clone().informational().with_tag("system")).build().unwrap();
    health.start().unwrap();
    assert_eq!(get(&health, "/health/groups/system").await.0, 503, "not known yet");
    settle().await;
    let (code, body) = get(&health, "/health/groups/system").await;
    assert_eq!((code, &body["status"]), (200, &json!("degraded")));
    assert_eq!(get(&health, "/health").await.1["status"], "healthy");
    pass(60.0).await;
    health.stop();
    pass(20.0).await;
    assert_eq!(get(&health, "/health/groups/system").await.0, 503, "stale");
}

#[tokio::test(start_paused = true)]
async fn what_may_be_older_makes_the_snapshot_no_older() {
    let minutes = |minutes: u64| Duration::from_secs(minutes * 60);
    let health = builder()
        .check(Probe::new("store").critical())
        .check(Probe::new("backup").degrading().with_interval(minutes(10)).with_max_age(minutes(30)))
        .check(Probe::new("motd").informational().with_interval(minutes(60)).with_max_age(minutes(90)))
        .build()
        .unwrap();
    health.start().unwrap();
    settle().await;
    for _ in 0..50 {
        pass(7.0).await;
        assert!(health.snapshot_age() < Duration::from_secs(7), "{:?}", health.snapshot_age());
    }
    health.stop();
    pass(1_801.0).await;
    assert!(health.snapshot_age() > Duration::from_secs(1_700));
}
