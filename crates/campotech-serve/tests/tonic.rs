//! tonic's routes under this accept loop: calls, and streams that are open when the drain begins.
#![allow(clippy::unwrap_used, reason = "a helper that fails fails its test")]

mod support;

use std::time::Duration;

use support::{Running, local, start};
use tonic::service::Routes;
use tonic::transport::{Channel, Endpoint};
use tonic_health::pb::health_client::HealthClient;
use tonic_health::pb::{HealthCheckRequest, HealthCheckResponse};
use tonic_health::server::{HealthReporter, health_reporter};

/// A server after one call, with one more stream of it open on the same connection.
async fn serve(
    deadline: Duration,
) -> (Running, HealthReporter, HealthClient<Channel>, tonic::Streaming<HealthCheckResponse>) {
    let (reporter, health) = health_reporter();
    let running = start(local().await.with_drain_deadline(deadline), Routes::new(health));
    let uri = format!("http://{}", running.addr);
    let mut client = HealthClient::new(Endpoint::from_shared(uri).unwrap().connect().await.unwrap());
    let answer = client.check(HealthCheckRequest::default()).await.unwrap();
    assert_eq!(answer.metadata().get("grpc-status").unwrap(), "0", "the trailers arrive");
    let mut watch = client.watch(HealthCheckRequest::default()).await.unwrap().into_inner();
    watch.message().await.unwrap().unwrap();
    let stats = running.stats.snapshot();
    assert_eq!((stats.accepted, stats.active, stats.requests), (1, 1, 2));
    (running, reporter, client, watch)
}

#[tokio::test]
async fn an_open_stream_is_cut_at_the_deadline() {
    let deadline = Duration::from_secs(1);
    let (running, reporter, mut client, mut watch) = serve(deadline).await;
    running.trigger.drain();
    // Until then it goes on.
    reporter.set_service_status("", tonic_health::ServingStatus::NotServing).await;
    watch.message().await.unwrap().unwrap();
    assert!(watch.message().await.is_err(), "cut, not ended");
    let report = running.task.await.unwrap();
    assert_eq!((report.finished, report.aborted), (0, 1));
    assert!(report.took >= deadline);
    assert!(client.check(HealthCheckRequest::default()).await.is_err(), "the listener is gone");
}

#[tokio::test]
async fn a_stream_that_its_service_ends_is_finished() {
    let (running, mut reporter, _client, mut watch) = serve(Duration::from_secs(20)).await;
    running.trigger.drain();
    tokio::time::sleep(Duration::from_millis(50)).await;
    reporter.clear_service_status("").await;
    assert!(watch.message().await.unwrap().is_none());
    let report = running.task.await.unwrap();
    assert_eq!((report.finished, report.aborted), (1, 0));
}
