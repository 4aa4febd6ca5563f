//! Whatever clients, routers and handlers invent: families stay within their budget, and sums stay right.

#![allow(clippy::unwrap_used, reason = "what goes wrong in a helper of a test fails the test")]

use std::collections::BTreeMap;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Waker};

use campotech_core::{Decision, Measure, Measurement, Observer, RateLimitVerdict, Route, Verdict};
use campotech_metrics::{ConfigError, Metrics};
use http::{Method, Request, Response};
use tower::{Layer, Service, service_fn};

/// Sends requests for `requests` (method, route, raw path, status).
fn send(metrics: &Metrics, requests: impl Iterator<Item = (Method, Option<String>, String, u16)>) {
    let layer = metrics.layer();
    let mut service = layer.layer(service_fn(|request: Request<String>| {
        let status: u16 = request.body().parse().unwrap();
        std::future::ready(Ok::<_, ()>(Response::builder().status(status).body(String::new()).unwrap()))
    }));
    let mut cx = Context::from_waker(Waker::noop());
    for (method, route, path, status) in requests {
        let mut request = Request::builder().method(method).uri(path).body(status.to_string()).unwrap();
        if let Some(route) = route {
            request.extensions_mut().insert(Route(Arc::from(route)));
        }
        assert!(pin!(service.call(request)).poll(&mut cx).is_ready());
    }
}

/// Lines and their sum, of one family.
fn family(text: &str, prefix: &str) -> (usize, u64) {
    let values = text
        .lines()
        .filter(|line| line.starts_with(prefix))
        .map(|line| line.rsplit(' ').next().unwrap().parse::<f64>().unwrap() as u64);
    values.fold((0, 0), |(lines, sum), value| (lines + 1, sum + value))
}

fn overflow(text: &str) -> BTreeMap<&str, u64> {
    text.lines()
        .filter_map(|line| line.strip_prefix("metrics_series_overflow_total{family=\"")?.split_once("\"} "))
        .map(|(family, value)| (family, value.parse().unwrap()))
        .collect()
}

#[test]
fn raw_paths_and_invented_methods_make_no_series() {
    let metrics = Metrics::builder("test", "1").build().unwrap();
    let methods = (0..100_000_u32).map(|n| Method::from_bytes(format!("X{n}").as_bytes()).unwrap());
    send(&metrics, methods.enumerate().map(|(n, method)| (method, None, format!("/scan/{n}"), 404)));
    let text = metrics.render_text();
    assert_eq!(family(&text, "http_requests_total{"), (2, 100_000), "404, and 500 at zero");
    assert!(
        text.contains(
            "http_requests_total{method=\"_OTHER\",path=\"__unmatched__\",status=\"404\"} 100000\n"
        )
    );
    assert!(overflow(&text).values().all(|folded| *folded == 0));
}

#[test]
fn routes_without_end_stay_within_the_budget_and_the_sums_are_right() {
    const BUDGET: usize = 100;
    const SENT: u64 = 100_000;
    let metrics = Metrics::builder("test", "1").with_series_budget(BUDGET).build().unwrap();
    let methods = [Method::GET, Method::POST, Method::from_bytes(b"BREW").unwrap()];
    let requests = (0..SENT).map(|n| {
        (
            methods[n as usize % 3].clone(),
            Some(format!("/r/{n}")),
            "/".into(),
            if n % 2 == 0 { 200 } else { 503 },
        )
    });
    send(&metrics, requests);
    let text = metrics.render_text();
    let (series, requests) = family(&text, "http_requests_total{");
    assert!(series <= BUDGET, "{series}");
    assert_eq!(requests, SENT);
    for name in ["http_request_duration_seconds", "http_request_size_bytes", "http_response_size_bytes"] {
        let (series, requests) = family(&text, &format!("{name}_count{{"));
        assert!(series <= BUDGET, "{name} {series}");
        assert_eq!(requests, SENT, "{name}");
    }
    for name in ["http_requests_cancelled_total{", "http_requests_failed_total{"] {
        assert!(family(&text, name).0 <= BUDGET, "{name}");
    }
    let (classes, folded) = family(&text, "http_requests_total{method=\"_OTHER\",path=\"__overflow__\"");
    assert_eq!(classes, 2, "2xx and 5xx");
    assert_eq!(overflow(&text)["http_requests_total"], folded);
    assert!(folded > 90_000);
    let totals = metrics.totals();
    assert_eq!((totals.requests, totals.server_errors), (SENT, SENT / 2));
    assert_eq!(totals.latency.count(), SENT);
}

