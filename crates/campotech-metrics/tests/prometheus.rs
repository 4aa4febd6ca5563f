//! A real Prometheus scrapes the answer, in the format that it prefers and in the one that it is left with.
#![allow(clippy::unwrap_used, reason = "what goes wrong in a helper of a test fails the test")]

use std::convert::Infallible;
use std::task::{Context, Poll};
use std::time::Duration;

use campotech_metrics::prometheus_client::metrics::exemplar::CounterWithExemplar;
use campotech_metrics::prometheus_client::metrics::gauge::Gauge;
use campotech_metrics::prometheus_client::metrics::info::Info;
use campotech_metrics::prometheus_client::registry::Unit;
use campotech_metrics::{Metrics, MetricsEndpoint, ScrapeFuture};
use campotech_testkit::{Daemon, DaemonBuilder, HyperServer, RawConnection};
use http::header::ACCEPT;
use http::{HeaderValue, Method, Request, StatusCode};
use tower::Service;

/// Hostile on purpose: what a label's value and a help may hold.
const ODD: &str = "a \"b\"\\c\nd {} # 7";

fn metrics() -> Metrics {
    let traced = CounterWithExemplar::<Vec<(String, String)>>::default();
    traced.inc_by(3, Some(vec![("trace_id".into(), "4bf92f3577b34da6a3ce929d0e0e4736".into())]), None);
    let metrics = Metrics::builder("test", "1").with_revision(ODD).register(|registry| {
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

/// The endpoint, for clients that can only read the text format.
#[derive(Clone)]
struct TextOnly(MetricsEndpoint);

impl<B> Service<Request<B>> for TextOnly {
    type Response = <MetricsEndpoint as Service<Request<B>>>::Response;
    type Error = Infallible;
    type Future = ScrapeFuture;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, mut request: Request<B>) -> ScrapeFuture {
        request.headers_mut().insert(ACCEPT, HeaderValue::from_static("text/plain"));
        self.0.call(request)
    }
}

async fn prometheus(preferred: &HyperServer, text: &HyperServer) -> Daemon {
    let config = format!(
        "global: {{scrape_interval: 1s, scrape_timeout: 1s}}\n\
         scrape_configs:\n\
         - {{job_name: preferred, static_configs: [{{targets: ['{}']}}]}}\n\
         - {{job_name: text, static_configs: [{{targets: ['{}']}}]}}\n",
        preferred.addr(),
        text.addr()
    );
    DaemonBuilder::installed("prometheus", "prometheus")
        .arg("--config.file={dir}/prometheus.yml")
        .arg("--storage.tsdb.path={dir}/data")
        .arg("--web.listen-address={addr}")
        .arg("--enable-feature=exemplar-storage")
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

#[tokio::test]
async fn prometheus_reads_both_formats_and_the_same_in_them() {
    let metrics = metrics();
    let preferred = HyperServer::start(metrics.endpoint()).await;
    let text = HyperServer::start(TextOnly(metrics.endpoint())).await;
    let prometheus = prometheus(&preferred, &text).await;
    let healthy = ["\"job\":\"preferred\"", "\"job\":\"text\""];
    let up = until(&prometheus, "/api/v1/query?query=up==1", &healthy).await;
    assert!(!up.contains("\"0\""), "{up}");
    for (name, value) in [
        ("http_requests_total{status=\"502\"}", "\"1\""),
        ("http_request_duration_seconds_bucket{le=\"0.1\"}", "\"1\""),
        ("http_request_duration_seconds_count", "\"2\""),
        ("http_response_size_bytes_sum", "\"300\""),
        ("odd", "\"+Inf\""),
        ("node_info", "\"1\""),
        ("traced_total", "\"3\""),
        ("build_info", "\"1\""),
        ("age_seconds", "\"0\""),
    ] {
        let query = name.replace('{', "%7B").replace('}', "%7D").replace('"', "%22");
        let words = [healthy[0], healthy[1], value];
        let answer = until(&prometheus, &format!("/api/v1/query?query={query}"), &words).await;
        assert_eq!(answer.matches("\"metric\":").count(), 2, "{name}: {answer}");
    }
    // The odd texts came over whole, in both.
    let odd = asked(&prometheus, "/api/v1/query?query=odd").await;
    let said = r#""label":"a \"b\"\\c\nd {} # 7""#;
    assert_eq!(odd.matches(said).count(), 2, "{odd}");
    // Only OpenMetrics has exemplars, so it is what Prometheus takes by itself.
    let range = "start=0&end=4000000000";
    let exemplars = format!("/api/v1/query_exemplars?query=traced_total&{range}");
    let exemplars = until(&prometheus, &exemplars, &["4bf92f3577b34da6a3ce929d0e0e4736"]).await;
    assert!(exemplars.contains(healthy[0]) && !exemplars.contains(healthy[1]), "{exemplars}");
}
