//! The layer around a tonic server: a panic in a method is an error to its client, and the connection lives on.
#![allow(clippy::unwrap_used, reason = "a helper that fails fails its test")]

mod support;

use std::time::Duration;

use campotech_sentry::SentryLayer;
use support::{Receiver, items};
use tonic::codegen::BoxStream;
use tonic::codegen::tokio_stream::{self as stream, StreamExt};
use tonic::transport::server::TcpIncoming;
use tonic::transport::{Endpoint, Server};
use tonic::{Request, Response, Status};
use tonic_health::pb::health_client::HealthClient;
use tonic_health::pb::health_server::{Health, HealthServer};
use tonic_health::pb::{HealthCheckRequest, HealthCheckResponse};

/// Answers with the port of the connection, or panics where the service is called so.
struct Rash;

fn answer(request: &Request<HealthCheckRequest>) -> HealthCheckResponse {
    HealthCheckResponse { status: request.remote_addr().unwrap().port().into() }
}

#[tonic::async_trait]
impl Health for Rash {
    async fn check(
        &self,
        request: Request<HealthCheckRequest>,
    ) -> Result<Response<HealthCheckResponse>, Status> {
        assert!(request.get_ref().service != "panic", "no job for ana@example.com");
        Ok(Response::new(answer(&request)))
    }

    type WatchStream = BoxStream<HealthCheckResponse>;

    async fn watch(
        &self,
        request: Request<HealthCheckRequest>,
    ) -> Result<Response<Self::WatchStream>, Status> {
        let first = stream::once(Ok(answer(&request)));
        let panics = request.into_inner().service == "panic";
        // A pause, for what is ready at once leaves together.
        let pause = stream::iter([()]).then(|()| tokio::time::sleep(Duration::from_millis(10)));
        let rest = pause.filter_map(move |()| {
            assert!(!panics, "while streaming");
            None
        });
        Ok(Response::new(Box::pin(first.chain(rest))))
    }
}

#[tokio::test]
async fn a_panic_is_one_event_and_an_error_and_the_connection_lives_on() {
    let receiver = Receiver::start();
    let guard = receiver.init();
    let incoming = TcpIncoming::bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let uri = format!("http://{}", incoming.local_addr().unwrap());
    let mut server = Server::builder().layer(SentryLayer::new(&guard));
    tokio::spawn(server.add_service(HealthServer::new(Rash)).serve_with_incoming(incoming));
    let mut client = HealthClient::new(Endpoint::from_shared(uri).unwrap().connect().await.unwrap());
    let fine = HealthCheckRequest::default;
    let panic = || HealthCheckRequest { service: "panic".to_owned() };

    let before = client.check(fine()).await.unwrap();
    assert_eq!(before.metadata().get("grpc-status").unwrap(), "0", "the trailers arrive");
    let connection = before.into_inner().status;

    let error = client.check(panic()).await.unwrap_err();
    assert!(error.message().contains("500"), "{error:?}");
    assert_eq!(error.metadata().get("content-type").unwrap(), "application/problem+json");
    assert_eq!(client.check(fine()).await.unwrap().into_inner().status, connection);

    let mut whole = client.watch(fine()).await.unwrap().into_inner();
    assert_eq!(whole.message().await.unwrap().unwrap().status, connection);
    assert!(whole.message().await.unwrap().is_none());
    let mut broken = client.watch(panic()).await.unwrap().into_inner();
    assert_eq!(broken.message().await.unwrap().unwrap().status, connection);
    assert!(broken.message().await.is_err(), "it must not look complete");
    assert_eq!(client.check(fine()).await.unwrap().into_inner().status, connection);

    let events = items(&receiver.envelopes(&guard), "event");
    let said: Vec<_> = events.iter().map(|event| &event["exception"]["values"][0]["value"]).collect();
    assert_eq!(said, ["no job for [Filtered]", "while streaming"]);
}
