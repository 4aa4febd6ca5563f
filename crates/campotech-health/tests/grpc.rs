//! gRPC probes over loopback, with a real server and a real client.
#![allow(clippy::unwrap_used, reason = "a helper that can't do its work fails the test")]

mod common;

use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::time::Duration;

use campotech_health::{Check, Details, GrpcHealth, Health, HealthBuilder, Phase, Reason};
use common::{Probe, builder, get};
use tokio::time::{Instant, timeout};
use tonic::transport::server::TcpIncoming;
use tonic::transport::{Channel, Endpoint, Server};
use tonic::{Code, Request, Status, Streaming};
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;
use tonic_health::pb::{HealthCheckRequest, HealthCheckResponse};

use ServingStatus::{NotServing, ServiceUnknown, Serving};

/// So long that a busy machine does not miss it.
const PATIENCE: Duration = Duration::from_secs(20);

const fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// Checks often, so that tests are quick.
fn quick() -> HealthBuilder {
    builder().with_interval(millis(100)).with_timeout(millis(40)).with_reprobe(millis(20))
}

async fn serve(grpc: GrpcHealth) -> SocketAddr {
    let incoming = TcpIncoming::bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let addr = incoming.local_addr().unwrap();
    tokio::spawn(Server::builder().add_service(grpc.into_server()).serve_with_incoming(incoming));
    addr
}

async fn client(addr: SocketAddr) -> HealthClient<Channel> {
    let endpoint = Endpoint::from_shared(format!("http://{addr}")).unwrap();
    HealthClient::new(endpoint.connect().await.unwrap())
}

fn about(name: &str) -> HealthCheckRequest {
    HealthCheckRequest { service: name.to_owned() }
}

async fn check(client: &mut HealthClient<Channel>, name: &str) -> Result<ServingStatus, Code> {
    let answer = client.check(about(name)).await;
    answer.map(|answer| answer.into_inner().status()).map_err(|status| status.code())
}

async fn watch(client: &mut HealthClient<Channel>, name: &str) -> Streaming<HealthCheckResponse> {
    client.watch(about(name)).await.unwrap().into_inner()
}

/// The next message; nothing at the end.
async fn next(watch: &mut Streaming<HealthCheckResponse>) -> Option<ServingStatus> {
    let message = timeout(PATIENCE, watch.message()).await.expect("a message in time");
    message.unwrap().map(|message| message.status())
}

async fn is_silent(watch: &mut Streaming<HealthCheckResponse>) -> bool {
    timeout(millis(300), watch.message()).await.is_err()
}

async fn ready(health: &Health) {
    let mut changes = health.subscribe();
    timeout(PATIENCE, changes.wait_for(|snapshot| snapshot.ready)).await.unwrap().unwrap();
}

#[tokio::test]
async fn a_check_says_what_the_routes_say() {
    let (store, queue) = (Probe::new("store"), Probe::new("queue"));
    let health = quick().check(store.clone().critical()).check(queue.clone().degrading()).build().unwrap();
    let latch = health.latch("migrations");
    let mut client = client(serve(health.grpc(Details::Shown)).await).await;
    // Nothing was checked yet.
    assert_eq!(check(&mut client, "").await, Ok(NotServing));
    assert_eq!(check(&mut client, "store").await, Ok(NotServing));
    health.start().unwrap();
    let mut changes = health.subscribe();
    let known = changes.wait_for(|snapshot| snapshot.components.iter().all(|c| c.reason == Reason::Ok));
    timeout(PATIENCE, known).await.unwrap().unwrap();
    assert_eq!(check(&mut client, "store").await, Ok(Serving));
    assert_eq!((check(&mut client, "").await, get(&health, "/ready").await.0), (Ok(NotServing), 503));
    drop(latch);
    assert_eq!((check(&mut client, "").await, get(&health, "/ready").await.0), (Ok(Serving), 200));

    queue.fails(Reason::Refused);
    let failed = changes.wait_for(|snapshot| snapshot.component("queue").unwrap().reason == Reason::Refused);
    timeout(PATIENCE, failed).await.unwrap().unwrap();
    assert_eq!(check(&mut client, "queue").await, Ok(NotServing));
    assert_eq!((check(&mut client, "").await, get(&health, "/ready").await.0), (Ok(Serving), 200));

    health.set_maintenance(true);
    assert_eq!(check(&mut client, "").await, Ok(NotServing));
    assert_eq!(check(&mut client, "store").await, Ok(Serving), "its own state");
    health.set_maintenance(false);
    assert_eq!(check(&mut client, "").await, Ok(Serving));
}

