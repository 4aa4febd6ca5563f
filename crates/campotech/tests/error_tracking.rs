//! A panic under the whole stack, as a real receiver gets it.
#![allow(clippy::unwrap_used, reason = "a helper that can't do its work fails the test")]

mod support;

use std::time::{Duration, Instant};

use axum::Router;
use axum::routing::get;
use campotech::core::{RequestContext, RequestId, Sampling, TraceContext};
use campotech::sentry::sentry::{Breadcrumb, Level, add_breadcrumb, capture_message};
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
    let sent = "sentry_events_total{outcome=\"sent\"}";
    let deadline = Instant::now() + Duration::from_secs(20);
    while running.metric(sent).await == Some(0.0) && Instant::now() < deadline {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(running.metric(sent).await, Some(1.0));
    assert_eq!(running.metric("sentry_other_items_lost_total").await, Some(0.0));
    for outcome in ["limited", "filtered", "dropped", "refused"] {
        assert_eq!(running.metric(&format!("sentry_events_total{{outcome=\"{outcome}\"}}")).await, Some(0.0));
    }
}

async fn work(name: &str) {
    add_breadcrumb(Breadcrumb { message: Some(format!("crumb of {name}")), ..Breadcrumb::default() });
    tokio::task::yield_now().await;
    capture_message(&format!("{name} failed"), Level::Error);
}

/// A request that leaves work of two others behind, and reports a failure of its own.
async fn three_failures(others: [RequestContext; 2]) -> &'static str {
    add_breadcrumb(Breadcrumb { message: Some("crumb of the request".to_owned()), ..Breadcrumb::default() });
    tokio::join!(
        campotech::on_behalf_of(&others[0], work("the first")),
        campotech::on_behalf_of(&others[1], work("the second")),
    );
    capture_message("the request failed", Level::Error);
    "fine"
}

/// Envelopes with the event that `name` failed.
fn failures(envelopes: &[String], name: &str) -> Vec<String> {
    let failed = format!("\"message\":\"{name} failed\"");
    envelopes.iter().filter(|one| one.contains(&failed)).cloned().collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn work_on_behalf_of_requests_tells_whose_it_was_and_nothing_of_the_others() {
    const NAMES: [&str; 3] = ["the first", "the second", "the request"];
    for rate in ["0", "1"] {
        let spotlight = Spotlight::start().await;
        let dsn = spotlight.dsn();
        let context = || RequestContext::new(RequestId::generate(), TraceContext::root(Sampling::never()));
        let others = [context(), context()];
        let theirs = others.clone();
        let routes = Router::new().route("/three", get(move || three_failures(theirs)));
        let traced = [("SENTRY_DSN", dsn.as_str()), ("SENTRY_TRACES_SAMPLE_RATE", rate)];
        let running = start(platform(&traced), routes).await;
        let answer = running.get("/three").await;
        let own = answer.headers["x-request-id"].to_str().unwrap();
        let all = |envelopes: &[String]| NAMES.iter().all(|name| !failures(envelopes, name).is_empty());
        let envelopes = spotlight.wait_for(all).await;
        let ids = [others[0].request_id().as_str(), others[1].request_id().as_str(), own];
        for (name, id) in NAMES.iter().zip(ids) {
            let [event] = &failures(&envelopes, name)[..] else {
                unreachable!("{name}, {rate}: {envelopes:#?}")
            };
            assert!(event.contains(&format!("\"request_id\":\"{id}\"")), "rate {rate}: {event}");
            assert!(event.contains(&format!("crumb of {name}")), "rate {rate}: {event}");
            let foreign = NAMES.iter().filter(|other| *other != name && event.contains(*other)).count();
            assert_eq!(foreign, 0, "rate {rate}: {event}");
        }
        for (name, other) in NAMES.iter().zip(&others) {
            let trace = other.trace().trace_id().to_string();
            assert!(failures(&envelopes, name)[0].contains(&trace), "rate {rate}");
        }
    }
}
