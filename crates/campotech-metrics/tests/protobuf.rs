//! Protocol buffers, read by prost as the messages that Prometheus' client model has.
#![allow(clippy::unwrap_used, reason = "what goes wrong in a helper of a test fails the test")]

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use campotech_core::Route;
use campotech_metrics::prometheus_client::metrics::counter::Counter;
use campotech_metrics::prometheus_client::metrics::exemplar::{CounterWithExemplar, HistogramWithExemplars};
use campotech_metrics::prometheus_client::metrics::family::Family;
use campotech_metrics::{Format, Metrics, MetricsBuilder};
use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use prost::Message;
use tower::{Layer, ServiceExt, service_fn};

#[derive(Clone, PartialEq, Message)]
struct MetricFamily {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(string, tag = "2")]
    help: String,
    #[prost(int32, tag = "3")]
    kind: i32,
    #[prost(message, repeated, tag = "4")]
    metric: Vec<Metric>,
}

#[derive(Clone, PartialEq, Message)]
struct Metric {
    #[prost(message, repeated, tag = "1")]
    label: Vec<Label>,
    #[prost(message, optional, tag = "2")]
    gauge: Option<Value>,
    #[prost(message, optional, tag = "3")]
    counter: Option<Value>,
    #[prost(message, optional, tag = "7")]
    histogram: Option<Histogram>,
}

#[derive(Clone, PartialEq, Message)]
struct Label {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(string, tag = "2")]
    value: String,
}

#[derive(Clone, PartialEq, Message)]
struct Value {
    #[prost(double, tag = "1")]
    value: f64,
    #[prost(message, optional, tag = "2")]
    exemplar: Option<Exemplar>,
}

#[derive(Clone, PartialEq, Message)]
struct Histogram {
    #[prost(uint64, tag = "1")]
    count: u64,
    #[prost(double, tag = "2")]
    sum: f64,
    #[prost(message, repeated, tag = "3")]
    bucket: Vec<Bucket>,
    #[prost(sint32, optional, tag = "5")]
    schema: Option<i32>,
    #[prost(double, tag = "6")]
    zero_threshold: f64,
    #[prost(uint64, tag = "7")]
    zero_count: u64,
    #[prost(message, repeated, tag = "12")]
    span: Vec<Span>,
    #[prost(sint64, repeated, packed = "false", tag = "13")]
    delta: Vec<i64>,
}

#[derive(Clone, PartialEq, Message)]
struct Bucket {
    #[prost(uint64, tag = "1")]
    up_to: u64,
    #[prost(double, tag = "2")]
    bound: f64,
    #[prost(message, optional, tag = "3")]
    exemplar: Option<Exemplar>,
}

#[derive(Clone, PartialEq, Message)]
struct Exemplar {
    #[prost(message, repeated, tag = "1")]
    label: Vec<Label>,
    #[prost(double, tag = "2")]
    value: f64,
    #[prost(message, optional, tag = "3")]
    at: Option<Timestamp>,
}

#[derive(Clone, PartialEq, Message)]
struct Timestamp {
    #[prost(int64, tag = "1")]
    seconds: i64,
    #[prost(int32, tag = "2")]
    nanos: i32,
}

#[derive(Clone, PartialEq, Message)]
struct Span {
    #[prost(sint32, tag = "1")]
    offset: i32,
    #[prost(uint32, tag = "2")]
    length: u32,
}

fn builder() -> MetricsBuilder {
    Metrics::builder("test", "1").without_process().with_traceparent()
}

fn families(metrics: &Metrics) -> Vec<MetricFamily> {
    let mut answer = Vec::new();
    metrics.render_into(&mut answer, Format::Protobuf);
    let (mut rest, mut families) = (&answer[..], Vec::new());
    while !rest.is_empty() {
        families.push(MetricFamily::decode_length_delimited(&mut rest).unwrap());
    }
    families
}

fn family(metrics: &Metrics, name: &str) -> MetricFamily {
    families(metrics).into_iter().find(|family| family.name == name).unwrap()
}

fn labels(labels: &[Label]) -> Vec<(&str, &str)> {
    labels.iter().map(|label| (&*label.name, &*label.value)).collect()
}

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

/// A request in a trace that is recorded, or isn't.
async fn requested(metrics: &Metrics, flags: &str) {
    let service = metrics.layer().layer(service_fn(|_: Request<Full<Bytes>>| async {
        Ok::<_, std::convert::Infallible>(Response::new(Full::new(Bytes::from_static(b"hola"))))
    }));
    let mut request = Request::new(Full::new(Bytes::new()));
    let parent = format!("00-{TRACE}-00f067aa0ba902b7-{flags}");
    request.headers_mut().insert("traceparent", parent.parse().unwrap());
    request.extensions_mut().insert(Route(Arc::from("/jobs/{id}")));
    service.oneshot(request).await.unwrap().into_body().collect().await.unwrap();
}

