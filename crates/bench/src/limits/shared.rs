//! Decisions that replicas share through one Redis: ours, each asked for or in batches, and a peer.

use std::hint::black_box;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::body::Body;
use campotech_core::{ClientIp, Observer, RateLimitVerdict};
use campotech_security::rate_limit::redis::RedisLimits;
use campotech_security::rate_limit::{Algorithm, Quota, RateLimitLayer, Tier};
use campotech_testkit::Redis;
use fred::clients::Client;
use fred::interfaces::ClientLike;
use fred::types::config::Config;
use futures_util::{StreamExt, stream};
use http::{Request, Response};
use tokio::runtime::Runtime;
use tower::{Layer, Service, ServiceExt};
use tower_rate_limit_redis::KeyResolver;

use crate::Subject;
use crate::service::{Nothing, get, runtime};

/// Requests under way at a time.
const CONCURRENT: usize = 64;

/// Clients, who take turns.
const CLIENTS: u32 = 16;

/// What is taken at a time where a batch is: good for as long as it takes to come back, 0.6 s.
const BATCH: u32 = 10_000;

/// Nobody is refused by us; the peer's smallest interval is a millisecond, and no client asks so often.
const QUOTA: Quota = Quota::per_minute(1_000_000);
const CAPACITY: u16 = u16::MAX;
const INTERVAL: Duration = Duration::from_millis(1);

/// As long as the longest that we take: a machine that is busy must not make us decide alone.
const DEADLINE: Duration = Duration::from_secs(1);

/// One question for each decision.
pub fn asked() -> Subject {
    ours(Tier::new("bench", QUOTA, Algorithm::Gcra))
}

/// One question for many decisions.
pub fn leased() -> Subject {
    ours(Tier::new("bench", QUOTA, Algorithm::Gcra).lease(BATCH))
}

fn ours(tier: Tier) -> Subject {
    let (on, redis) = with_redis();
    let shared = on.block_on(async {
        let client = Client::new(Config::from_url(&redis.url()).expect("an address"), None, None, None);
        client.init().await.expect("a server");
        let limits = RedisLimits::new(client).with_deadline(DEADLINE).expect("a deadline").start();
        let mut changes = limits.changes();
        changes.wait_for(|_| limits.is_shared()).await.expect("a driver");
        limits
    });
    let alone = Arc::new(Alone::default());
    let layer = RateLimitLayer::new([tier]).expect("a tier").with_shared(shared);
    let layer = layer.with_observer(Arc::clone(&alone) as Arc<dyn Observer>);
    decided(on, redis, layer.layer(Nothing), move || {
        assert_eq!(alone.0.load(Ordering::Relaxed), 0, "decisions without Redis");
    })
}

/// `tower-rate-limit-redis`, as its documentation puts it together, with the same deadline.
pub fn peer() -> Subject {
    let (on, redis) = with_redis();
    let connected = on.block_on(async {
        let client = redis::Client::open(redis.url()).expect("an address");
        client.get_multiplexed_async_connection().await.expect("a server")
    });
    let layer = tower_rate_limit_redis::RateLimitLayer::builder()
        .conn(connected)
        .key_resolver(OfClient)
        .capacity(CAPACITY)
        .emission_interval(INTERVAL)
        .timeout(DEADLINE)
        .build();
    decided(on, redis, layer.layer(Nothing), || {})
}

/// The key that ours counts by.
#[derive(Clone)]
struct OfClient;

impl KeyResolver for OfClient {
    type Key = String;
    type ErrorBody = Body;

    fn key<B>(&self, request: &Request<B>) -> Result<String, Response<Body>> {
        let client = ClientIp::of(request.extensions()).expect("a client");
        Ok(client.ip().to_string())
    }
}

/// Decisions that were made without Redis.
#[derive(Debug, Default)]
struct Alone(AtomicU64);

impl Observer for Alone {
    fn rate_limit(&self, _: &str, verdict: RateLimitVerdict) {
        if verdict == RateLimitVerdict::StoreError {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }
}

fn with_redis() -> (Runtime, Redis) {
    let on = runtime();
    let redis = on.block_on(Redis::builder().setting("appendonly", "no").setting("save", "").start());
    (on, redis)
}

/// Decides on one core; `checked` is asked after each turn whether the decisions were what they are taken for.
fn decided<S, B>(on: Runtime, redis: Redis, service: S, checked: impl Fn() + 'static) -> Subject
where
    S: Service<Request<Body>, Response = Response<B>> + Clone + 'static,
    S::Error: std::fmt::Debug,
    B: 'static,
{
    let mut next = 0;
    Box::new(move |requests| {
        let _ = &redis;
        let clients = (0..requests).map(|_| {
            next = (next + 1) % CLIENTS;
            of_client(next)
        });
        let decisions = stream::iter(clients).map(|request| service.clone().oneshot(request));
        on.block_on(decisions.buffer_unordered(CONCURRENT).for_each(|response| {
            let response = response.expect("an answer");
            assert!(response.status().is_success(), "{}", response.status());
            black_box(response);
            std::future::ready(())
        }));
        checked();
    })
}

fn of_client(number: u32) -> Request<Body> {
    let mut request = get();
    let client = Ipv4Addr::from_bits(0x0a00_0000 + number);
    request.extensions_mut().insert(ClientIp::new(client.into(), false));
    request
}
