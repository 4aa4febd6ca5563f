//! A real Prometheus scrapes the answer, in the format that it prefers and in those that it is left with.
#![allow(clippy::unwrap_used, reason = "what goes wrong in a helper of a test fails the test")]

use std::convert::Infallible;
use std::fmt::Write;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use campotech_core::Route;
use campotech_metrics::prometheus_client::metrics::exemplar::CounterWithExemplar;
use campotech_metrics::prometheus_client::metrics::gauge::Gauge;
use campotech_metrics::prometheus_client::metrics::info::Info;
use campotech_metrics::prometheus_client::registry::Unit;
use campotech_metrics::{Metrics, MetricsEndpoint, ScrapeFuture};
use campotech_testkit::{Daemon, DaemonBuilder, HyperServer, RawConnection};
use http::header::ACCEPT;
use http::{HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::BodyExt;
use tower::{Layer, Service, ServiceExt, service_fn};

/// Hostile on purpose: what a label's value and a help may hold.
const ODD: &str = "a \"b\"\\c\nd {} # 7";

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

/// A request that its client records.
async fn traced_request(metrics: &Metrics) {
    let service = metrics
        .layer()
        .layer(service_fn(|_: Request<String>| async { Ok::<_, Infallible>(Response::new(String::new())) }));
    let parent = format!("00-{TRACE}-00f067aa0ba902b7-01");
    let mut request = Request::builder().header("traceparent", parent).body(String::new()).unwrap();
    request.extensions_mut().insert(Route(Arc::from(ODD)));
    service.oneshot(request).await.unwrap().into_body().collect().await.unwrap();
}

fn metrics() -> Metrics {
    let traced = CounterWithExemplar::<Vec<(String, String)>>::default();
    traced.inc_by(3, Some(vec![("trace_id".into(), TRACE.into())]), None);
    let metrics = Metrics::builder("test", "1")
        .with_revision(ODD)
        .with_native_histograms()
        .with_traceparent()
        .register(|registry| {
            registry.register("traced", "Traced", traced);
            registry.register("node", "Where it runs", Info::new(vec![("zone", ODD)]));
            registry.register_with_unit("age", "Age", Unit::Seconds, Gauge::<i64>::default());
        });
    let metrics = metrics.build().unwrap();
    metrics.gauge_fn_with("odd", ODD, &[("label", ODD)], || f64::INFINITY).unwrap();
    let recorder = metrics.recorder(&Method::GET, ODD);
    recorder.record(StatusCode::OK, Duration::from_millis(60), 300);
    recorder.record(StatusCode::BAD_GATEWAY, Duration::from_secs(9), 0);
    metrics
}

/// The endpoint, for clients that want one format only.
#[derive(Clone)]
struct Only(MetricsEndpoint, &'static str);

impl<B> Service<Request<B>> for Only {
    type Response = <MetricsEndpoint as Service<Request<B>>>::Response;
    type Error = Infallible;
    type Future = ScrapeFuture;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, mut request: Request<B>) -> ScrapeFuture {
        request.headers_mut().insert(ACCEPT, HeaderValue::from_static(self.1));
        self.0.call(request)
    }
}

/// One that asks for native histograms, and so for protocol buffers, where it may choose.
async fn prometheus(jobs: &[(&str, &HyperServer)]) -> Daemon {
    let mut config = "global: {scrape_interval: 1s, scrape_timeout: 1s}\nscrape_configs:\n".to_owned();
    for (job, server) in jobs {
        let addr = server.addr();
        writeln!(config, "- {{job_name: {job}, static_configs: [{{targets: ['{addr}']}}]}}").unwrap();
    }
    DaemonBuilder::installed("prometheus", "prometheus")
        .arg("--config.file={dir}/prometheus.yml")
        .arg("--storage.tsdb.path={dir}/data")
        .arg("--web.listen-address={addr}")
        .arg("--enable-feature=exemplar-storage,native-histograms")
        .file("prometheus.yml", config)
        .ready_at(0, "/-/ready")
        .start()
        .await
}

/// What is between `"result":` or `"data":` and the end.
async fn asked(prometheus: &Daemon, path: &str) -> String {
    let mut connection = RawConnection::open(prometheus.addr()).await.unwrap();
    connection.send(format!("GET {path} HTTP/1.1\r\nhost: p\r\n\r\n")).await.unwrap();
    connection.receive().await.unwrap().text()
}

/// Asks until the answer has these words, some seconds at most.
async fn until(prometheus: &Daemon, path: &str, words: &[&str]) -> String {
    let mut answer = String::new();
    for _ in 0..100 {
        answer = asked(prometheus, path).await;
        if words.iter().all(|word| answer.contains(word)) {
            return answer;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("{words:?} are not in the answer to {path}: {answer}");
}

fn encoded(query: &str) -> String {
    query.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

const JOBS: [&str; 3] = ["\"job\":\"protobuf\"", "\"job\":\"openmetrics\"", "\"job\":\"text\""];

#[tokio::test]
async fn prometheus_reads_all_formats_and_the_same_in_them() {
    let metrics = metrics();
    traced_request(&metrics).await;
    let chosen = HyperServer::start(metrics.endpoint()).await;
    let openmetrics = HyperServer::start(Only(metrics.endpoint(), "application/openmetrics-text")).await;
    let text = HyperServer::start(Only(metrics.endpoint(), "text/plain")).await;
    let jobs = [("protobuf", &chosen), ("openmetrics", &openmetrics), ("text", &text)];
    let prometheus = prometheus(&jobs).await;
    let up = until(&prometheus, "/api/v1/query?query=up==1", &JOBS).await;
    assert!(!up.contains("\"0\""), "{up}");
    for (name, value) in [
        ("http_requests_total{status=\"502\"}", "\"1\""),
        ("http_response_size_bytes_bucket{le=\"1024.0\"}", "\"3\""),
        ("http_response_size_bytes_sum", "\"300\""),
        ("odd", "\"+Inf\""),
        ("node_info", "\"1\""),
        ("traced_total", "\"3\""),
        ("build_info", "\"1\""),
        ("age_seconds", "\"0\""),
    ] {
        let words = [JOBS[0], JOBS[1], JOBS[2], value];
        let answer = until(&prometheus, &format!("/api/v1/query?query={}", encoded(name)), &words).await;
        assert_eq!(answer.matches("\"metric\":").count(), 3, "{name}: {answer}");
    }
    // The odd texts came over whole, in all.
    let odd = asked(&prometheus, "/api/v1/query?query=odd").await;
    let said = r#""label":"a \"b\"\\c\nd {} # 7""#;
    assert_eq!(odd.matches(said).count(), 3, "{odd}");

    // Durations are classic in the texts, and native in protocol buffers: 0.06 s, 9 s, and the traced one.
    let classic = "http_request_duration_seconds_bucket{le=\"0.1\"}";
    let classic = until(&prometheus, &format!("/api/v1/query?query={}", encoded(classic)), &JOBS[1..]).await;
    assert!(!classic.contains(JOBS[0]) && classic.matches("\"2\"").count() == 2, "{classic}");
    for (query, value) in [
        ("histogram_count(http_request_duration_seconds)", "\"3\""),
        ("histogram_quantile(0.99, http_request_duration_seconds) > 8.7 < 9.6", "\"job\":\"protobuf\""),
    ] {
        let answer =
            until(&prometheus, &format!("/api/v1/query?query={}", encoded(query)), &[JOBS[0], value]).await;
        assert_eq!(answer.matches("\"metric\":").count(), 1, "{answer}");
    }

    // Exemplars of registered metrics and of requests, in all formats but the text.
    for (name, jobs) in [
        ("traced_total", &JOBS[..2]),
        ("http_request_duration_seconds_bucket", &JOBS[1..2]),
        ("http_request_duration_seconds", &JOBS[..1]),
    ] {
        let path = format!("/api/v1/query_exemplars?query={name}&start=0&end=4000000000");
        let exemplars = until(&prometheus, &path, &[jobs, &[TRACE]].concat()).await;
        assert!(!exemplars.contains(JOBS[2]), "{exemplars}");
    }
}
