//! Every started request is in exactly one place, wherever its future or its body is dropped.

#![allow(clippy::unwrap_used, reason = "what goes wrong in a helper of a test fails the test")]

use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use campotech_core::Route;
use campotech_metrics::{Metrics, MetricsTotals, Naming};
use campotech_testkit::{ScriptedBody, Step};
use http::header::CONTENT_TYPE;
use http::{HeaderMap, Method, Request, Response, Version};
use http_body::Body;
use proptest::prelude::*;
use tower::{Layer, Service, service_fn};

/// What the service does after some polls.
#[derive(Debug, Clone, Copy)]
enum Ending {
    Answer,
    Error,
    Panic,
    Never,
}

/// One request: how the service acts, and after how many polls of future and body the client goes away.
#[derive(Debug, Clone)]
struct Plan {
    polls: u8,
    ending: Ending,
    status: u16,
    body: Vec<u8>,
    future_polls: u8,
    body_polls: u8,
    route: u8,
    kind: Kind,
}

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Kind {
    Get,
    Head,
    Grpc,
}

fn plan() -> impl Strategy<Value = Plan> {
    let ending = prop_oneof![6 => Just(Ending::Answer), 1 => Just(Ending::Error), 1 => Just(Ending::Panic), 1 => Just(Ending::Never)];
    let status = prop_oneof![Just(200_u16), Just(204), Just(404), Just(500), Just(101)];
    (
        0..4_u8,
        ending,
        status,
        proptest::collection::vec(0..6_u8, 0..5),
        0..6_u8,
        0..8_u8,
        0..3_u8,
        prop_oneof![Just(Kind::Get), Just(Kind::Head), Just(Kind::Grpc)],
    )
        .prop_map(|(polls, ending, status, body, future_polls, body_polls, route, kind)| Plan {
            polls,
            ending,
            status,
            body,
            future_polls,
            body_polls,
            route,
            kind,
        })
}

fn body(steps: &[u8]) -> ScriptedBody {
    ScriptedBody::new(steps.iter().map(|step| match step {
        0..=2 => Step::Data(Bytes::from_static(b"data")),
        3 => Step::Trailers(HeaderMap::new()),
        4 => Step::Error,
        _ => Step::Hang,
    }))
}

/// Runs one request as far as the plan says; true if it is left in flight by `keep`.
fn run(metrics: &Metrics, plan: &Plan) {
    let answer = plan.clone();
    let mut service = metrics.layer().layer(service_fn(move |_: Request<String>| {
        let plan = answer.clone();
        let mut polls = plan.polls;
        poll_fn(move |_| {
            if polls > 0 {
                polls -= 1;
                return Poll::Pending;
            }
            match plan.ending {
                Ending::Answer => {
                    let kind = if plan.kind == Kind::Grpc { "application/grpc" } else { "text/plain" };
                    let response = Response::builder().status(plan.status).header(CONTENT_TYPE, kind);
                    Poll::Ready(Ok(response.body(body(&plan.body)).unwrap()))
                }
                Ending::Error => Poll::Ready(Err("refused")),
                Ending::Panic => panic!("a bug"),
                Ending::Never => Poll::Pending,
            }
        })
    }));
    let mut request = Request::new(String::from("body"));
    match plan.kind {
        Kind::Get => {}
        Kind::Head => *request.method_mut() = Method::HEAD,
        Kind::Grpc => {
            *request.method_mut() = Method::POST;
            *request.version_mut() = Version::HTTP_2;
        }
    }
    if plan.route > 0 {
        request.extensions_mut().insert(Route(Arc::from(format!("/r/{}", plan.route))));
    }
    let mut cx = Context::from_waker(Waker::noop());
    let mut future = pin!(service.call(request));
    for _ in 0..plan.future_polls {
        if let Poll::Ready(answer) = future.as_mut().poll(&mut cx) {
            if let Ok(response) = answer {
                let mut body = pin!(response.into_body());
                for _ in 0..plan.body_polls {
                    if !matches!(body.as_mut().poll_frame(&mut cx), Poll::Ready(Some(Ok(_)))) {
                        break;
                    }
                }
            }
            break;
        }
    }
}

