//! What thirty thousand requests leave in memory; alone in its process.
#![allow(clippy::unwrap_used, reason = "a helper that fails fails its test")]

mod support;

use campotech_sentry::{SentryLayer, init};
use http::Request;
use http_body_util::BodyExt;
use support::{Receiver, app};
use tower::{Layer, ServiceExt, service_fn};
use tracing_subscriber::layer::SubscriberExt;

/// Resident memory in KiB.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

#[test]
fn thirty_thousand_requests_leave_nothing_behind() {
    std::panic::set_hook(Box::new(|_| {}));
    let receiver = Receiver::start();
    let config = receiver.config().with_traces_sample_rate(0.01).unwrap().with_request_sessions(true);
    let guard = init(config).unwrap();
    let layer = SentryLayer::new(&guard).with_server_errors(true);
    let subscriber = tracing_subscriber::registry().with(guard.tracing_layer());
    let _here = tracing::subscriber::set_default(subscriber);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let requests = |count: usize| {
        runtime.block_on(async {
            for i in 0..count {
                let path = if i % 200 == 0 { "/panic" } else { ["/", "/500", "/error", "/"][i % 4] };
                let request = Request::get(path).body(()).unwrap();
                let span = tracing::info_span!("request", number = i);
                let answer = span.in_scope(|| layer.layer(service_fn(app::<()>)).oneshot(request));
                let _ = answer.await.unwrap().into_body().collect().await;
            }
        });
        receiver.forget(&guard);
        resident()
    };
    let before = requests(10_000);
    let after = requests(30_000);
    let growth = after.saturating_sub(before);
    println!("MEMORY before_kib={before} after_kib={after} growth_kib={growth}");
    assert!(growth <= 2_048, "{before} KiB became {after} KiB");
}
