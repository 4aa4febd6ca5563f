//! A million paths that nobody has, and a hundred thousand methods: what is kept of them, without the texts of answers. A process each, since
//! memory is a process's.

use std::sync::{Arc, OnceLock};

use axum::body::Body;
use axum_prometheus::PrometheusMetricLayer;
use campotech_core::Route;
use campotech_metrics::Metrics;
use http::{Method, Request, Uri};
use http_body_util::BodyExt;
use tower::{Layer, Service, ServiceExt};

use crate::apart::{counted, told};
use crate::service::{Nothing, runtime};

/// Requests with a path of their own.
pub const PATHS: u64 = 1_000_000;

/// Requests with a method of their own.
pub const METHODS: u64 = 100_000;

/// What is left of a flood.
#[derive(Debug, Clone, Copy)]
pub struct Left {
    /// What the process has grown by.
    pub bytes: f64,
    /// Of request counters.
    pub series: f64,
    /// Their sum.
    pub requests: f64,
}

/// What is left of a flood of ours; several bars are of the same one.
///
/// # Errors
/// As [`flooded`].
pub fn ours() -> Result<Left, String> {
    static LEFT: OnceLock<Result<Left, String>> = OnceLock::new();
    LEFT.get_or_init(|| flooded("ours")).clone()
}

/// Floods one of the two in a process of its own.
///
/// # Errors
/// It fails, or says something else.
pub fn flooded(who: &str) -> Result<Left, String> {
    told(["flood", who]).map(|[bytes, series, requests]| Left { bytes, series, requests })
}

/// Floods, and prints bytes, series and requests.
///
/// # Errors
/// There is no such side.
pub fn flood(who: &str) -> Result<(), String> {
    let runtime = runtime();
    let left = match who {
        // The path as a route: what a router does that takes a client's word for it.
        "ours" => {
            let metrics = Metrics::builder("bench", "1").build().expect("metrics");
            let service = metrics.layer().layer(Nothing);
            runtime.block_on(sent(service, || metrics.render_text(), || {}, "http_requests_total{"))
        }
        "axum_prometheus" => runtime.block_on(async {
            let (layer, handle) = PrometheusMetricLayer::pair();
            let upkeep = || handle.run_upkeep();
            sent(layer.layer(Nothing), || handle.render(), upkeep, "axum_http_requests_total{").await
        }),
        other => return Err(format!("{other}: nobody that can be flooded")),
    };
    println!("{} {} {}", left.bytes, left.series, left.requests);
    Ok(())
}

async fn sent<S, B>(service: S, rendered: impl Fn() -> String, upkeep: impl Fn(), family: &str) -> Left
where
    S: Service<Request<Body>, Response = http::Response<B>> + Clone,
    S::Error: std::fmt::Debug,
    B: http_body::Body + Unpin,
{
    // What is allocated once is no growth: both have answered, and have shown it.
    for n in 0..100 {
        answered(&service, request(Method::GET, "/warm", n % 2)).await;
    }
    let warm = counted(&rendered(), family).1;
    let before = resident();
    for n in 0..PATHS + METHODS {
        let method = if n < PATHS { Method::GET } else { invented(n) };
        answered(&service, request(method, "/scan", n)).await;
        if n % 100_000 == 0 {
            upkeep();
        }
    }
    let bytes = resident() - before;
    let (series, requests) = counted(&rendered(), family);
    Left { bytes, series, requests: requests - warm }
}

fn invented(n: u64) -> Method {
    Method::from_bytes(format!("SCAN{n}").as_bytes()).expect("a method")
}

fn request(method: Method, folder: &str, n: u64) -> Request<Body> {
    let path = format!("{folder}/{:016x}", n.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    let mut request = Request::new(Body::empty());
    *request.method_mut() = method;
    *request.uri_mut() = path.parse::<Uri>().expect("a path");
    request.extensions_mut().insert(Route(Arc::from(path)));
    request
}

async fn answered<S, B>(service: &S, request: Request<Body>)
where
    S: Service<Request<Body>, Response = http::Response<B>> + Clone,
    S::Error: std::fmt::Debug,
    B: http_body::Body + Unpin,
{
    let response = service.clone().oneshot(request).await.expect("an answer");
    let _ = response.into_body().collect().await;
}

/// Bytes of this process in memory.
///
/// # Panics
/// The system doesn't tell.
pub fn resident() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("a status");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("VmRSS");
    let kilobytes: f64 = line.trim().trim_end_matches(" kB").parse().expect("a number");
    kilobytes * 1_024.0
}
