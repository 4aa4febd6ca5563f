//! Requests named as OpenTelemetry's semantic conventions do.
#![allow(clippy::unwrap_used, reason = "what goes wrong in a helper of a test fails the test")]

use std::sync::Arc;

use bytes::Bytes;
use campotech_core::Route;
use campotech_metrics::{Metrics, Naming};
use http::{Method, Request, Response, StatusCode, Version};
use http_body_util::{BodyExt, Full};
use tower::{Layer, Service, ServiceExt, service_fn};

fn metrics() -> Metrics {
    let builder = Metrics::builder("test", "1").without_process().with_series_budget(40);
    builder.with_naming(Naming::OpenTelemetry).build().unwrap()
}

/// Answers with the status that the path names, fails at `/error` and never answers at `/never`.
async fn answer(request: Request<Full<Bytes>>) -> Result<Response<Full<Bytes>>, &'static str> {
    match request.uri().path() {
        "/error" => Err("no answer"),
        "/never" => std::future::pending().await,
        path => {
            let mut response = Response::new(Full::new(Bytes::from_static(b"hola")));
            *response.status_mut() = StatusCode::from_bytes(&path.as_bytes()[1..]).unwrap_or(StatusCode::OK);
            Ok(response)
        }
    }
}

fn request(method: &str, uri: &str, version: Version, route: Option<&str>) -> Request<Full<Bytes>> {
    let mut request = Request::new(Full::new(Bytes::from_static(b"ping")));
    *request.method_mut() = Method::from_bytes(method.as_bytes()).unwrap();
    *request.uri_mut() = uri.parse().unwrap();
    *request.version_mut() = version;
    request.extensions_mut().extend(
        route
            .map(|route| {
                let mut extensions = http::Extensions::new();
                extensions.insert(Route(Arc::from(route)));
                extensions
            })
            .unwrap_or_default(),
    );
    request
}

async fn sent(metrics: &Metrics, request: Request<Full<Bytes>>) {
    let service = metrics.layer().layer(service_fn(answer));
    if let Ok(response) = service.oneshot(request).await {
        response.into_body().collect().await.unwrap();
    }
}

fn has(text: &str, line: &str) {
    assert!(text.lines().any(|have| have == line), "{line}\n{text}");
}

#[tokio::test]
async fn names_labels_and_bounds_are_those_of_the_conventions() {
    let metrics = metrics();
    let jobs = Some("/jobs/{id}");
    sent(&metrics, request("GET", "https://host/200", Version::HTTP_2, jobs)).await;
    sent(&metrics, request("GET", "/503", Version::HTTP_11, jobs)).await;
    sent(&metrics, request("PURGE", "/404", Version::HTTP_10, None)).await;
    sent(&metrics, request("GET", "/error", Version::HTTP_11, jobs)).await;
    let mut service = metrics.layer().layer(service_fn(answer));
    let mut open = Box::pin(service.call(request("POST", "/never", Version::HTTP_11, jobs)));
    let polled = std::future::poll_fn(|cx| std::task::Poll::Ready(open.as_mut().poll(cx).is_pending())).await;
    assert!(polled);
    let active = "http_server_active_requests{http_request_method=\"POST\",url_scheme=\"http\"}";
    has(&metrics.render_text(), &format!("{active} 1"));
    drop(open);
    let text = metrics.render_text();
    has(&text, &format!("{active} 0"));
    let count =
        |labels: &str| has(&text, &format!("http_server_request_duration_seconds_count{{{labels}}} 1"));
    let labels = |method: &str, scheme: &str, rest: &str| {
        count(&format!("http_request_method=\"{method}\",url_scheme=\"{scheme}\",{rest}"));
    };
    let rest = |route: &str, status: &str, error: &str, version: &str| {
        format!(
            "http_route=\"{route}\",http_response_status_code=\"{status}\",error_type=\"{error}\",network_protocol_version=\"{version}\""
        )
    };
    let route = "/jobs/{id}";
    labels("GET", "https", &rest(route, "200", "", "2"));
    labels("GET", "http", &rest(route, "503", "503", "1.1"));
    labels("_OTHER", "http", &rest("", "404", "", "1.0"));
    labels("GET", "http", &rest(route, "", "error", "1.1"));
    labels("POST", "http", &rest(route, "", "cancelled", "1.1"));
    let bounds: Vec<_> = text
        .lines()
        .filter(|line| {
            line.starts_with("http_server_request_duration_seconds_bucket") && line.contains("\"2\"")
        })
        .filter_map(|line| line.split("le=\"").nth(1)?.split('"').next())
        .collect();
    let expected = "0.005 0.01 0.025 0.05 0.075 0.1 0.25 0.5 0.75 1.0 2.5 5.0 7.5 10.0 +Inf";
    assert_eq!(bounds.join(" "), expected);
    for name in ["http_server_request_body_size_bytes_sum", "http_server_response_body_size_bytes_sum"] {
        assert!(text.lines().any(|line| line.starts_with(name) && line.ends_with(" 4")), "{name}\n{text}");
    }
    for house in ["http_request_duration_seconds", "http_requests_in_flight", "http_response_size_bytes"] {
        assert!(!text.contains(&format!("\n{house}")), "{house}");
    }
    // What the conventions have no name for, and where every answer is, upgrades, too.
    has(&text, "http_requests_total{method=\"GET\",path=\"/jobs/{id}\",status=\"503\"} 1");
    has(&text, "http_requests_started_total 5");
    has(&text, "http_requests_cancelled_total{method=\"POST\",path=\"/jobs/{id}\",phase=\"headers\"} 1");
}

#[tokio::test]
async fn routes_without_end_are_folded_and_none_is_lost() {
    let metrics = metrics();
    for n in 0..200 {
        sent(&metrics, request("GET", "/200", Version::HTTP_11, Some(&format!("/scan/{n}")))).await;
    }
    let text = metrics.render_text();
    let counts: Vec<u64> = text
        .lines()
        .filter(|line| line.starts_with("http_server_request_duration_seconds_count"))
        .filter_map(|line| line.rsplit(' ').next()?.parse().ok())
        .collect();
    assert!(counts.len() <= 40, "{} series", counts.len());
    assert_eq!(counts.iter().sum::<u64>(), 200);
    assert!(text.contains("http_route=\"__overflow__\""));
    let folded = "metrics_series_overflow_total{family=\"http_server_request_duration_seconds\"} ";
    let folded: u64 = text.lines().find_map(|line| line.strip_prefix(folded)).unwrap().parse().unwrap();
    let seen = |line: &&str| line.contains("_duration_seconds_count{") && line.contains("__overflow__");
    let overflow: u64 =
        text.lines().filter(seen).map(|line| line.rsplit(' ').next().unwrap().parse::<u64>().unwrap()).sum();
    assert_eq!(folded, overflow);
    assert!(!text.contains("family=\"http_request_duration_seconds\""));
}

#[test]
fn requests_that_no_layer_sees_are_told_too() {
    let metrics = metrics();
    let recorder = metrics.recorder(&Method::POST, "/invoices");
    recorder.record(StatusCode::CREATED, std::time::Duration::from_millis(30), 9);
    let labels = "http_request_method=\"POST\",url_scheme=\"http\",http_route=\"/invoices\",http_response_status_code=\"201\",error_type=\"\",network_protocol_version=\"\"";
    let text = metrics.render_text();
    has(&text, &format!("http_server_request_duration_seconds_count{{{labels}}} 1"));
    has(&text, &format!("http_server_response_body_size_bytes_sum{{{labels}}} 9"));
}
