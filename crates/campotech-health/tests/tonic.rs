//! The routes beside a gRPC service: one tonic server, one port, told apart by the path.
#![allow(clippy::unwrap_used, reason = "a helper that can't do its work fails the test")]

mod common;

use std::net::SocketAddr;
use std::time::Duration;

use campotech_health::{Check, Details, Reason};
use campotech_testkit::RawConnection;
use common::{Probe, builder};
use serde_json::{Value, json};
use tonic::Code;
use tonic::service::Routes;
use tonic::transport::server::TcpIncoming;
use tonic::transport::{Endpoint, Server};
use tonic_health::ServingStatus;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;
use tonic_health::server::health_reporter;

async fn get(addr: SocketAddr, path: &str) -> (u16, Value) {
    let mut connection = RawConnection::open(addr).await.unwrap();
    connection.send(format!("GET {path} HTTP/1.1\r\nhost: a\r\n\r\n")).await.unwrap();
    let answer = connection.receive().await.unwrap();
    (answer.status.as_u16(), serde_json::from_slice(&answer.body).unwrap())
}

#[tokio::test]
async fn probes_and_calls_share_a_port() {
    let store = Probe::new("store");
    let millis = Duration::from_millis;
    let quick = builder().with_interval(millis(100)).with_timeout(millis(40)).with_reprobe(millis(20));
    let health = quick.check(store.clone().critical()).build().unwrap();
    health.start().unwrap();
    let mut changes = health.subscribe();
    changes.wait_for(|snapshot| snapshot.ready).await.unwrap();

    let (reporter, grpc) = health_reporter();
    let probes = health.service(Details::Shown);
    let router = probes.templates().iter().fold(Routes::new(grpc).into_axum_router(), |router, path| {
        router.route_service(path, probes.clone())
    });
    let incoming = TcpIncoming::bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let addr = incoming.local_addr().unwrap();
    // Probes of an orchestrator speak HTTP/1.
    let mut server = Server::builder().accept_http1(true);
    tokio::spawn(server.add_routes(router.into()).serve_with_incoming(incoming));
    let endpoint = Endpoint::from_shared(format!("http://{addr}")).unwrap();
    let mut client = HealthClient::new(endpoint.connect().await.unwrap());
    let server_itself = HealthCheckRequest::default;

    let answer = client.check(server_itself()).await.unwrap();
    assert_eq!(answer.metadata().get("grpc-status").unwrap(), "0", "the trailers arrive");
    let mut watch = client.watch(server_itself()).await.unwrap().into_inner();
    assert_eq!(watch.message().await.unwrap().unwrap().status, ServingStatus::Serving as i32);
    assert_eq!(get(addr, "/ready").await, (200, json!({"status": "healthy", "phase": "serving"})));
    assert_eq!(get(addr, "/health/components/store").await.0, 200);

    store.fails(Reason::Refused);
    changes.wait_for(|snapshot| !snapshot.ready).await.unwrap();
    assert_eq!(get(addr, "/ready").await, (503, json!({"status": "unhealthy", "phase": "serving"})));
    assert_eq!(get(addr, "/live").await.0, 200);
    // Calls and the stream go on.
    reporter.set_service_status("", ServingStatus::NotServing).await;
    assert_eq!(watch.message().await.unwrap().unwrap().status, ServingStatus::NotServing as i32);
    let unknown = HealthCheckRequest { service: "unknown".to_owned() };
    assert_eq!(client.check(unknown).await.unwrap_err().code(), Code::NotFound);
}