fn conserved(totals: &MetricsTotals) -> bool {
    totals.started == totals.requests + totals.cancelled + totals.failed + totals.in_flight
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn nothing_is_lost_and_nothing_is_counted_twice(
        plans in proptest::collection::vec(plan(), 1..60),
        naming in prop_oneof![Just(Naming::Prometheus), Just(Naming::OpenTelemetry)],
    ) {
        let metrics = Metrics::builder("test", "1").with_naming(naming).build().unwrap();
        let mut panics = 0;
        for (n, plan) in plans.iter().enumerate() {
            let panicked = catch_unwind(AssertUnwindSafe(|| run(&metrics, plan))).is_err();
            panics += u64::from(panicked);
            let totals = metrics.totals();
            prop_assert_eq!(totals.started, n as u64 + 1);
            prop_assert_eq!(totals.in_flight, 0);
            prop_assert!(conserved(&totals), "{plan:?} {totals:?}");
            prop_assert!(totals.failed >= panics);
        }
        // The text says the same as the sums.
        let text = metrics.render_text();
        let sum = |family: &str| -> u64 {
            let value = |line: &str| line.rsplit(' ').next().and_then(|value| value.parse::<u64>().ok());
            text.lines().filter(|line| line.starts_with(family)).filter_map(value).sum()
        };
        let ended = sum("http_requests_total{")
            + sum("http_requests_cancelled_total{")
            + sum("http_requests_failed_total{");
        prop_assert_eq!(ended, plans.len() as u64);
        let upgrades: u64 = text
            .lines()
            .filter(|line| line.starts_with("http_requests_total{") && line.contains("status=\"101\""))
            .filter_map(|line| line.rsplit(' ').next()?.parse::<u64>().ok())
            .sum();
        let totals = metrics.totals();
        let (durations, timed) = match naming {
            Naming::OpenTelemetry => ("http_server_request_duration_seconds_count{", totals.started),
            _ => ("http_request_duration_seconds_count{", totals.requests),
        };
        prop_assert_eq!(sum(durations), timed - upgrades);
        prop_assert_eq!(sum("http_server_active_requests{"), 0);
        let calls: u64 = text
            .lines()
            .filter(|line| line.starts_with("http_requests_total{method=\"POST\""))
            .filter_map(|line| line.rsplit(' ').next()?.parse::<u64>().ok())
            .sum();
        prop_assert_eq!(sum("grpc_requests_total{"), calls);
    }
}

#[tokio::test]
async fn many_tasks_that_are_aborted_leave_nothing_in_flight() {
    let metrics = Metrics::builder("test", "1").build().unwrap();
    let mut tasks = Vec::new();
    for n in 0..500_u64 {
        let mut service = metrics.layer().layer(service_fn(move |_: Request<String>| async move {
            for _ in 0..n % 5 {
                tokio::task::yield_now().await;
            }
            Ok::<_, &str>(Response::new(body(&[0, 0, if n % 3 == 0 { 5 } else { 0 }])))
        }));
        tasks.push(tokio::spawn(async move {
            let response = service.call(Request::new(String::new())).await.unwrap();
            let mut body = pin!(response.into_body());
            while let Some(Ok(_)) = poll_fn(|cx| body.as_mut().poll_frame(cx)).await {}
        }));
        if n % 7 == 0 {
            tokio::task::yield_now().await;
        }
        if n % 2 == 0 {
            tasks[n as usize / 2].abort();
        }
    }
    for task in &tasks {
        task.abort();
    }
    for task in tasks {
        let _ = task.await;
    }
    let totals = metrics.totals();
    assert_eq!(totals.in_flight, 0);
    assert!(conserved(&totals), "{totals:?}");
    assert!(totals.started > 0 && totals.cancelled > 0 && totals.requests > 0, "{totals:?}");
}

#[test]
fn a_request_in_flight_is_seen_as_such() {
    let metrics = Metrics::builder("test", "1").build().unwrap();
    let mut service = metrics
        .layer()
        .layer(service_fn(|_: Request<String>| async { Ok::<_, &str>(Response::new(body(&[0]))) }));
    let mut cx = Context::from_waker(Waker::noop());
    let mut future = Box::pin(service.call(Request::new(String::new())));
    assert_eq!(metrics.totals().in_flight, 1);
    let Poll::Ready(Ok(response)) = future.as_mut().poll(&mut cx) else { panic!("not ready") };
    drop(future);
    assert_eq!((metrics.totals().in_flight, metrics.totals().requests), (1, 0));
    drop(response);
    assert_eq!((metrics.totals().in_flight, metrics.totals().cancelled), (0, 1));
}

#[test]
fn a_panic_is_seen_even_if_the_future_is_dropped_later() {
    let metrics = Metrics::builder("test", "1").build().unwrap();
    let mut service = metrics.layer().layer(service_fn(|_: Request<String>| {
        poll_fn(|_| -> Poll<Result<Response<ScriptedBody>, &str>> { panic!("a bug") })
    }));
    let mut future = Box::pin(service.call(Request::new(String::new())));
    let mut cx = Context::from_waker(Waker::noop());
    assert!(catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(&mut cx).is_ready())).is_err());
    drop(future);
    assert_eq!((metrics.totals().failed, metrics.totals().cancelled), (1, 0));

    let mut service = metrics.layer().layer(service_fn(
        |_: Request<String>| -> std::future::Ready<Result<Response<ScriptedBody>, &str>> {
            panic!("in the call")
        },
    ));
    assert!(catch_unwind(AssertUnwindSafe(|| service.call(Request::new(String::new())))).is_err());
    assert_eq!((metrics.totals().failed, metrics.totals().in_flight), (2, 0));
}
