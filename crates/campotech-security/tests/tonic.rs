//! The layers around a tonic server: calls and streams pass with their trailers, refusals are errors to the client.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::time::Duration;

use bytes::Bytes;
use campotech_core::{PeerAddr, RequestId};
use campotech_security::client_ip::{ClientIpLayer, TrustedProxies};
use campotech_security::cors::{CrossOriginLayer, OriginList};
use campotech_security::csrf::CsrfLayer;
use campotech_security::deadline::HandlerDeadlineLayer;
use campotech_security::headers::SecurityHeadersLayer;
use campotech_security::inspect::InspectLayer;
use campotech_security::overload::OverloadLayer;
use campotech_security::payload::PayloadLayer;
use campotech_security::rate_limit::{RateLimitLayer, Tier};
use campotech_security::request_id::RequestIdLayer;
use campotech_testkit::{ScriptedBody, Step};
use http::Request;
use http_body_util::Full;
use tonic::metadata::MetadataMap;
use tonic::transport::server::{TcpConnectInfo, TcpIncoming};
use tonic::transport::{Channel, Endpoint, Server};
use tonic_health::ServingStatus;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;
use tonic_health::server::{HealthReporter, health_reporter};
use tower::ServiceExt;
use tower::util::MapRequestLayer;

const MINUTE: Duration = Duration::from_secs(60);

/// tonic's server tells the peer in an extension of its own; campotech-serve sets `PeerAddr` by itself.
fn peer<B>(mut request: Request<B>) -> Request<B> {
    let info = request.extensions().get::<TcpConnectInfo>();
    if let Some(peer) = info.and_then(TcpConnectInfo::remote_addr) {
        request.extensions_mut().insert(PeerAddr(peer));
    }
    request
}

/// All layers in their order; `calls` in a minute are allowed, of 64 bytes each that are sent within `deadline`.
///
/// The payload layer reads a request to its end before the service is called. Unary and server-streaming calls don't
/// mind; where a client streams and wants answers meanwhile, the layer must not stand in front: the service would see
/// nothing before the client has finished, and at the body's deadline the call is refused with 408.
async fn connect(calls: u32, deadline: Duration) -> (Channel, HealthReporter) {
    let (reporter, health) = health_reporter();
    let incoming = TcpIncoming::bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let uri = format!("http://{}", incoming.local_addr().unwrap());
    let quota = [Tier::standard(calls, MINUTE)];
    let mut server = Server::builder()
        .layer(MapRequestLayer::new(peer))
        .layer(ClientIpLayer::new(TrustedProxies::none()))
        .layer(RequestIdLayer::new())
        .layer(SecurityHeadersLayer::new())
        .layer(CrossOriginLayer::new(OriginList::none()))
        .layer(CsrfLayer::new())
        .layer(OverloadLayer::new(8).unwrap())
        .layer(RateLimitLayer::new(quota).unwrap())
        .layer(PayloadLayer::<Full<Bytes>>::new(64).with_deadline(deadline).unwrap())
        .layer(InspectLayer::new())
        .layer(HandlerDeadlineLayer::new(Duration::from_secs(10)).unwrap());
    tokio::spawn(server.add_service(health).serve_with_incoming(incoming));
    (Endpoint::from_shared(uri).unwrap().connect().await.unwrap(), reporter)
}

fn request_id(metadata: &MetadataMap) -> RequestId {
    RequestId::adopt(metadata.clone().into_headers().get("x-request-id").unwrap()).unwrap()
}

#[tokio::test]
async fn calls_and_streams_pass_with_their_trailers() {
    let (channel, reporter) = connect(100, MINUTE).await;
    let mut client = HealthClient::new(channel);
    let answer = client.check(HealthCheckRequest::default()).await.unwrap();
    assert_eq!(answer.get_ref().status, ServingStatus::Serving as i32);
    let metadata = answer.metadata();
    assert_eq!(metadata.get("grpc-status").unwrap(), "0", "the trailers arrive");
    assert_eq!(metadata.get("content-type").unwrap(), "application/grpc");
    assert_eq!(metadata.get("x-content-type-options").unwrap(), "nosniff");
    assert!(metadata.contains_key("ratelimit"));

    let watch = client.watch(HealthCheckRequest::default()).await.unwrap();
    assert_ne!(request_id(watch.metadata()).as_str(), request_id(metadata).as_str());
    let mut watch = watch.into_inner();
    assert_eq!(watch.message().await.unwrap().unwrap().status, ServingStatus::Serving as i32);
    // Nothing holds a stream back: what is told now arrives now.
    reporter.set_service_status("", ServingStatus::NotServing).await;
    assert_eq!(watch.message().await.unwrap().unwrap().status, ServingStatus::NotServing as i32);
}

#[tokio::test]
async fn refusals_are_errors_with_the_status_and_the_headers_of_the_refusal() {
    let (channel, _reporter) = connect(2, MINUTE).await;
    let mut client = HealthClient::new(channel);
    let large = HealthCheckRequest { service: "x".repeat(64) };
    let refused = client.check(large).await.unwrap_err();
    assert!(refused.message().contains("413"), "{refused:?}");
    client.check(HealthCheckRequest::default()).await.unwrap();
    let refused = client.check(HealthCheckRequest::default()).await.unwrap_err();
    assert!(refused.message().contains("429"), "{refused:?}");
    assert_eq!(refused.metadata().get("content-type").unwrap(), "application/problem+json");
    assert!(refused.metadata().contains_key("retry-after"));
    request_id(refused.metadata());
    let refused = client.watch(HealthCheckRequest::default()).await.unwrap().into_inner().message().await;
    assert!(refused.unwrap_err().message().contains("429"), "a stream too");
}

#[tokio::test]
async fn a_call_that_never_ends_its_request_is_refused() {
    let (channel, _reporter) = connect(100, Duration::from_millis(100)).await;
    let message = Step::Data(Bytes::from_static(&[0; 5]));
    let body = tonic::body::Body::new(ScriptedBody::new([message, Step::Hang]));
    let request = Request::post("/grpc.health.v1.Health/Watch").header("content-type", "application/grpc");
    let answer = channel.oneshot(request.body(body).unwrap()).await.unwrap();
    assert_eq!(answer.status(), 408);
}
