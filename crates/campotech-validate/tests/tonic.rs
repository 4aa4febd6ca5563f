//! The layer beside gRPC: it guards an ordinary route of a tonic server. Around gRPC itself it has no place: messages are
//! protobuf with their types checked by the decoder, and the layer refuses what is not JSON.

#![allow(clippy::unwrap_used, reason = "a test that can't go on has failed")]

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use campotech_testkit::{RawConnection, RawResponse};
use campotech_validate::{PlainText, Valid, ValidateLayer, input};
use http::{Request, Response};
use http_body_util::Full;
use tonic::service::Routes;
use tonic::transport::server::TcpIncoming;
use tonic::transport::{Channel, Endpoint, Server};
use tonic_health::ServingStatus;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;
use tonic_health::server::health_reporter;
use tower::{Layer, service_fn};

input! {
    /// A note.
    #[derive(Debug)]
    struct Note { text: PlainText<8> }
}

async fn echo<B>(request: Request<B>) -> Result<Response<Full<Bytes>>, Infallible> {
    let note = request.extensions().get::<Arc<Valid<Note>>>().unwrap();
    Ok(Response::new(Full::from(note.text.to_string())))
}

fn listen() -> (TcpIncoming, SocketAddr) {
    let incoming = TcpIncoming::bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let addr = incoming.local_addr().unwrap();
    (incoming, addr)
}

async fn connect(addr: SocketAddr) -> HealthClient<Channel> {
    HealthClient::new(Endpoint::from_shared(format!("http://{addr}")).unwrap().connect().await.unwrap())
}

async fn post(addr: SocketAddr, body: &str) -> RawResponse {
    let mut connection = RawConnection::open(addr).await.unwrap();
    let length = body.len();
    let head = "POST /notes HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\n";
    connection.send(format!("{head}content-length: {length}\r\n\r\n{body}")).await.unwrap();
    connection.receive().await.unwrap()
}

#[tokio::test]
async fn an_http_route_is_validated_and_the_calls_beside_it_are_left_alone() {
    let (_reporter, grpc) = health_reporter();
    let notes = ValidateLayer::<Note>::new().layer(service_fn(echo));
    let router = Routes::new(grpc).into_axum_router().route_service("/notes", notes);
    let (incoming, addr) = listen();
    let mut server = Server::builder().accept_http1(true);
    tokio::spawn(server.add_routes(router.into()).serve_with_incoming(incoming));

    let answer = post(addr, r#"{"text":"hola"}"#).await;
    assert_eq!((answer.status.as_u16(), answer.text()), (200, "hola".to_owned()));
    let answer = post(addr, r#"{"text":"demasiado"}"#).await;
    assert_eq!(answer.status, 422);
    assert_eq!(answer.headers["content-type"], "application/problem+json");

    let mut client = connect(addr).await;
    let answer = client.check(HealthCheckRequest::default()).await.unwrap();
    assert_eq!(answer.metadata().get("grpc-status").unwrap(), "0", "the trailers arrive");
    let mut watch = client.watch(HealthCheckRequest::default()).await.unwrap().into_inner();
    assert_eq!(watch.message().await.unwrap().unwrap().status, ServingStatus::Serving as i32);
}

#[tokio::test]
async fn around_grpc_it_refuses_every_call() {
    let (_reporter, grpc) = health_reporter();
    let (incoming, addr) = listen();
    let mut server = Server::builder().layer(ValidateLayer::<Note>::new());
    tokio::spawn(server.add_service(grpc).serve_with_incoming(incoming));
    let error = connect(addr).await.check(HealthCheckRequest::default()).await.unwrap_err();
    assert!(error.message().contains("415"), "{error:?}");
}
