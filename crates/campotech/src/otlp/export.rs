//! The last step before spans leave: what must not leave is taken out, on the exporter's thread.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use campotech_sentry::{scrub_field, scrub_text};
use opentelemetry::trace::{SpanKind, Status};
use opentelemetry::{KeyValue, StringValue, Value};
use opentelemetry_otlp::SpanExporter as OtlpExporter;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{SpanData, SpanExporter};

use super::queue::Counts;

/// Scrubs, sends, counts.
#[derive(Debug)]
pub(super) struct ScrubbingExporter {
    pub(super) inner: OtlpExporter,
    pub(super) counts: Arc<Counts>,
    /// Said once, and again when it goes better.
    pub(super) away: AtomicBool,
}

/// Values of a request's span that are ours by construction: closed sets, route templates, ids.
const OURS: [&str; 7] = [
    "http.request.method",
    "http.route",
    "http.response.status_code",
    "url.scheme",
    "network.protocol.version",
    "error.type",
    "request_id",
];

impl SpanExporter for ScrubbingExporter {
    async fn export(&self, mut batch: Vec<SpanData>) -> OTelSdkResult {
        batch.iter_mut().for_each(scrub);
        let spans = batch.len();
        let result = self.inner.export(batch).await;
        self.counts.left(spans, result.is_ok());
        match (&result, self.away.swap(result.is_err(), Ordering::Relaxed)) {
            (Err(error), false) => {
                let error = error.to_string();
                tracing::warn!(error = %scrub_text(&error), "spans don't reach the collector");
            }
            (Ok(()), true) => tracing::info!("spans reach the collector again"),
            _ => {}
        }
        result
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.inner.shutdown_with_timeout(timeout)
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.inner.force_flush()
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.inner.set_resource(resource);
    }
}

fn scrub(span: &mut SpanData) {
    let of_request = matches!(span.span_kind, SpanKind::Server | SpanKind::Consumer);
    let ours = |attribute: &KeyValue| OURS.contains(&attribute.key.as_str());
    if of_request {
        // Its fields for the log say the ids again, and who asked.
        span.attributes.retain(ours);
    }
    let attributes = span.attributes.iter_mut().filter(|attribute| !of_request || !ours(attribute));
    let events = span.events.events.iter_mut().flat_map(|event| event.attributes.iter_mut());
    for attribute in attributes.chain(events) {
        clean(attribute.key.as_str(), &mut attribute.value);
    }
    if let Status::Error { description } = &mut span.status
        && !description.is_empty()
    {
        *description = scrub_text(description).into_owned().into();
    }
}

fn clean(name: &str, value: &mut Value) {
    match value {
        Value::String(text) => *text = StringValue::from(scrub_field(name, text.as_str()).into_owned()),
        // A card, a phone or a CUIT may come as a number.
        Value::I64(number) => {
            let text = number.to_string();
            if scrub_field(name, &text) != text {
                *value = Value::String("[Filtered]".into());
            }
        }
        Value::Bool(_) | Value::F64(_) => {}
        // Lists come from nobody here; one that did would not be looked through.
        _ => *value = Value::String("[Filtered]".into()),
    }
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use opentelemetry::InstrumentationScope;
    use opentelemetry::trace::{SpanContext, SpanId};
    use opentelemetry_sdk::trace::{SpanEvents, SpanLinks};

    use super::*;

    fn scrubbed(kind: SpanKind, attributes: &[(&'static str, &'static str)]) -> SpanData {
        let mut span = SpanData {
            span_context: SpanContext::NONE,
            parent_span_id: SpanId::INVALID,
            parent_span_is_remote: false,
            span_kind: kind,
            name: "step".into(),
            start_time: SystemTime::UNIX_EPOCH,
            end_time: SystemTime::UNIX_EPOCH,
            attributes: attributes.iter().map(|(key, value)| KeyValue::new(*key, *value)).collect(),
            dropped_attributes_count: 0,
            events: SpanEvents::default(),
            links: SpanLinks::default(),
            status: Status::error("ana@example.com is gone"),
            instrumentation_scope: InstrumentationScope::default(),
        };
        scrub(&mut span);
        span
    }

    #[test]
    fn what_a_handler_put_on_a_span_is_scrubbed_and_what_is_harmless_stays() {
        let fields =
            [("customer", "ana@example.com"), ("table", "jobs"), ("url", "postgres://u:hunter2@db/x")];
        let span = scrubbed(SpanKind::Client, &fields);
        let text = format!("{span:?}");
        assert!(!text.contains("ana@") && !text.contains("hunter2"), "{text}");
        assert_eq!(span.attributes[1], KeyValue::new("table", "jobs"));
    }

    #[test]
    fn a_requests_span_keeps_nothing_but_what_is_ours() {
        let route = ("http.route", "/api/v1/jobs/{id}");
        let span = scrubbed(SpanKind::Server, &[route, ("client", "203.0.113.7/32"), ("anything", "else")]);
        assert_eq!(span.attributes, [KeyValue::new(route.0, route.1)]);
    }
}
