//! Replicas that share their tiers through a real Redis, and what becomes of them when it fails.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::convert::Infallible;
use std::net::{Ipv4Addr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use campotech_core::{ClientIp, ManualClock};
use campotech_security::rate_limit::redis::RedisLimits;
use campotech_security::rate_limit::shared::{SharedLimits, Sharing, StoreFault};
use campotech_security::rate_limit::{Algorithm, NetworkKey, Outage, Quota, RateLimitLayer, Tier};
use campotech_testkit::{Fault, FaultProxy, RecordingObserver, Redis};
use fred::prelude::*;
use http::{Request, Response, StatusCode};
use http_body_util::Full;
use tokio::time::{Instant, timeout};
use tower::{Layer, ServiceExt, service_fn};

const QUARTER: Duration = Duration::from_secs(900);
/// Where the store falls silent. Longer than the default, so that it is not the machine that is slow.
const DEADLINE: Duration = Duration::from_millis(300);
/// What a busy machine may add to a deadline.
const SLACK: Duration = Duration::from_millis(250);
const LOGIN: &str = "/api/v1/auth/login";

async fn hello<B>(_: Request<B>) -> Result<Response<Full<Bytes>>, Infallible> {
    Ok(Response::new(Full::new(Bytes::from_static(b"hola"))))
}

/// One process of several: a client, a driver and a layer of its own.
#[derive(Clone)]
struct Replica {
    layer: RateLimitLayer<ManualClock>,
    shared: SharedLimits,
    clock: ManualClock,
    observer: RecordingObserver,
}

impl Replica {
    async fn start(url: &str) -> Self {
        Self::of(limits(url).await.start(), tiers())
    }

    /// One that does not wait for long.
    async fn quick(url: &str) -> Self {
        Self::of(limits(url).await.with_deadline(DEADLINE).unwrap().start(), tiers())
    }

    fn of(shared: SharedLimits, tiers: impl IntoIterator<Item = Tier>) -> Self {
        let (clock, observer) = (ManualClock::new(), RecordingObserver::default());
        let layer = RateLimitLayer::new(tiers).unwrap().with_shared(shared.clone()).with_clock(clock.clone());
        Self { layer: layer.with_observer(Arc::new(observer.clone())), shared, clock, observer }
    }

    async fn get(&self, from: u8, path: &str) -> Response<()> {
        let mut request = Request::get(path).body(Full::<Bytes>::default()).unwrap();
        request.extensions_mut().insert(ClientIp::new(Ipv4Addr::new(203, 0, 113, from).into(), false));
        self.layer.layer(service_fn(hello)).oneshot(request).await.unwrap().map(drop)
    }

    async fn status(&self, from: u8, path: &str) -> u16 {
        self.get(from, path).await.status().as_u16()
    }

    async fn admitted(&self, from: u8, path: &str, requests: usize) -> usize {
        let mut admitted = 0;
        for _ in 0..requests {
            admitted += usize::from(self.get(from, path).await.status() == StatusCode::OK);
        }
        admitted
    }

    /// How many decisions the store did not make, since it was last asked.
    fn own_decisions(&self, before: &mut usize) -> usize {
        let lines = self.observer.lines();
        let own = lines[*before..].iter().filter(|line| line.ends_with("store_error")).count();
        *before = lines.len();
        own
    }

    async fn becomes(&self, sharing: Sharing) {
        until(&format!("{sharing:?}"), || self.shared.sharing() == sharing).await;
    }

    async fn becomes_shared(&self) {
        self.becomes(Sharing::Shared).await;
    }
}

/// A deadline that a busy machine keeps: where the store decides, it decides all.
async fn limits(url: &str) -> RedisLimits<Client> {
    RedisLimits::new(client(url).await).with_deadline(Duration::from_secs(1)).unwrap()
}

async fn three(redis: &Redis) -> [Replica; 3] {
    let url = redis.url();
    [Replica::start(&url).await, Replica::start(&url).await, Replica::start(&url).await]
}

async fn client(url: &str) -> Client {
    let client = Builder::from_config(Config::from_url(url).unwrap())
        .with_connection_config(|connection| {
            connection.internal_command_timeout = Duration::from_secs(1);
            connection.unresponsive.max_timeout = Some(Duration::from_secs(2));
            connection.unresponsive.interval = Duration::from_millis(500);
        })
        .set_policy(ReconnectPolicy::new_constant(0, 50))
        .build()
        .unwrap();
    client.init().await.unwrap();
    client
}

async fn until(what: &str, condition: impl Fn() -> bool) {
    let reached = async {
        while !condition() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(Duration::from_secs(20), reached).await.unwrap_or_else(|_| panic!("it never was so: {what}"));
}

fn tiers() -> [Tier; 2] {
    [
        Tier::auth(10, QUARTER).routes(["/api/v1/auth/*"]),
        // Nothing comes back while a test runs.
        Tier::standard(50, Duration::from_secs(31 * 86_400)),
    ]
}

fn header<'r>(answer: &'r Response<()>, name: &str) -> &'r str {
    answer.headers().get(name).map_or("", |value| value.to_str().unwrap())
}

