//! What a span says, where it stands, and who decides whether it is sent.

use std::time::Duration;

use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;
use serde_json::Value;

use crate::collector::{Collector, Mood, hex, texts};
use crate::support::{Ask, Server, text_message};

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const PARENT: &str = "00f067aa0ba902b7";
/// The one proxy that is trusted.
const PROXY: u8 = 9;

async fn server(dir: &tempfile::TempDir, collector: &Collector, more: &[(&str, &str)]) -> Server {
    let url = collector.url();
    let mut variables = vec![
        ("OTEL_EXPORTER_OTLP_ENDPOINT", url.as_str()),
        ("CAMPOTECH_TRUSTED_PROXIES", "127.0.0.9"),
        ("CAMPOTECH_LOG", "info"),
        ("CAMPOTECH_LOG_FORMAT", "json"),
        ("CAMPOTECH_DRAIN_DELAY", "100ms"),
    ];
    variables.extend_from_slice(more);
    Server::start_logged(dir.path(), &variables).ready().await
}

fn traced<'a>(from: u8, path: &'a str, flags: &str) -> Ask<'a> {
    Ask::new("GET", path).from(from).header("traceparent", &format!("00-{TRACE}-{PARENT}-{flags}"))
}

/// Ends the server, so that every span there is has left, or never will.
async fn end(mut server: Server) {
    server.terminate();
    assert!(server.ended_within(Duration::from_secs(30)).await.unwrap().success());
}

fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

#[tokio::test]
async fn a_requests_span_says_what_its_log_line_says_and_stands_below_the_trusted_caller() {
    let (dir, collector) = (tempfile::tempdir().unwrap(), Collector::start(Mood::Fine).await);
    let server = server(&dir, &collector, &[("OTEL_SERVICE_NAME", "field service")]).await;
    let path = "/api/v1/jobs/0190-hunter2?token=hunter2";
    let ask = traced(PROXY, path, "01").header("x-request-id", "edge-1").header("user-agent", "hunter2");
    assert_eq!(server.ask(ask).await.status, 401);
    let span = collector.received.span(|span| span.name == "GET /api/v1/jobs/{id}").await;
    assert_eq!((hex(&span.trace_id).as_str(), hex(&span.parent_span_id).as_str()), (TRACE, PARENT));
    assert_eq!(span.kind, i32::from(SpanKind::Server));
    let expected = [
        ("http.request.method", "GET"),
        ("http.response.status_code", "401"),
        ("http.route", "/api/v1/jobs/{id}"),
        ("network.protocol.version", "1.1"),
        ("request_id", "edge-1"),
        ("url.scheme", "http"),
    ];
    assert_eq!(texts(&span.attributes), pairs(&expected));
    assert!(span.end_time_unix_nano >= span.start_time_unix_nano);
    assert!(span.events.is_empty() && span.links.is_empty() && span.status.is_none_or(|s| s.code == 0));
    let line = server.log().all().into_iter().find(|line| line.contains("edge-1")).unwrap();
    let line: Value = serde_json::from_str(&line).unwrap();
    assert_eq!(
        (line["trace_id"].as_str().unwrap(), line["span_id"].as_str().unwrap()),
        (TRACE, &*hex(&span.span_id))
    );
    let resource = collector.received.requests()[0].resource_spans[0].resource.clone().unwrap();
    let version = campotech_server::version::VERSION;
    assert_eq!(
        texts(&resource.attributes),
        pairs(&[("service.name", "field service"), ("service.version", version)])
    );
    end(server).await;
    assert!(!format!("{:?}", collector.received.requests()).contains("hunter2"));
    let names: Vec<_> = collector.received.spans().into_iter().map(|span| span.name).collect();
    assert!(!names.iter().any(|name| name.contains("ready")), "probes are not traced: {names:?}");
}

#[tokio::test]
async fn nobody_but_a_trusted_peer_decides_whether_a_request_is_recorded() {
    for (share, from, flags, recorded) in [
        ("0", 1, "01", false),
        ("0", PROXY, "01", true),
        ("1", 1, "00", true),
        ("1", PROXY, "00", false),
        ("1", 1, "01", true),
    ] {
        let (dir, collector) = (tempfile::tempdir().unwrap(), Collector::start(Mood::Fine).await);
        let server = server(&dir, &collector, &[("OTEL_TRACES_SAMPLER_ARG", share)]).await;
        for _ in 0..20 {
            assert_eq!(server.ask(traced(from, "/api/v1/jobs", flags)).await.status, 401);
        }
        end(server).await;
        let spans = collector.received.spans();
        let requests: Vec<_> = spans.iter().filter(|span| span.kind == i32::from(SpanKind::Server)).collect();
        assert_eq!(requests.len(), if recorded { 20 } else { 0 }, "{share} {from} {flags}");
        for span in requests {
            let below = (hex(&span.trace_id) == TRACE, hex(&span.parent_span_id) == PARENT);
            assert_eq!(below, (from == PROXY, from == PROXY), "{share} {from} {flags}");
        }
    }
}

#[tokio::test]
async fn work_that_a_callback_left_is_a_span_below_it() {
    let (dir, collector) = (tempfile::tempdir().unwrap(), Collector::start(Mood::Fine).await);
    let server = server(&dir, &collector, &[]).await;
    let callback = server.callback(&text_message("wamid.1", "5491123456789", "Se cortó la luz"));
    assert_eq!(server.ask(callback).await.status, 200);
    let work = collector.received.span(|span| span.name == "work").await;
    let callback = collector.received.span(|span| span.name == "POST /webhooks/whatsapp").await;
    assert_eq!(work.kind, i32::from(SpanKind::Consumer));
    assert_eq!((&work.trace_id, &work.parent_span_id), (&callback.trace_id, &callback.span_id));
    let keys: Vec<_> = texts(&work.attributes).into_iter().map(|(key, _)| key).collect();
    assert_eq!(keys, ["request_id"]);
}

#[tokio::test]
async fn a_server_error_is_an_error_and_a_method_that_nobody_knows_is_not_repeated() {
    let (dir, collector) = (tempfile::tempdir().unwrap(), Collector::start(Mood::Fine).await);
    let url = collector.url();
    // Nobody listens there, so the store is away.
    let variables = [
        ("DATABASE_URL", "postgres://u:hunter2@127.0.0.1:1/none?sslmode=disable"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", &url),
        ("CAMPOTECH_DRAIN_DELAY", "100ms"),
    ];
    let server = Server::start(dir.path(), &variables);
    let answer = server.ask(Ask::new("GET", "/api/v1/jobs").bearer(&"x".repeat(43))).await;
    assert_eq!(answer.status, 503, "{}", answer.text());
    assert_eq!(server.ask(Ask::new("HUNTER2", "/hunter2/none")).await.status, 404);
    let failed = collector.received.span(|span| span.name == "GET /api/v1/jobs").await;
    assert_eq!(failed.status.unwrap().code, i32::from(StatusCode::Error));
    assert!(texts(&failed.attributes).contains(&("error.type".to_owned(), "503".to_owned())));
    let unknown = collector.received.span(|span| span.name == "_OTHER").await;
    assert!(!texts(&unknown.attributes).iter().any(|(key, _)| key == "http.route"));
    end(server).await;
    assert!(!format!("{:?}", collector.received.requests()).to_lowercase().contains("hunter2"));
}
