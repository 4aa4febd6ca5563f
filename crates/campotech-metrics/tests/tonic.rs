//! The layer around a tonic server: a call is a request, and ends with its trailers.

#![allow(clippy::unwrap_used, reason = "what goes wrong in a helper of a test fails the test")]

use std::time::Duration;

use campotech_core::{GrpcRoutes, RouteLayer};
use campotech_metrics::Metrics;
use tonic::Code;
use tonic::body::Body;
use tonic::transport::server::TcpIncoming;
use tonic::transport::{Endpoint, Server};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;
use tonic_health::server::health_reporter;
use tower::ServiceExt;

const CHECK: &str = "/grpc.health.v1.Health/Check";
const WATCH: &str = "/grpc.health.v1.Health/Watch";

/// Waits until `started` requests have come in and `in_flight` of them are left.
async fn settled(metrics: &Metrics, started: u64, in_flight: u64) {
    let settled = async {
        while (metrics.totals().started, metrics.totals().in_flight) != (started, in_flight) {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    let waited = tokio::time::timeout(Duration::from_secs(20), settled).await;
    waited.unwrap_or_else(|_| panic!("it never settles: {:?}", metrics.totals()));
}

#[tokio::test]
async fn calls_are_completed_by_their_trailers_and_a_stream_that_is_left_is_cancelled() {
    let metrics = Metrics::builder("test", "1").build().unwrap();
    let (mut reporter, health) = health_reporter();
    let incoming = TcpIncoming::bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let uri = format!("http://{}", incoming.local_addr().unwrap());
    let routes = GrpcRoutes::new().with_service("grpc.health.v1.Health", ["Check", "Watch"]);
    let mut server = Server::builder().layer(RouteLayer::new(routes)).layer(metrics.layer());
    tokio::spawn(server.add_service(health).serve_with_incoming(incoming));
    let channel = Endpoint::from_shared(uri).unwrap().connect().await.unwrap();
    let mut client = HealthClient::new(channel.clone());
    let server_itself = HealthCheckRequest::default;

    let answer = client.check(server_itself()).await.unwrap();
    assert_eq!(answer.metadata().get("grpc-status").unwrap(), "0", "the trailers arrive");
    let unknown = HealthCheckRequest { service: "unknown".to_owned() };
    assert_eq!(client.check(unknown).await.unwrap_err().code(), Code::NotFound);
    settled(&metrics, 2, 0).await;

    let mut left = client.watch(server_itself()).await.unwrap().into_inner();
    left.message().await.unwrap().unwrap();
    settled(&metrics, 3, 1).await;
    drop(left);
    settled(&metrics, 3, 0).await;

    let mut ended = client.watch(server_itself()).await.unwrap().into_inner();
    ended.message().await.unwrap().unwrap();
    reporter.clear_service_status("").await;
    assert!(ended.message().await.unwrap().is_none());
    settled(&metrics, 4, 0).await;

    // What nobody serves is no route.
    let invented = http::Request::post("/grpc.health.v1.Health/Invented");
    let invented = invented.header("content-type", "application/grpc").body(Body::empty()).unwrap();
    let answer = channel.oneshot(invented).await.unwrap();
    assert_eq!(answer.headers()["grpc-status"], "12");
    drop(answer);
    settled(&metrics, 5, 0).await;

    let text = metrics.render_text();
    // gRPC tells its errors in `grpc-status`: to HTTP they are a 200 like any other.
    for line in [
        format!(r#"grpc_requests_total{{path="{CHECK}",code="OK"}} 1"#),
        format!(r#"grpc_requests_total{{path="{CHECK}",code="NOT_FOUND"}} 1"#),
        format!(r#"grpc_requests_total{{path="{CHECK}",code="INTERNAL"}} 0"#),
        format!(r#"grpc_requests_total{{path="{WATCH}",code="OK"}} 1"#),
        r#"grpc_requests_total{path="__unmatched__",code="UNIMPLEMENTED"} 1"#.to_owned(),
        format!(r#"http_requests_total{{method="POST",path="{CHECK}",status="200"}} 2"#),
        format!(r#"http_requests_total{{method="POST",path="{WATCH}",status="200"}} 1"#),
        format!(r#"http_requests_cancelled_total{{method="POST",path="{WATCH}",phase="body"}} 1"#),
    ] {
        assert!(text.lines().any(|have| have == line), "{line} is missing in\n{text}");
    }
    let totals = metrics.totals();
    assert_eq!((totals.requests, totals.cancelled, totals.failed), (4, 1, 0), "{totals:?}");
}
