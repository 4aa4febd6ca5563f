//! A panic under the whole stack, as a real receiver gets it.
#![allow(clippy::unwrap_used, reason = "a helper that can't do its work fails the test")]

mod support;

use std::time::Duration;

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
    while running.metric(sent).await != Some(1.0) {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(running.metric("sentry_other_items_lost_total").await, Some(0.0));
    for outcome in ["limited", "filtered", "dropped", "refused"] {
        assert_eq!(running.metric(&format!("sentry_events_total{{outcome=\"{outcome}\"}}")).await, Some(0.0));
    }
}

#[tokio::test]
async fn work_on_behalf_of_requests_tells_whose_it_was_and_nothing_of_the_others() {
    let spotlight = Spotlight::start().await;
    let dsn = spotlight.dsn();
    let running = start(platform(&[("SENTRY_DSN", &dsn)]), Router::new()).await;
    let context = || RequestContext::new(RequestId::generate(), TraceContext::root(Sampling::never()));
    let (first, second) = (context(), context());
    let work = async |name: &str| {
        crumb(name);
        tokio::task::yield_now().await;
        capture_message(&format!("{name} failed"), Level::Error);
    };
    tokio::join!(
        campotech::on_behalf_of(&first, work("the first")),
        campotech::on_behalf_of(&second, work("the second")),
    );
    let envelopes = spotlight.wait_for(|envelopes| envelopes.len() >= 2).await;
    for (context, own, other) in [(&first, "the first", "the second"), (&second, "the second", "the first")] {
        let event = envelopes.iter().find(|envelope| envelope.contains(&format!("{own} failed"))).unwrap();
        assert!(event.contains(&format!("\"request_id\":\"{}\"", context.request_id())), "{event}");
        assert!(event.contains(&format!("\"trace_id\":\"{}\"", context.trace().trace_id())), "{event}");
        assert!(event.contains(&format!("crumb of {own}")) && !event.contains(other), "{event}");
    }
    drop(running);
}

fn crumb(of: &str) {
    add_breadcrumb(Breadcrumb { message: Some(format!("crumb of {of}")), ..Breadcrumb::default() });
}
