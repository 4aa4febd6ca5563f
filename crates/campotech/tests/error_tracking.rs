//! A panic under the whole stack, as a real receiver gets it.
#![allow(clippy::unwrap_used, reason = "a helper that can't do its work fails the test")]

mod support;

use axum::Router;
use axum::routing::get;
use campotech_testkit::Spotlight;
use support::{platform, start};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_panic_is_one_event_of_its_route_without_what_it_was_about() {
    let spotlight = Spotlight::start().await;
    let dsn = spotlight.dsn();
    let routes = Router::new().route(
        "/jobs/{id}",
        get(|| async {
            tracing::warn!("a crumb of ana@example.com");
            panic!("no job of +54 9 351 423-7788 in postgres://app:hunter22@db/campo") as String
        }),
    );
    let running = start(platform(&[("SENTRY_DSN", &dsn), ("SENTRY_TRACES_SAMPLE_RATE", "1")]), routes).await;
    assert_eq!(running.get("/jobs/27-30111222-8?email=ana@example.com").await.status, 500);
    let envelopes = spotlight.wait_for(|envelopes| envelopes.len() >= 2).await;
    let all = envelopes.concat();
    for secret in ["ana@ex", "423-77", "hunter", "301112"] {
        assert!(!all.contains(secret), "{secret} in {all}");
    }
    assert_eq!(all.matches("\"type\":\"event\"").count(), 1, "{all}");
    assert_eq!(all.matches("\"type\":\"transaction\"").count(), 1, "{all}");
    assert!(all.contains("\"transaction\":\"GET /jobs/{id}\""), "{all}");
    assert!(all.contains("no job of [Filtered]"), "{all}");
    let one = running.metric("sentry_events_total{outcome=\"queued\"}").await;
    assert_eq!(one, Some(1.0));
    for outcome in ["limited", "filtered", "dropped"] {
        assert_eq!(running.metric(&format!("sentry_events_total{{outcome=\"{outcome}\"}}")).await, Some(0.0));
    }
}
