//! What is sent through each layer, and where it shows what became of it.

use axum::body::Body;
use axum_prometheus::PrometheusMetricLayer;
use campotech_metrics::Metrics;
use http::{Request, Response};
use opentelemetry_instrumentation_tower::http::server;
use opentelemetry_sdk::metrics::data::{AggregatedMetrics, MetricData, ResourceMetrics};
use opentelemetry_sdk::metrics::{InMemoryMetricExporter, PeriodicReader, SdkMeterProvider};
use tower::{Layer, Service};

use super::plan::{Plan, planned, run};
use crate::apart::{counted, told};
use crate::service::runtime;

pub const OURS: &str = "ours";
pub const AXUM_PROMETHEUS: &str = "axum_prometheus";
pub const OPENTELEMETRY: &str = "opentelemetry";

/// Requests that are sent.
const SENT: u64 = 10_000;

/// What is wrong once every request is over.
#[derive(Debug, Clone, Copy)]
pub struct Left {
    /// Requests that no counter has, or that more than one has.
    pub lost: f64,
    /// Requests that a gauge has in flight.
    pub leaked: f64,
}

/// What is left with a side, in a process of its own.
///
/// # Errors
/// It fails, or says something else.
pub fn left(who: &str) -> Result<Left, String> {
    told(["conserve", who]).map(|[lost, leaked]| Left { lost, leaked })
}

/// Sends the requests through a side's layer, and prints what is left.
///
/// # Errors
/// There is no such side.
pub fn conserve(who: &str) -> Result<(), String> {
    let (ended, leaked) = match who {
        OURS => ours(),
        AXUM_PROMETHEUS => axum_prometheus(),
        OPENTELEMETRY => opentelemetry(),
        other => return Err(format!("{other}: nobody that requests are sent through")),
    };
    println!("{} {leaked}", (SENT as f64 - ended).abs());
    Ok(())
}

fn sent<S, B>(service: S)
where
    S: Service<Request<Body>, Response = Response<B>> + Clone,
    B: http_body::Body,
{
    for n in 0..SENT {
        run(&service, Plan::of(n));
    }
}

fn ours() -> (f64, f64) {
    let metrics = Metrics::builder("bench", "1").build().expect("metrics");
    sent(metrics.layer().layer(planned()));
    let text = metrics.render_text();
    let ends = ["http_requests_total{", "http_requests_cancelled_total{", "http_requests_failed_total{"];
    let ended = ends.iter().map(|family| counted(&text, family).1).sum();
    (ended, counted(&text, "http_requests_in_flight ").1)
}

fn axum_prometheus() -> (f64, f64) {
    let runtime = runtime();
    let _entered = runtime.enter();
    let (layer, handle) = PrometheusMetricLayer::pair();
    sent(layer.layer(planned()));
    let text = handle.render();
    (counted(&text, "axum_http_requests_total{").1, counted(&text, "axum_http_requests_pending{").1)
}

fn opentelemetry() -> (f64, f64) {
    let exporter = InMemoryMetricExporter::default();
    let reader = PeriodicReader::builder(exporter.clone()).build();
    let provider = SdkMeterProvider::builder().with_reader(reader).build();
    opentelemetry::global::set_meter_provider(provider.clone());
    sent(server::Layer::new().layer(planned()));
    provider.force_flush().expect("a reader");
    let metrics = exporter.get_finished_metrics().expect("metrics");
    let last = metrics.last().expect("an export");
    (summed(last, "http.server.request.duration"), summed(last, "http.server.active_requests"))
}

/// The sum of a metric over its labels; of a histogram, how many values it has.
fn summed(metrics: &ResourceMetrics, name: &str) -> f64 {
    let all = metrics.scope_metrics().flat_map(|scope| scope.metrics());
    let of = |data: &AggregatedMetrics| match data {
        AggregatedMetrics::F64(MetricData::Histogram(times)) => {
            times.data_points().map(|point| point.count() as f64).sum()
        }
        AggregatedMetrics::I64(MetricData::Sum(sum)) => {
            sum.data_points().map(|point| point.value() as f64).sum()
        }
        _ => f64::NAN,
    };
    all.filter(|metric| metric.name() == name).map(|metric| of(metric.data())).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_end_in_every_way() {
        let metrics = Metrics::builder("bench", "1").build().expect("metrics");
        sent(metrics.layer().layer(planned()));
        let text = metrics.render_text();
        let ways =
            ["requests_total", "phase=\"headers\"", "phase=\"body\"", "cause=\"error\"", "cause=\"panic\""];
        for way in ways {
            let samples =
                text.lines().filter(|line| line.starts_with("http_requests_") && line.contains(way));
            let most =
                samples.filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok()).fold(0.0, f64::max);
            assert!(most > 100.0, "{way}: {most}");
        }
    }
}
