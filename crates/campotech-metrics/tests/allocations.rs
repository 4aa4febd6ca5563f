//! A request of a known route costs no heap allocation.
#![allow(clippy::unwrap_used, reason = "what goes wrong in a helper of a test fails the test")]

use std::future::{Ready, ready};
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use bytes::Bytes;
use campotech_core::{
    CheckOutcome, CheckReport, Decision, Measure, Measurement, Observer, RateLimitVerdict, Route,
};
use campotech_metrics::{Format, JobKind, Metrics, Outcome};
use http::{Method, Request, Response};
use http_body::Body;
use http_body_util::Full;
use tower::{Layer, Service, service_fn};

type Answer = Ready<Result<Response<Full<Bytes>>, ()>>;

fn answer(_: Request<Full<Bytes>>) -> Answer {
    ready(Ok(Response::new(Full::new(Bytes::from_static(b"hola")))))
}

/// Runs one request to the end of the body of its answer.
fn run<S, B>(service: &mut S, request: Request<Full<Bytes>>)
where
    S: Service<Request<Full<Bytes>>, Response = Response<B>>,
    B: Body,
{
    let mut cx = Context::from_waker(Waker::noop());
    let Poll::Ready(Ok(response)) = pin!(service.call(request)).poll(&mut cx) else { panic!("not ready") };
    let mut body = pin!(response.into_body());
    while let Poll::Ready(Some(_)) = body.as_mut().poll_frame(&mut cx) {}
}

fn request(method: &Method, route: Option<&str>) -> Request<Full<Bytes>> {
    let mut request = Request::builder().method(method).body(Full::new(Bytes::from_static(b"ping"))).unwrap();
    if let Some(route) = route {
        request.extensions_mut().insert(Route(Arc::from(route)));
    }
    request
}

#[test]
fn a_request_of_a_known_route_allocates_nothing() {
    let metrics = Metrics::builder("test", "1").build().unwrap();
    let mut service = metrics.layer().layer(service_fn(answer));
    let mut ops = metrics.ops_layer().layer(service_fn(answer));
    for (method, route) in
        [(Method::GET, Some("/api/v1/jobs/{id}")), (Method::POST, Some("/api/v1/jobs")), (Method::GET, None)]
    {
        for (at, expected) in [("first", false), ("second", true), ("third", true)] {
            let (one, other) = (request(&method, route), request(&method, route));
            let counted = allocation_counter::measure(|| run(&mut service, one));
            assert_eq!(counted.count_total == 0, expected, "{method} {route:?}, {at}: {counted:?}");
            let counted = allocation_counter::measure(|| run(&mut ops, other));
            // Ops routes are told apart by route only, and GET without a route comes last.
            assert_eq!(counted.count_total == 0, expected, "ops {method} {route:?}, {at}: {counted:?}");
        }
    }
}

#[test]
fn known_labels_allocate_nothing() {
    let metrics = Metrics::builder("test", "1").build().unwrap();
    let report = || {
        metrics.rate_limit("standard", RateLimitVerdict::Allowed);
        metrics.decision(Decision::allowed("payload"));
        metrics.validation_failure(Some("/api/v1/jobs"), "length.max");
        let duration = Duration::from_millis(1);
        metrics.check(CheckReport { component: "store", outcome: CheckOutcome::Ok, duration });
        for measure in Measure::ALL {
            metrics.measurement(Measurement { component: "store", measure, value: 0.5 });
        }
        metrics.job_created(JobKind::Api);
        metrics.job_processed(JobKind::Api, Outcome::Done, duration);
        drop(metrics.websocket_opened());
    };
    assert!(allocation_counter::measure(report).count_total > 0);
    assert_eq!(allocation_counter::measure(report).count_total, 0);
}

#[test]
fn an_answer_into_a_text_that_is_large_enough_allocates_nothing() {
    let builder = Metrics::builder("test", "1").without_process().with_series_budget(5_000);
    let metrics = builder.build().unwrap();
    for n in 0..200 {
        let recorder = metrics.recorder(&Method::GET, &format!("/api/v1/resource{n}/{{id}}"));
        recorder.record(http::StatusCode::OK, Duration::from_millis(n), n);
        metrics.rate_limit(&format!("tier{n}"), RateLimitVerdict::Allowed);
    }
    let mut text = metrics.render_text().into_bytes();
    let lines = text.split(|byte| *byte == b'\n').count();
    // What it has to say of itself grows by some digits.
    text.reserve(100);
    text.clear();
    let counted = allocation_counter::measure(|| metrics.render_into(&mut text, Format::Text));
    assert_eq!(counted.count_total, 0, "{counted:?}");
    assert_eq!(text.split(|byte| *byte == b'\n').count(), lines);
}