#[tokio::test]
async fn it_says_what_the_text_says() {
    let metrics = builder().build().unwrap();
    let odd = "a \"b\"\\c\nd,e=\"f\"} é";
    metrics.gauge_fn_with("odd", odd, &[("x", odd), ("y", "")], || -1.5).unwrap();
    let recorder = metrics.recorder(&Method::GET, "/jobs/{id}");
    recorder.record(StatusCode::OK, Duration::from_millis(60), 300);
    let families = families(&metrics);
    let names: Vec<_> = families.iter().map(|family| &*family.name).collect();
    let text = metrics.render_text();
    let said: Vec<_> =
        text.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next()).collect();
    assert_eq!(names, said);
    let family = |name: &str| families.iter().find(|family| family.name == name).unwrap();
    let gauge = family("odd");
    assert_eq!((&*gauge.help, gauge.kind), (odd, 1));
    assert_eq!(labels(&gauge.metric[0].label), [("x", odd), ("y", "")]);
    assert_eq!(gauge.metric[0].gauge.as_ref().unwrap().value, -1.5);
    let counter = family("http_requests_total");
    assert_eq!(counter.kind, 0);
    let route = [("method", "GET"), ("path", "/jobs/{id}"), ("status", "200")];
    assert_eq!(labels(&counter.metric[0].label), route);
    assert_eq!(counter.metric[0].counter.as_ref().unwrap().value, 1.0);
    let duration = family("http_request_duration_seconds");
    assert_eq!(duration.kind, 4);
    let histogram = duration.metric[0].histogram.as_ref().unwrap();
    assert_eq!((histogram.count, histogram.sum, histogram.schema), (1, 0.06, None));
    let buckets: Vec<_> = histogram.bucket.iter().map(|bucket| (bucket.bound, bucket.up_to)).collect();
    assert_eq!(buckets[..3], [(0.01, 0), (0.05, 0), (0.1, 1)]);
    assert_eq!(buckets[7], (f64::INFINITY, 1));
}

#[tokio::test]
async fn a_native_histogram_has_every_observation_in_a_bucket() {
    let metrics = builder().with_native_histograms().build().unwrap();
    let recorder = metrics.recorder(&Method::GET, "/jobs/{id}");
    for millis in [0, 60, 60, 61, 65, 1_000, 4_000] {
        recorder.record(StatusCode::OK, Duration::from_millis(millis), 300);
    }
    let duration = family(&metrics, "http_request_duration_seconds");
    let histogram = duration.metric[0].histogram.as_ref().unwrap();
    assert_eq!((histogram.count, histogram.schema, histogram.zero_count), (7, Some(3), 1));
    assert_eq!(histogram.zero_threshold, (-20_f64).exp2());
    // 0.0595 < 0.06, 0.061, 0.065 <= 0.0625 or 0.0682; 1 is a bound, 4, too.
    let spans: Vec<_> = histogram.span.iter().map(|span| (span.offset, span.length)).collect();
    assert_eq!(spans, [(-32, 2), (30, 1), (15, 1)]);
    let counts: Vec<_> = histogram
        .delta
        .iter()
        .scan(0, |sum, delta| {
            *sum += delta;
            Some(*sum)
        })
        .collect();
    assert_eq!(counts, [3, 1, 1, 1]);
    // One that has not been observed is one, too.
    metrics.declare_route(&Method::PUT, "/jobs/{id}");
    let duration = family(&metrics, "http_request_duration_seconds");
    let empty = duration.metric[1].histogram.as_ref().unwrap();
    assert_eq!((empty.count, empty.schema, empty.span.len()), (0, Some(3), 0));
}

#[tokio::test]
async fn requests_of_recorded_traces_are_exemplars() {
    let metrics = builder().build().unwrap();
    requested(&metrics, "00").await;
    let exemplar = |metrics: &Metrics| {
        let duration = family(metrics, "http_request_duration_seconds");
        duration.metric[0].histogram.as_ref().unwrap().bucket[0].exemplar.clone()
    };
    assert_eq!(exemplar(&metrics), None);
    requested(&metrics, "01").await;
    let kept = exemplar(&metrics).unwrap();
    assert_eq!(labels(&kept.label), [("trace_id", TRACE)]);
    assert!(kept.value > 0.0 && kept.value < 0.01);
    assert!(kept.at.unwrap().seconds > 1_700_000_000);
    let mut answer = Vec::new();
    metrics.render_into(&mut answer, Format::OpenMetrics);
    let answer = String::from_utf8(answer).unwrap();
    let line = answer.lines().find(|line| line.contains("le=\"0.01\"")).unwrap();
    assert!(line.contains(&format!("\"}} 2 # {{trace_id=\"{TRACE}\"}} 0.00")), "{line}");
    assert!(!metrics.render_text().contains("trace_id"));
}

#[tokio::test]
async fn registered_metrics_come_with_their_exemplars() {
    let traced = CounterWithExemplar::<Vec<(String, String)>>::default();
    let waits = HistogramWithExemplars::<Vec<(String, String)>>::new([0.5, 2.0].into_iter());
    let who = Family::<Vec<(String, String)>, Counter>::default();
    let metrics = builder().register(|registry| {
        registry.register("traced", "Traced", traced.clone());
        registry.register("waits", "Waits", waits.clone());
        registry.register("who", "Who", who.clone());
    });
    let metrics = metrics.build().unwrap();
    let label = || Some(vec![("trace_id".to_owned(), TRACE.to_owned())]);
    traced.inc_by(3, label(), None);
    waits.observe(1.5, label(), None);
    who.get_or_create(&vec![("name".into(), "b \"x\" } # {\\".into())]).inc_by(7);
    let counter = family(&metrics, "traced_total").metric[0].counter.clone().unwrap();
    assert_eq!(counter.value, 3.0);
    assert_eq!(labels(&counter.exemplar.unwrap().label), [("trace_id", TRACE)]);
    let histogram = family(&metrics, "waits").metric[0].histogram.clone().unwrap();
    assert_eq!((histogram.count, histogram.sum), (1, 1.5));
    let buckets: Vec<_> = histogram.bucket.iter().map(|bucket| (bucket.bound, bucket.up_to)).collect();
    assert_eq!(buckets, [(0.5, 0), (2.0, 1), (f64::INFINITY, 1)]);
    assert_eq!(histogram.bucket[1].exemplar.as_ref().unwrap().value, 1.5);
    let who = family(&metrics, "who_total");
    assert_eq!(labels(&who.metric[0].label), [("name", "b \"x\" } # {\\")]);
}
