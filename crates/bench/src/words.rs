//! What a request is counted in, without the request: one recorded request beside what it is made of, and beside prometheus-client.

use std::hint::black_box;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use campotech_metrics::{Metrics, RequestRecorder};
use http::{Method, StatusCode};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;

use crate::Subject;

/// Labels as users write them.
#[derive(Debug, Clone, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Labels {
    method: &'static str,
    path: &'static str,
    status: u16,
}

#[derive(Debug, Clone, Hash, PartialEq, Eq, EncodeLabelSet)]
struct RouteLabels {
    method: &'static str,
    path: &'static str,
}

#[derive(Debug, Default)]
#[repr(align(128))]
struct Line(AtomicU64);

fn recorder(path: &str) -> RequestRecorder {
    let metrics = Metrics::builder("bench", "1").build().expect("metrics");
    metrics.recorder(&Method::GET, path)
}

fn record(recorder: RequestRecorder, requests: u64) {
    for request in 0..requests {
        let took = Duration::from_micros(black_box(request & 1_023));
        recorder.record(black_box(StatusCode::OK), took, black_box(24));
    }
}

/// One thread records one request after the other.
pub fn ours() -> Subject {
    let recorder = recorder("/api/jobs/{id}");
    Box::new(move |requests| record(recorder, requests))
}

/// Six relaxed additions to words in lines of their own.
pub fn six_additions() -> Subject {
    let lines: [Line; 6] = Default::default();
    Box::new(move |requests| {
        for request in 0..requests {
            for line in &lines {
                line.0.fetch_add(black_box(request), Ordering::Relaxed);
            }
        }
    })
}

/// prometheus-client, with a family for each metric and the labels looked up at each request.
pub fn families() -> Subject {
    let requests_total = Family::<Labels, Counter>::default();
    let bounds = [0.01, 0.05, 0.1, 0.5, 1.0, 2.0, 5.0];
    let duration = Family::<RouteLabels, Histogram, _>::new_with_constructor(move || Histogram::new(bounds));
    let in_flight = Gauge::<i64>::default();
    Box::new(move |requests| {
        let (method, path) = ("GET", "/api/jobs/{id}");
        for request in 0..requests {
            in_flight.inc();
            let seconds = Duration::from_micros(black_box(request & 1_023)).as_secs_f64();
            duration.get_or_create(&RouteLabels { method, path }).observe(seconds);
            requests_total.get_or_create(&Labels { method, path, status: black_box(200) }).inc();
            in_flight.dec();
        }
    })
}

/// Two threads record requests of these routes, one each.
fn two_threads(recorders: [RequestRecorder; 2]) -> Subject {
    Box::new(move |requests| {
        thread::scope(|scope| {
            for recorder in recorders {
                scope.spawn(move || record(recorder, requests));
            }
        });
    })
}

/// Two threads record requests of one route.
pub fn two_on_one() -> Subject {
    two_threads([recorder("/api/jobs/{id}"); 2])
}

/// Two threads record requests of a route each, of metrics of their own.
pub fn two_on_two() -> Subject {
    two_threads([recorder("/api/jobs"), recorder("/api/customers")])
}
