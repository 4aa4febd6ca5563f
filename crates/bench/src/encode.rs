//! An answer of 10,000 series: request families of as many routes as that takes, here and in prometheus-client.

use std::hint::black_box;
use std::time::Duration;

use campotech_metrics::{Format, Metrics};
use http::{Method, StatusCode};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

use crate::Subject;

/// Eleven series each: four statuses, three histograms, two phases, two causes.
const ROUTES: usize = 910;

/// Statuses of every route.
const STATUSES: [u16; 4] = [200, 201, 404, 500];

fn paths() -> impl Iterator<Item = String> {
    (0..ROUTES).map(|n| format!("/api/v1/resource{n}/items/{{id}}"))
}

/// Into a text that is large enough.
pub fn ours() -> Subject {
    let builder = Metrics::builder("bench", "1").without_process().with_series_budget(20_000);
    let metrics = builder.build().expect("metrics");
    for path in paths() {
        let recorder = metrics.recorder(&Method::GET, &path);
        for status in STATUSES {
            let status = StatusCode::from_u16(status).expect("a status");
            for millis in 0..20 {
                recorder.record(status, Duration::from_millis(millis * millis * 7), millis * 1_500);
            }
        }
    }
    let mut text = metrics.render_text().into_bytes();
    Box::new(move |answers| {
        for _ in 0..answers {
            text.clear();
            metrics.render_into(&mut text, Format::Text);
            black_box(&text);
        }
    })
}

#[derive(Debug, Clone, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Route {
    method: &'static str,
    path: String,
}

#[derive(Debug, Clone, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Answered {
    method: &'static str,
    path: String,
    status: u16,
}

#[derive(Debug, Clone, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Ended {
    method: &'static str,
    path: String,
    how: &'static str,
}

type Histograms = Family<Route, Histogram, fn() -> Histogram>;

fn seconds() -> Histogram {
    Histogram::new([0.01, 0.05, 0.1, 0.5, 1.0, 2.0, 5.0])
}

fn bytes() -> Histogram {
    Histogram::new([256.0, 1_024.0, 4_096.0, 16_384.0, 65_536.0, 262_144.0, 1_048_576.0, 16_777_216.0])
}

/// The same of prometheus-client.
pub fn prometheus_client() -> Subject {
    let mut registry = Registry::default();
    let requests = Family::<Answered, Counter>::default();
    registry.register("http_requests", "Requests", requests.clone());
    let histograms = [
        ("http_request_duration_seconds", seconds as fn() -> Histogram),
        ("http_request_size_bytes", bytes),
        ("http_response_size_bytes", bytes),
    ];
    let histograms = histograms.map(|(name, make)| {
        let family = Histograms::new_with_constructor(make);
        registry.register(name, "Of requests", family.clone());
        family
    });
    let ended = ["http_requests_cancelled", "http_requests_failed"].map(|name| {
        let family = Family::<Ended, Counter>::default();
        registry.register(name, "Requests", family.clone());
        family
    });
    for path in paths() {
        let method = "GET";
        for status in STATUSES {
            requests.get_or_create(&Answered { method, path: path.clone(), status }).inc_by(20);
        }
        for family in &histograms {
            for value in 0..80 {
                let route = Route { method, path: path.clone() };
                family.get_or_create(&route).observe(f64::from(value) * 0.07);
            }
        }
        for family in &ended {
            for how in ["one", "other"] {
                family.get_or_create(&Ended { method, path: path.clone(), how }).inc_by(0);
            }
        }
    }
    let mut text = String::new();
    Box::new(move |answers| {
        for _ in 0..answers {
            text.clear();
            encode(&mut text, &registry).expect("a text");
            black_box(&text);
        }
    })
}