#[tokio::test]
async fn nobody_is_told_of_components_that_are_not_shown() {
    let health = quick().check(Probe::new("store").critical()).build().unwrap();
    health.start().unwrap();
    ready(&health).await;
    let mut shown = client(serve(health.grpc(Details::Shown)).await).await;
    let mut hidden = client(serve(health.grpc(Details::Hidden)).await).await;
    assert_eq!(check(&mut shown, "store").await, Ok(Serving));
    assert_eq!(check(&mut hidden, "").await, Ok(Serving));
    for (client, name) in [(&hidden, "store"), (&shown, "stor"), (&shown, "jobs-api")] {
        let mut client = client.clone();
        let refused = client.check(about(name)).await.unwrap_err();
        assert_eq!((refused.code(), refused.message()), (Code::NotFound, "unknown service"));
        assert_eq!(next(&mut watch(&mut client, name).await).await, Some(ServiceUnknown));
    }
    // A name that is longer than any is not kept, nor even read.
    let refused = check(&mut shown, &"a".repeat(100_000)).await;
    assert_eq!(refused, Err(Code::OutOfRange));
}

#[tokio::test]
async fn a_watch_tells_the_state_and_each_change() {
    let store = Probe::new("store");
    let health = quick().check(store.clone().critical()).build().unwrap();
    let mut client = client(serve(health.grpc(Details::Shown)).await).await;
    let mut whole = watch(&mut client, "").await;
    let mut component = watch(&mut client, "store").await;
    let mut unknown = watch(&mut client, "nobody").await;
    assert_eq!(next(&mut whole).await, Some(NotServing), "at once");
    assert_eq!(next(&mut component).await, Some(NotServing));
    assert_eq!(next(&mut unknown).await, Some(ServiceUnknown));
    health.start().unwrap();
    for round in 0..3 {
        assert_eq!(next(&mut whole).await, Some(Serving), "{round}");
        assert_eq!(next(&mut component).await, Some(Serving), "{round}");
        store.fails(Reason::Refused);
        assert_eq!(next(&mut whole).await, Some(NotServing), "{round}");
        assert_eq!(next(&mut component).await, Some(NotServing), "{round}");
        store.passes();
    }
    assert_eq!(next(&mut whole).await, Some(Serving));
    assert_eq!(next(&mut component).await, Some(Serving));
    assert!(is_silent(&mut whole).await, "the same again is no change");

    health.drain();
    assert_eq!(next(&mut whole).await, Some(NotServing));
    assert!(is_silent(&mut whole).await, "checks go on while draining, and the stream stays");
    assert!(is_silent(&mut component).await && is_silent(&mut unknown).await);
    health.stop();
    for watch in [&mut whole, &mut component, &mut unknown] {
        assert_eq!(next(watch).await, None);
    }
    let mut late = watch(&mut client, "").await;
    assert_eq!((next(&mut late).await, next(&mut late).await), (Some(NotServing), None));
    assert_eq!(health.phase(), Phase::Stopped);
}

#[test]
fn a_watch_tells_that_nobody_checks_any_more() {
    let runtime =
        || tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let (probers, servers) = (runtime(), runtime());
    let health = quick().with_max_age(millis(700)).check(Probe::new("store").critical()).build().unwrap();
    probers.block_on(async { health.start() }).unwrap();
    servers.block_on(async {
        ready(&health).await;
        let mut client = client(serve(health.grpc(Details::Shown)).await).await;
        let (mut whole, mut store) = (watch(&mut client, "").await, watch(&mut client, "store").await);
        assert_eq!(next(&mut whole).await, Some(Serving));
        assert_eq!(next(&mut store).await, Some(Serving));
        let (gone, mut changes) = (Instant::now(), health.subscribe());
        probers.shutdown_background();
        assert_eq!(next(&mut whole).await, Some(NotServing));
        assert!(gone.elapsed() >= millis(500), "{:?}: it is told when the result is stale", gone.elapsed());
        assert_eq!(next(&mut store).await, Some(NotServing));
        assert!(!changes.has_changed().unwrap(), "no event came");
        changes.mark_unchanged();
        health.start().unwrap();
        assert_eq!(next(&mut whole).await, Some(Serving), "checked again");
    });
}

