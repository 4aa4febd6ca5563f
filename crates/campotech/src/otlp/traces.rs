//! The pipeline from tracing's spans to the collector.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use campotech_metrics::Metrics;
use opentelemetry::KeyValue;
use opentelemetry::trace::TracerProvider;
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{BatchConfigBuilder, BatchSpanProcessor, SdkTracerProvider};
use tokio::time::{Instant, timeout_at};
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::{Layer, Registry};

use super::TraceSettings;
use super::client::BlockingClient;
use super::export::ScrubbingExporter;
use super::ids::{RequestIds, RequestSampler};
use super::queue::{CountedQueue, Counts, WAITING};
use crate::error::PlatformError;
use crate::platform::Service;

/// For one batch, its repetitions included.
const EXPORT: Duration = Duration::from_secs(5);
/// How long a span waits for others.
const DELAY: Duration = Duration::from_secs(1);
const BATCH: usize = 512;

/// What sends spans, where a collector is configured.
#[derive(Debug)]
pub(crate) struct Traces(Option<Running>);

#[derive(Debug)]
struct Running {
    provider: SdkTracerProvider,
    counts: Arc<Counts>,
}

impl Traces {
    pub(crate) fn start(settings: &TraceSettings, service: Service) -> Result<Self, PlatformError> {
        let Some(endpoint) = &settings.endpoint else { return Ok(Self(None)) };
        let text = |value: &http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
        let headers = settings.headers.iter().map(|(name, value)| (name.to_string(), text(value)));
        let counts = Arc::new(Counts::default());
        let inner = SpanExporter::builder()
            .with_http()
            .with_http_client(BlockingClient::new(EXPORT, Arc::clone(&counts)))
            .with_endpoint(endpoint)
            .with_protocol(Protocol::HttpBinary)
            .with_timeout(EXPORT)
            .with_headers(headers.collect())
            .build()
            .map_err(PlatformError::build("OTEL_EXPORTER_OTLP_ENDPOINT"))?;
        let batch = BatchConfigBuilder::default()
            .with_max_queue_size(WAITING)
            .with_max_export_batch_size(BATCH)
            .with_scheduled_delay(DELAY)
            .build();
        let exporter = ScrubbingExporter { inner, counts: Arc::clone(&counts), away: AtomicBool::new(false) };
        let inner = BatchSpanProcessor::builder(exporter).with_batch_config(batch).build();
        let provider = SdkTracerProvider::builder()
            .with_span_processor(CountedQueue { inner, counts: Arc::clone(&counts) })
            .with_id_generator(RequestIds::default())
            .with_sampler(RequestSampler(settings.sampling()))
            .with_resource(resource(settings, service))
            .build();
        Ok(Self(Some(Running { provider, counts })))
    }

    /// Makes spans of tracing's spans of INFO and above. Log lines stay in the log.
    pub(crate) fn layer(&self) -> Option<Box<dyn Layer<Registry> + Send + Sync>> {
        self.0.as_ref().map(|running| {
            tracing_opentelemetry::layer()
                .with_tracer(running.provider.tracer("campotech"))
                .with_location(false)
                .with_threads(false)
                .with_tracked_inactivity(false)
                .with_filter(
                    filter_fn(|metadata| metadata.is_span() && *metadata.level() <= LevelFilter::INFO)
                        .with_max_level_hint(LevelFilter::INFO),
                )
                .boxed()
        })
    }

    pub(crate) fn publish(&self, metrics: &Metrics) -> Result<(), PlatformError> {
        let Some(running) = &self.0 else { return Ok(()) };
        let (sent, dropped) = (Arc::clone(&running.counts), Arc::clone(&running.counts));
        let help = "Spans that the collector has taken";
        metrics
            .counter_fn("otlp_spans_sent_total", help, &[], move || sent.sent())
            .map_err(PlatformError::build("metrics"))?;
        let help = "Spans that were dropped because the collector was away, slow or refused them, alone or with their batch";
        metrics
            .counter_fn("otlp_spans_dropped_total", help, &[], move || dropped.dropped())
            .map_err(PlatformError::build("metrics"))
    }

    /// Sends what waits, until `deadline` at most.
    pub(crate) async fn finish(self, deadline: Instant) {
        let Some(Running { provider, counts }) = self.0 else { return };
        let left = deadline.saturating_duration_since(Instant::now());
        let ended = tokio::task::spawn_blocking(move || provider.shutdown_with_timeout(left).is_ok());
        if !matches!(timeout_at(deadline, ended).await, Ok(Ok(true))) {
            tracing::warn!(spans = counts.waiting(), "spans were left behind");
        }
    }
}

fn resource(settings: &TraceSettings, service: Service) -> Resource {
    let name = settings.service_name.clone().unwrap_or_else(|| service.name.to_owned());
    Resource::builder_empty()
        .with_service_name(name)
        .with_attribute(KeyValue::new("service.version", service.version))
        .build()
}