#[tokio::test]
async fn three_replicas_admit_ten_of_sixty() {
    let redis = Redis::start().await;
    let replicas = three(&redis).await;
    let mut admitted = 0;
    for _ in 0..20 {
        for replica in &replicas {
            admitted += replica.admitted(7, LOGIN, 1).await;
        }
    }
    assert_eq!(admitted, 10);
    assert!(replicas.iter().all(|replica| replica.own_decisions(&mut 0) == 0));
    assert_eq!(replicas[0].admitted(8, LOGIN, 1).await, 1);
    assert_eq!(redis.command(&["EXISTS", "campotech:limit:{203.0.113.7/32}:auth"]).await, "1");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn at_once_they_admit_no_more() {
    let redis = Redis::start().await;
    let replicas = three(&redis).await;
    for (path, limit) in [(LOGIN, 10), ("/", 50)] {
        let mut requests = tokio::task::JoinSet::new();
        for _ in 0..60 {
            for replica in replicas.clone() {
                requests.spawn(async move { replica.admitted(7, path, 1).await });
            }
        }
        let admitted: usize = requests.join_all().await.into_iter().sum();
        assert_eq!(admitted, limit, "{path}");
    }
    assert!(replicas.iter().all(|replica| replica.own_decisions(&mut 0) == 0));
}

#[tokio::test]
async fn the_headers_tell_what_the_store_knows() {
    let redis = Redis::start().await;
    let (one, two) = (Replica::start(&redis.url()).await, Replica::start(&redis.url()).await);
    for left in (0..10).rev() {
        let answer = if left % 2 == 0 { &one } else { &two }.get(7, LOGIN).await;
        assert_eq!(header(&answer, "ratelimit-policy"), "\"auth\";q=10;w=900");
        let told = header(&answer, "ratelimit");
        let wait: u64 = told.strip_prefix(&format!("\"auth\";r={left};t=")).unwrap().parse().unwrap();
        assert!((870..=900).contains(&wait), "{told}");
    }
    let refused = one.get(7, LOGIN).await;
    assert_eq!(refused.status(), 429);
    let wait: u64 = header(&refused, "retry-after").parse().unwrap();
    assert!((870..=900).contains(&wait));
    assert_eq!(header(&refused, "ratelimit"), format!("\"auth\";r=0;t={wait}"));
    assert_eq!(header(&two.get(7, "/").await, "ratelimit"), "\"standard\";r=49;t=53568");
}

#[tokio::test]
async fn of_two_tiers_none_counts_what_the_other_refuses() {
    let redis = Redis::start().await;
    let (one, two) = (Replica::start(&redis.url()).await, Replica::start(&redis.url()).await);
    let ambiguous = "/x/..%2fapi/v1/auth/login";
    assert_eq!(one.admitted(7, ambiguous, 30).await, 10);
    assert_eq!(two.admitted(7, LOGIN, 1).await, 0);
    assert!(header(&two.get(7, "/").await, "ratelimit").starts_with("\"standard\";r=39;"));
    assert_eq!(one.admitted(8, "/", 60).await, 50);
    assert_eq!(two.admitted(8, ambiguous, 5).await, 0);
    assert!(header(&two.get(8, LOGIN).await, "ratelimit").starts_with("\"auth\";r=9;"));
}

#[tokio::test]
async fn a_shadow_tier_is_counted_together_and_refuses_nobody() {
    let redis = Redis::start().await;
    let start = async || {
        let shared = limits(&redis.url()).await.start();
        Replica::of(shared, [Tier::auth(2, QUARTER).shadow()])
    };
    let (one, two) = (start().await, start().await);
    for replica in [&one, &two, &one, &two] {
        assert_eq!(replica.status(7, "/").await, 200);
    }
    for replica in [&one, &two] {
        assert_eq!(replica.observer.lines(), ["rate_limit auth allowed", "rate_limit auth shadow"]);
    }
}

#[tokio::test]
async fn the_clocks_of_the_replicas_change_nothing() {
    let redis = Redis::start().await;
    let (ahead, behind) = (Replica::start(&redis.url()).await, Replica::start(&redis.url()).await);
    let mut admitted = 0;
    for _ in 0..20 {
        ahead.clock.advance(Duration::from_secs(3_600));
        admitted += ahead.admitted(7, LOGIN, 1).await + behind.admitted(7, LOGIN, 1).await;
    }
    assert_eq!(admitted, 10);
}

#[tokio::test]
async fn a_frozen_server_delays_one_request_and_then_nobody() {
    let redis = Redis::start().await;
    let url = redis.url();
    let replicas = [Replica::quick(&url).await, Replica::quick(&url).await, Replica::quick(&url).await];
    for replica in &replicas {
        until("3 replicas", || replica.shared.replicas() == 3).await;
    }
    let [one, two, third] = &replicas;
    assert_eq!(one.admitted(7, LOGIN, 3).await, 3);

    redis.freeze();
    let began = Instant::now();
    assert_eq!(one.status(8, LOGIN).await, 200);
    assert!(began.elapsed() < DEADLINE + SLACK, "{:?}", began.elapsed());
    one.becomes(Sharing::Away(StoreFault::Timeout)).await;
    let began = Instant::now();
    // A share of 4, of which 3 were used while the store decided.
    assert_eq!(one.admitted(7, LOGIN, 50).await, 1);
    assert_eq!(one.admitted(8, LOGIN, 50).await, 3);
    assert!(began.elapsed() < DEADLINE, "{:?}", began.elapsed());
    let before = one.observer.lines().len();
    assert_eq!(one.status(9, LOGIN).await, 200);
    assert_eq!(one.observer.lines()[before..], ["rate_limit auth store_error", "rate_limit auth allowed"]);
    assert_eq!(two.admitted(7, LOGIN, 50).await + third.admitted(7, LOGIN, 50).await, 8);
    assert_eq!(one.shared.replicas(), 3);

    redis.thaw();
    for replica in &replicas {
        replica.becomes_shared().await;
    }
    // The store is told what the shares admitted, and each replica has had its own: nothing is left for this window.
    assert_eq!(one.admitted(7, LOGIN, 20).await + two.admitted(7, LOGIN, 20).await, 0);
    let mut seen = one.observer.lines().len();
    assert_eq!(one.admitted(7, LOGIN, 5).await, 0);
    assert_eq!(one.own_decisions(&mut seen), 0);
}

#[tokio::test]
async fn when_one_has_waited_in_vain_all_go_on() {
    let redis = Redis::start().await;
    let replica = Replica::start(&redis.url()).await;
    replica.becomes_shared().await;
    redis.freeze();
    let asked_later = async {
        tokio::time::sleep(Duration::from_millis(500)).await;
        let began = Instant::now();
        assert_eq!(replica.status(8, LOGIN).await, 200);
        began.elapsed()
    };
    let (_, waited) = tokio::join!(replica.status(7, LOGIN), asked_later);
    assert!(waited < Duration::from_millis(700), "{waited:?} of a deadline of a second");
}

#[tokio::test]
async fn a_server_that_was_killed_goes_on_where_it_was() {
    let redis = Redis::start().await;
    let replica = Replica::quick(&redis.url()).await;
    assert_eq!(replica.admitted(7, LOGIN, 6).await, 6);
    redis.kill().await;
    let began = Instant::now();
    assert_eq!(replica.status(8, LOGIN).await, 200);
    assert!(began.elapsed() < DEADLINE + SLACK, "{:?}", began.elapsed());
    until("away", || matches!(replica.shared.sharing(), Sharing::Away(_))).await;
    let mut seen = replica.observer.lines().len();
    assert_eq!(replica.admitted(8, LOGIN, 20).await, 9);
    assert_eq!(replica.own_decisions(&mut seen), 20);
    redis.restart().await;
    replica.becomes_shared().await;
    // It has lost its scripts, not its data.
    assert_eq!(replica.admitted(7, LOGIN, 20).await, 4);
    assert_eq!(replica.own_decisions(&mut seen), 0);
}

#[tokio::test]
async fn a_server_that_forgot_the_scripts_is_told_them_again() {
    let redis = Redis::start().await;
    let replica = Replica::start(&redis.url()).await;
    for _ in 0..3 {
        assert_eq!(replica.admitted(7, LOGIN, 2).await, 2);
        assert_eq!(redis.command(&["SCRIPT", "FLUSH"]).await, "OK");
    }
    assert_eq!(replica.admitted(7, LOGIN, 20).await, 4);
    assert_eq!(replica.own_decisions(&mut 0), 0);
}

#[tokio::test]
async fn a_key_that_holds_something_else_concerns_its_client_only() {
    let redis = Redis::start().await;
    let replica = Replica::start(&redis.url()).await;
    redis.command(&["HSET", "campotech:limit:{203.0.113.7/32}:auth", "a", "b"]).await;
    redis.command(&["RPUSH", "campotech:limit:{203.0.113.7/32}:standard", "a"]).await;
    replica.becomes_shared().await;
    let mut seen = 0;
    assert_eq!(replica.admitted(7, LOGIN, 20).await, 10);
    assert_eq!(replica.admitted(7, "/", 60).await, 50);
    assert_eq!(replica.own_decisions(&mut seen), 80);
    assert!(replica.shared.is_shared());
    assert_eq!(replica.admitted(8, LOGIN, 20).await, 10);
    assert_eq!(replica.own_decisions(&mut seen), 0);
}

/// The share decides as long as the server is as `broken` made it, and the store again after `mended`.
async fn an_outage(broken: &[&[&str]], fault: StoreFault, mended: &[&[&str]]) {
    let redis = Redis::start().await;
    let replica = Replica::start(&redis.url()).await;
    assert_eq!(replica.admitted(7, LOGIN, 4).await, 4);
    for words in broken {
        assert_eq!(redis.command(words).await, "OK", "{words:?}");
    }
    let mut seen = replica.observer.lines().len();
    assert_eq!(replica.admitted(7, LOGIN, 20).await, 6, "{fault:?}");
    assert_eq!(replica.admitted(8, "/", 60).await, 50, "{fault:?}");
    assert_eq!(replica.own_decisions(&mut seen), 80, "{fault:?}");
    assert_eq!(replica.shared.sharing(), Sharing::Away(fault));
    for words in mended {
        assert_eq!(redis.command(words).await, "OK", "{words:?}");
    }
    replica.becomes_shared().await;
    // The store knows of four; this replica of ten.
    assert_eq!(replica.admitted(7, LOGIN, 20).await, 0, "{fault:?}");
    assert_eq!(replica.admitted(9, LOGIN, 20).await, 10, "{fault:?}");
    assert_eq!(replica.own_decisions(&mut seen), 0, "{fault:?}");
}

#[tokio::test]
async fn a_full_server_is_away() {
    let full: &[&[&str]] =
        &[&["CONFIG", "SET", "maxmemory-policy", "noeviction"], &["CONFIG", "SET", "maxmemory", "1"]];
    an_outage(full, StoreFault::Full, &[&["CONFIG", "SET", "maxmemory", "0"]]).await;
}

#[tokio::test]
async fn a_replica_that_takes_no_writes_is_away() {
    let to_nowhere: &[&[&str]] = &[&["REPLICAOF", "127.0.0.1", "1"]];
    an_outage(to_nowhere, StoreFault::ReadOnly, &[&["REPLICAOF", "NO", "ONE"]]).await;
}

#[tokio::test]
async fn a_server_that_keeps_our_keys_from_us_is_away() {
    let elsewhere: &[&[&str]] = &[&["ACL", "SETUSER", "default", "resetkeys", "~other:*"]];
    an_outage(elsewhere, StoreFault::Denied, &[&["ACL", "SETUSER", "default", "allkeys"]]).await;
}

#[tokio::test]
async fn a_server_that_is_slow_is_asked_no_more_until_it_is_quick() {
    let redis = Redis::start().await;
    let proxy = FaultProxy::start(redis.addr()).await;
    let replica = Replica::quick(&redis.url_via(proxy.addr())).await;
    replica.becomes_shared().await;
    proxy.set(Fault::Delay(DEADLINE));
    assert_eq!(replica.status(7, LOGIN).await, 200);
    replica.becomes(Sharing::Away(StoreFault::Timeout)).await;
    let began = Instant::now();
    assert_eq!(replica.admitted(8, LOGIN, 1_000).await, 10);
    assert!(began.elapsed() < Duration::from_secs(1), "{:?}", began.elapsed());
    // Its answers come, but too late: it is not back.
    let mut changes = replica.shared.changes();
    assert!(timeout(4 * DEADLINE, changes.changed()).await.is_err());
    assert_eq!(redis.command(&["EXISTS", "campotech:limit:{203.0.113.8/32}:auth"]).await, "0");
    proxy.set(Fault::Pass);
    replica.becomes_shared().await;
    assert_eq!(replica.admitted(9, LOGIN, 20).await, 10);
}

#[tokio::test]
async fn a_network_that_swallows_everything_is_a_silent_server() {
    let redis = Redis::start().await;
    let proxy = FaultProxy::start(redis.addr()).await;
    let replica = Replica::quick(&redis.url_via(proxy.addr())).await;
    assert_eq!(replica.admitted(7, LOGIN, 5).await, 5);
    proxy.set(Fault::Blackhole);
    let began = Instant::now();
    assert_eq!(replica.status(7, LOGIN).await, 200);
    assert!(began.elapsed() < DEADLINE + SLACK, "{:?}", began.elapsed());
    replica.becomes(Sharing::Away(StoreFault::Timeout)).await;
    assert_eq!(replica.admitted(7, LOGIN, 20).await, 4);
    proxy.set(Fault::Pass);
    replica.becomes_shared().await;
    assert_eq!(replica.admitted(7, LOGIN, 20).await, 0, "ten were admitted here");
    assert_eq!(replica.admitted(9, LOGIN, 20).await, 10);
}

#[tokio::test]
async fn a_connection_that_was_reset_counts_nothing_twice() {
    let redis = Redis::start().await;
    let proxy = FaultProxy::start(redis.addr()).await;
    let replica = Replica::quick(&redis.url_via(proxy.addr())).await;
    assert_eq!(replica.status(8, LOGIN).await, 200);
    replica.becomes_shared().await;
    // The question arrives, its answer does not.
    proxy.set(Fault::Delay(Duration::from_millis(100)));
    let counted = async || redis.command(&["LLEN", "campotech:limit:{203.0.113.7/32}:auth"]).await;
    let (status, ()) = tokio::join!(replica.status(7, LOGIN), async {
        while counted().await != "1" {}
        proxy.reset_all();
    });
    assert_eq!(status, 200);
    assert_eq!(replica.own_decisions(&mut 0), 1);
    proxy.set(Fault::Pass);
    replica.becomes_shared().await;
    assert_eq!(counted().await, "1");
}

#[tokio::test]
async fn a_client_that_was_never_connected_is_no_reason_to_wait() {
    let redis = Redis::start().await;
    let client = Client::new(Config::from_url(&redis.url()).unwrap(), None, None, None);
    let limits = RedisLimits::new(client.clone()).with_deadline(Duration::from_secs(1)).unwrap();
    let replica = Replica::of(limits.start(), tiers());
    assert_eq!(replica.admitted(7, LOGIN, 20).await, 10);
    replica.becomes(Sharing::Away(StoreFault::Unreachable)).await;
    client.init().await.unwrap();
    replica.becomes_shared().await;
    assert_eq!(replica.admitted(7, LOGIN, 20).await, 0, "ten were admitted here");
    assert_eq!(replica.admitted(9, LOGIN, 20).await, 10);
}

#[tokio::test]
async fn a_pool_does_as_well_as_a_client() {
    let redis = Redis::start().await;
    let pool = Builder::from_config(Config::from_url(&redis.url()).unwrap()).build_pool(3).unwrap();
    pool.init().await.unwrap();
    let replica =
        Replica::of(RedisLimits::new(pool).with_deadline(Duration::from_secs(1)).unwrap().start(), tiers());
    assert_eq!(replica.admitted(7, LOGIN, 30).await, 10);
    assert_eq!(replica.own_decisions(&mut 0), 0);
}

#[tokio::test]
async fn another_quota_takes_over_what_was_counted() {
    let redis = Redis::start().await;
    let with = async |limit: u32, algorithm: Algorithm| {
        let quota = Quota::parse(&format!("{limit}/1h")).unwrap();
        let shared = limits(&redis.url()).await.start();
        Replica::of(shared, [Tier::new(format!("{algorithm:?}").to_lowercase(), quota, algorithm)])
    };
    let (before, after) = (with(10, Algorithm::SlidingLog).await, with(4, Algorithm::SlidingLog).await);
    assert_eq!(before.admitted(7, "/", 6).await, 6);
    assert_eq!(after.admitted(7, "/", 5).await, 0);
    assert_eq!(before.admitted(7, "/", 9).await, 4);
    let (before, after) = (with(10, Algorithm::Gcra).await, with(20, Algorithm::Gcra).await);
    assert_eq!(before.admitted(7, "/", 5).await, 5);
    assert_eq!(after.admitted(7, "/", 30).await, 10);
    assert_eq!(before.admitted(7, "/", 9).await, 0);
}

#[tokio::test]
async fn prefixes_keep_deployments_apart() {
    let redis = Redis::start().await;
    let with = async |prefix: &str| {
        let limits = limits(&redis.url()).await.with_prefix(prefix).unwrap();
        Replica::of(limits.start(), tiers())
    };
    let (one, two) = (with("staging:limit").await, with("canary").await);
    assert_eq!(one.admitted(7, LOGIN, 20).await, 10);
    assert_eq!(two.admitted(7, LOGIN, 20).await, 10);
    one.becomes_shared().await;
    two.becomes_shared().await;
    let keys = redis.command(&["KEYS", "*"]).await;
    assert!(
        keys.lines().all(|key| key.starts_with("staging:limit:") || key.starts_with("canary:")),
        "{keys}"
    );
    assert_eq!(redis.command(&["ZCARD", "canary:replicas"]).await, "1");
}

#[tokio::test]
async fn wrong_settings_are_refused() {
    let limits = || RedisLimits::new(Client::default());
    for prefix in ["", "a b", "a{b", "a}b", "ñ", "a\nb", &"x".repeat(129)] {
        assert_eq!(limits().with_prefix(prefix).unwrap_err().code(), "range", "{prefix}");
    }
    for deadline in [0, 1_001] {
        assert_eq!(limits().with_deadline(Duration::from_millis(deadline)).unwrap_err().code(), "range");
    }
    let fine = limits().with_prefix("p").unwrap().with_deadline(Duration::from_millis(5)).unwrap();
    assert_eq!(format!("{fine:?}"), "RedisLimits { prefix: \"p\", deadline: 5ms, .. }");
    assert_eq!(limits().start().deadline(), Duration::from_millis(50));
    assert_eq!(fine.start().deadline(), Duration::from_millis(5));
}

#[tokio::test]
async fn the_driver_ends_with_the_last_layer() {
    let redis = Redis::start().await;
    let client = client(&redis.url()).await;
    let alive = || tokio::runtime::Handle::current().metrics().num_alive_tasks();
    let before = alive();
    let replica = Replica::of(RedisLimits::new(client).start(), tiers());
    assert_eq!(replica.status(7, LOGIN).await, 200);
    assert_eq!(alive(), before + 1);
    drop(replica);
    until("no driver", || alive() == before).await;
}

/// Three nodes with a third of the slots each.
struct Cluster([Redis; 3]);

impl Cluster {
    async fn start() -> Self {
        // All at once, so that none is given the port of another.
        let buses = [(); 3].map(|()| TcpListener::bind(("127.0.0.1", 0)).unwrap());
        let buses = buses.map(|bus| bus.local_addr().unwrap().port().to_string());
        let node = async |bus: &str| {
            let settings = [
                ("cluster-enabled", "yes"),
                ("cluster-port", bus),
                ("cluster-node-timeout", "2000"),
                ("cluster-require-full-coverage", "no"),
            ];
            let builder =
                settings.iter().fold(Redis::builder(), |to, (name, value)| to.setting(*name, *value));
            builder.start().await
        };
        let nodes = [node(&buses[0]).await, node(&buses[1]).await, node(&buses[2]).await];
        for (at, node) in nodes.iter().enumerate() {
            let (first, last) = (at * 5_462, (at * 5_462 + 5_461).min(16_383));
            let slots = ["CLUSTER", "ADDSLOTSRANGE", &first.to_string(), &last.to_string()];
            assert_eq!(node.command(&slots).await, "OK");
            let meet = ["CLUSTER", "MEET", "127.0.0.1", &node.addr().port().to_string(), &buses[at]];
            assert_eq!(nodes[0].command(&meet).await, "OK");
        }
        for node in &nodes {
            let ready = async || {
                let info = node.command(&["CLUSTER", "INFO"]).await;
                info.contains("cluster_state:ok") && info.contains("cluster_slots_ok:16384")
            };
            let all_known = async {
                while !ready().await {
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
            };
            timeout(Duration::from_secs(20), all_known).await.expect("the nodes know each other");
        }
        Self(nodes)
    }

    fn url(&self) -> String {
        format!("redis-cluster://{}", self.0[0].addr())
    }

    fn at(key: &str) -> usize {
        usize::from(fred::util::redis_keyslot(key.as_bytes())) / 5_462
    }
}

#[tokio::test]
async fn the_nodes_of_a_cluster_share_the_clients() {
    let cluster = Cluster::start().await;
    let (one, two) = (Replica::start(&cluster.url()).await, Replica::start(&cluster.url()).await);
    for from in 1..=30 {
        let admitted = one.admitted(from, LOGIN, 7).await + two.admitted(from, LOGIN, 7).await;
        assert_eq!(admitted, 10, "{from}");
        assert_eq!(one.admitted(from, "/x/..%2fapi/v1/auth/login", 1).await, 0, "{from}");
    }
    assert_eq!(one.own_decisions(&mut 0) + two.own_decisions(&mut 0), 0);
    for node in &cluster.0 {
        assert_ne!(node.command(&["DBSIZE"]).await, "0");
    }
}

#[tokio::test]
async fn a_silent_node_of_a_cluster_does_not_delay_every_request() {
    let cluster = Cluster::start().await;
    let replica = Replica::quick(&cluster.url()).await;
    let beats = Cluster::at("campotech:limit:replicas");
    let elsewhere =
        (1..=u8::MAX).find(|from| Cluster::at(&format!("{{203.0.113.{from}/32}}")) != beats).unwrap();
    replica.becomes_shared().await;
    assert_eq!(replica.status(elsewhere, LOGIN).await, 200);
    let node = &cluster.0[Cluster::at(&format!("{{203.0.113.{elsewhere}/32}}"))];
    node.freeze();
    let began = Instant::now();
    let requests: u32 = 100;
    for _ in 0..requests {
        // What is refused, and what is not, is the share's affair here: the store never fails a request.
        let status = replica.status(elsewhere, LOGIN).await;
        assert!(matches!(status, 200 | 429), "{status}");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let waited = began.elapsed();
    assert!(waited < DEADLINE * requests / 4, "{waited:?}");
    node.thaw();
    replica.becomes_shared().await;
}

/// A replica with other tiers.
async fn with_tiers(url: &str, tiers: impl IntoIterator<Item = Tier>) -> Replica {
    let replica = Replica::of(limits(url).await.start(), tiers);
    replica.becomes_shared().await;
    replica
}

#[tokio::test]
async fn costs_plans_and_second_tiers_are_shared() {
    let redis = Redis::start().await;
    let wide = || NetworkKey::new().with_prefixes(24, 48).unwrap();
    let tiers = || {
        let wide = Tier::new("wide", Quota::parse("6/15m").unwrap(), Algorithm::SlidingLog).key(wide());
        [Tier::auth(4, QUARTER).cost(|request| if request.uri().path() == "/two" { 2 } else { 1 }).and(wide)]
    };
    let (one, two) = (with_tiers(&redis.url(), tiers()).await, with_tiers(&redis.url(), tiers()).await);
    assert_eq!(one.admitted(7, "/two", 1).await, 1);
    assert_eq!(two.admitted(7, "/two", 2).await, 1);
    assert_eq!(one.admitted(7, "/", 3).await, 0);
    // Four by cost, one each in the wide tier: what the first refused the second gave back, and it is last in the call.
    assert_eq!(two.admitted(8, "/", 9).await, 4);
    // The /24 has none left: the first tier takes back what it counted.
    assert_eq!(one.admitted(9, "/", 3).await, 0);
    let exists = redis.command(&["LLEN", "campotech:limit:{203.0.113.9/32}:auth"]).await;
    assert_eq!(exists, "0");
    assert_eq!(redis.command(&["LLEN", "campotech:limit:{203.0.113.0/24}:wide"]).await, "6");
    assert!([one, two].iter().all(|replica| replica.own_decisions(&mut 0) == 0));
}

#[tokio::test]
async fn failures_are_counted_together_and_successes_are_given_back() {
    let redis = Redis::start().await;
    let tiers = || {
        [
            Tier::auth(3, QUARTER).routes(["/fails"]).count_only(|status| status != StatusCode::OK),
            Tier::standard(3, Duration::from_secs(31 * 86_400)).count_only(|status| status != StatusCode::OK),
        ]
    };
    let (one, two) = (with_tiers(&redis.url(), tiers()).await, with_tiers(&redis.url(), tiers()).await);
    // Every answer here is a success.
    for path in ["/", "/fails"] {
        for _ in 0..10 {
            assert_eq!(one.admitted(7, path, 1).await + two.admitted(7, path, 1).await, 2, "{path}");
            let none =
                async || redis.command(&["LLEN", "campotech:limit:{203.0.113.7/32}:auth"]).await == "0";
            while path == "/fails" && !none().await {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        }
    }
    let fails = service_fn(async |_: Request<Full<Bytes>>| {
        let mut answer = Response::new(Full::<Bytes>::default());
        *answer.status_mut() = StatusCode::UNAUTHORIZED;
        Ok::<_, Infallible>(answer)
    });
    let mut statuses = Vec::new();
    for replica in [&one, &two, &one, &two] {
        let mut request = Request::get("/fails").body(Full::<Bytes>::default()).unwrap();
        request.extensions_mut().insert(ClientIp::new(Ipv4Addr::new(203, 0, 113, 9).into(), false));
        statuses.push(replica.layer.layer(fails).oneshot(request).await.unwrap().status().as_u16());
    }
    assert_eq!(statuses, [401, 401, 401, 429]);
}

#[tokio::test]
async fn a_lease_asks_seldom_and_admits_hardly_more() {
    let redis = Redis::start().await;
    let tiers = || [Tier::standard(100, Duration::from_secs(31 * 86_400)).lease(5)];
    let replicas = [(); 4].map(|()| tiers());
    let mut started = Vec::new();
    for tiers in replicas {
        started.push(with_tiers(&redis.url(), tiers).await);
    }
    let asked = async || -> usize {
        let info = redis.command(&["INFO", "commandstats"]).await;
        let calls = info.lines().find_map(|line| line.strip_prefix("cmdstat_evalsha:calls="));
        calls.map_or(0, |calls| calls.split(',').next().unwrap().parse().unwrap())
    };
    let (before, mut admitted) = (asked().await, 0);
    for _ in 0..250 {
        for replica in &started {
            admitted += replica.admitted(7, "/", 1).await;
        }
    }
    assert!((95..=105).contains(&admitted), "{admitted}");
    let questions = asked().await - before;
    assert!(questions <= 100, "{questions} questions for 1000 requests");
    assert!(started.iter().all(|replica| replica.own_decisions(&mut 0) == 0));
}

#[tokio::test]
async fn a_tier_that_is_closed_without_the_store_refuses_and_one_that_is_open_does_not() {
    let redis = Redis::start().await;
    let tiers = [
        Tier::auth(10, QUARTER).routes(["/api/v1/auth/*"]).outage(Outage::Closed),
        Tier::standard(1, QUARTER).outage(Outage::Open),
    ];
    let replica = with_tiers(&redis.url(), tiers).await;
    assert_eq!((replica.status(7, LOGIN).await, replica.status(7, "/").await), (200, 200));
    redis.kill().await;
    until("away", || matches!(replica.shared.sharing(), Sharing::Away(_))).await;
    assert_eq!(replica.status(7, LOGIN).await, 503);
    assert_eq!(replica.admitted(7, "/", 20).await, 20);
    redis.restart().await;
    replica.becomes_shared().await;
    assert_eq!((replica.status(7, LOGIN).await, replica.status(7, "/").await), (200, 429));
}