#[tokio::test]
async fn who_reads_slowly_gets_the_latest() {
    let health = quick().check(Probe::new("store").critical()).build().unwrap();
    health.start().unwrap();
    ready(&health).await;
    let addr = serve(health.grpc(Details::Shown)).await;
    // Room for one message of seven bytes: the next one is not sent before this one was read.
    let endpoint = Endpoint::from_shared(format!("http://{addr}")).unwrap().initial_stream_window_size(7);
    let mut client = HealthClient::new(endpoint.connect().await.unwrap());
    let mut slow = watch(&mut client, "").await;
    let mut changes = 0;
    let until = Instant::now() + millis(500);
    while Instant::now() < until {
        health.set_maintenance(changes % 2 == 0);
        changes += 1;
        tokio::time::sleep(millis(1)).await;
    }
    health.set_maintenance(true);
    let mut told = vec![next(&mut slow).await];
    while told.len() < 100
        && let Ok(message) = timeout(millis(500), slow.message()).await
    {
        told.push(message.unwrap().map(|message| message.status()));
    }
    assert_eq!((told[0], told.last()), (Some(Serving), Some(&Some(NotServing))));
    assert!(changes > 50 && told.len() <= 4, "{changes} changes, and {told:?}");
    health.set_maintenance(false);
    assert_eq!(next(&mut slow).await, Some(Serving));
}

#[tokio::test]
async fn watches_have_a_limit_and_those_that_end_make_room() {
    let health = quick().check(Probe::new("store").critical()).build().unwrap();
    let grpc = health.grpc(Details::Shown).with_max_watches(NonZeroU32::new(2).unwrap());
    let addr = serve(grpc.clone()).await;
    let mut client = client(addr).await;
    let (mut first, second) = (watch(&mut client, "").await, watch(&mut client, "nobody").await);
    let refused = client.watch(about("")).await.unwrap_err();
    assert_eq!((refused.code(), refused.message()), (Code::ResourceExhausted, "too many watches"));
    let mut other = self::client(serve(grpc).await).await;
    assert_eq!(other.watch(about("")).await.unwrap_err().code(), Code::ResourceExhausted, "clones share it");
    assert_eq!(check(&mut client, "").await, Ok(NotServing), "checks go on");
    drop(second);
    let since = Instant::now();
    let mut third = loop {
        match client.watch(about("")).await {
            Ok(watch) => break watch.into_inner(),
            Err(status) => assert_eq!(status.code(), Code::ResourceExhausted),
        }
        assert!(since.elapsed() < PATIENCE, "the seat is not given back");
        tokio::time::sleep(millis(10)).await;
    };
    assert_eq!(next(&mut third).await, Some(NotServing));
    assert_eq!(next(&mut first).await, Some(NotServing));
}

#[tokio::test]
async fn a_check_of_a_peer_leaves_its_peers_out() {
    let other = Probe::peer("other");
    other.fails(Reason::BadStatus);
    let health = quick().check(Probe::new("store").critical()).check(other.critical()).build().unwrap();
    health.start().unwrap();
    let mut changes = health.subscribe();
    let known = changes.wait_for(|snapshot| snapshot.phase == Phase::Serving);
    timeout(PATIENCE, known).await.unwrap().unwrap();
    let mut client = client(serve(health.grpc(Details::Shown)).await).await;
    let hop = || {
        let mut request = Request::new(about(""));
        request.metadata_mut().insert("x-health-hop", "1".parse().unwrap());
        request
    };
    assert_eq!(check(&mut client, "").await, Ok(NotServing));
    let answer: Result<_, Status> = client.check(hop()).await;
    assert_eq!(answer.unwrap().into_inner().status(), Serving);
    let mut watch = client.watch(hop()).await.unwrap().into_inner();
    assert_eq!(next(&mut watch).await, Some(Serving));
}