#[test]
fn one_route_with_every_status_stays_within_the_budget() {
    let metrics = Metrics::builder("test", "1").with_series_budget(32).build().unwrap();
    send(&metrics, (200..=999).map(|status| (Method::GET, Some("/r".into()), "/".into(), status)));
    let text = metrics.render_text();
    let (series, requests) = family(&text, "http_requests_total{");
    assert!(series <= 32, "{series}");
    assert_eq!(requests, 800);
    assert_eq!(metrics.totals().server_errors, 100);
    assert_eq!(metrics.totals().client_errors, 100);
}

#[test]
fn a_template_that_is_none_is_folded() {
    let metrics = Metrics::builder("test", "1").build().unwrap();
    send(&metrics, [(Method::GET, Some("/x".repeat(200)), "/".into(), 200)].into_iter());
    let text = metrics.render_text();
    assert_eq!(family(&text, "http_requests_total{"), (1, 1));
    assert!(text.contains("http_requests_total{method=\"_OTHER\",path=\"__overflow__\",status=\"2xx\"} 1\n"));
}

#[test]
fn reports_stay_within_the_budget_too() {
    let metrics = Metrics::builder("test", "1").with_series_budget(64).build().unwrap();
    for n in 0..10_000 {
        metrics.validation_failure(Some(&format!("/r/{n}")), "length.max");
        metrics.rate_limit(&format!("tier{n}"), RateLimitVerdict::Limited);
    }
    metrics.decision(Decision { guard: "cors", verdict: Verdict::Refused, reason: "origin" });
    let text = metrics.render_text();
    for name in ["validation_failures_total{", "rate_limit_decisions_total{"] {
        let (series, sum) = family(&text, name);
        assert!(series <= 64, "{name} {series}");
        assert_eq!(sum, 10_000, "{name}");
    }
    assert!(text.contains("rate_limit_decisions_total{tier=\"__overflow__\",decision=\"limited\"}"));
    assert!(text.contains("validation_failures_total{path=\"__overflow__\",code=\"length.max\"}"));
    assert!(
        text.contains("security_decisions_total{guard=\"cors\",decision=\"refused\",reason=\"origin\"} 1\n")
    );
}

#[test]
fn what_health_checks_read_is_shown_once_it_was_read_and_stays_within_the_budget() {
    let metrics = Metrics::builder("test", "1").with_series_budget(64).build().unwrap();
    let names = Measure::ALL.map(|measure| format!("health_{}{{", measure.as_str()));
    let text = metrics.render_text();
    assert!(names.iter().all(|name| family(&text, name).0 == 0), "nothing was read");

    let read = |component: &str, measure, value| {
        metrics.measurement(Measurement { component, measure, value });
    };
    read("store", Measure::QueueDepth, f64::NAN);
    read("store", Measure::UsedRatio, 0.75);
    read("store", Measure::UsedRatio, 0.25);
    let text = metrics.render_text();
    assert!(text.contains("health_used_ratio{component=\"store\"} 0.25\n"), "the last one");
    let shown: Vec<_> = names.iter().filter(|name| family(&text, name).0 > 0).collect();
    assert_eq!(shown, ["health_used_ratio{"], "what was not read, or is no number, is left out");

    for n in 0..10_000 {
        for measure in Measure::ALL {
            read(&format!("c{n}"), measure, f64::from(n));
        }
    }
    let text = metrics.render_text();
    for name in names {
        assert!(family(&text, &name).0 <= 64, "{name}");
        assert!(text.contains(&format!("{name}component=\"__overflow__\"}} 9999\n")), "{name}");
        assert!(overflow(&text)[name.trim_end_matches('{')] > 9_900, "{name}");
    }
}

#[test]
fn a_budget_without_room_for_overflow_is_refused() {
    let error = Metrics::builder("test", "1").with_series_budget(31).build().unwrap_err();
    assert_eq!(error, ConfigError::BudgetTooSmall { budget: 31, least: 32 });
}
