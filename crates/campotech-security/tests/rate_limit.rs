//! Rate limits in front of a service: tiers, keys, headers, and what is admitted in any window.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::convert::Infallible;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use campotech_core::{ClientIp, Clock, ManualClock, RequestId};
use campotech_security::rate_limit::{
    Algorithm, FailureLimiter, Gcra, Quota, RateLimitLayer, RateLimitService, SlidingLog, Tier, gcra,
    sliding_log,
};
use campotech_testkit::{HyperServer, RawConnection, RecordingObserver};
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use proptest::prelude::*;
use tower::{Layer, ServiceExt, service_fn};

const QUARTER: Duration = Duration::from_secs(900);

async fn hello<B>(_: Request<B>) -> Result<Response<Full<Bytes>>, Infallible> {
    Ok(Response::new(Full::new(Bytes::from_static(b"hola"))))
}

struct Probe {
    layer: RateLimitLayer<ManualClock>,
    clock: ManualClock,
    observer: RecordingObserver,
}

struct Answer {
    status: StatusCode,
    headers: http::HeaderMap,
    body: Bytes,
}

impl Probe {
    fn new(tiers: impl IntoIterator<Item = Tier>) -> Self {
        let (clock, observer) = (ManualClock::new(), RecordingObserver::default());
        let layer = RateLimitLayer::new(tiers).unwrap().with_clock(clock.clone());
        Self { layer: layer.with_observer(Arc::new(observer.clone())), clock, observer }
    }

    async fn get(&self, from: &str, path: &str) -> Answer {
        let mut request = Request::get(path).body(Full::<Bytes>::default()).unwrap();
        if let Ok(ip) = from.parse::<IpAddr>() {
            request.extensions_mut().insert(ClientIp::new(ip, false));
        }
        request.extensions_mut().insert(RequestId::generate());
        let service = self.layer.layer(service_fn(hello));
        let (parts, body) = service.oneshot(request).await.unwrap().into_parts();
        Answer {
            status: parts.status,
            headers: parts.headers,
            body: body.collect().await.unwrap().to_bytes(),
        }
    }
}

impl Answer {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

fn auth() -> Tier {
    Tier::auth(10, QUARTER).routes(["/api/v1/auth/*"])
}

#[tokio::test]
async fn the_eleventh_login_is_refused_until_retry_after_is_over() {
    let probe = Probe::new([auth()]);
    for left in (0..10).rev() {
        let answer = probe.get("203.0.113.7", "/api/v1/auth/login").await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.header("ratelimit-policy"), "\"auth\";q=10;w=900");
        assert_eq!(answer.header("ratelimit"), format!("\"auth\";r={left};t=900"));
        assert_eq!(answer.body, "hola");
    }
    probe.clock.advance(Duration::from_millis(100_500));
    let refused = probe.get("203.0.113.7", "/api/v1/auth/login").await;
    assert_eq!(refused.status, 429);
    assert_eq!(refused.header("retry-after"), "800");
    assert_eq!(refused.header("ratelimit"), "\"auth\";r=0;t=800");
    assert_eq!(refused.header("ratelimit-policy"), "\"auth\";q=10;w=900");
    let problem: serde_json::Value = serde_json::from_slice(&refused.body).unwrap();
    assert_eq!(problem["violated-policies"], serde_json::json!(["auth"]));
    assert_eq!(problem["type"], "https://iana.org/assignments/http-problem-types#quota-exceeded");
    assert!(problem["instance"].is_string());
    probe.clock.advance(Duration::from_secs(799));
    assert_eq!(probe.get("203.0.113.7", "/api/v1/auth/login").await.status, 429);
    probe.clock.advance(Duration::from_secs(1));
    assert_eq!(probe.get("203.0.113.7", "/api/v1/auth/login").await.status, 200);
    assert_eq!(
        probe.observer.lines()[9..12],
        ["rate_limit auth allowed", "rate_limit auth limited", "rate_limit auth limited"]
    );
}

#[tokio::test]
async fn clients_are_networks() {
    let probe = Probe::new([Tier::auth(1, QUARTER)]);
    assert_eq!(probe.get("203.0.113.7", "/").await.status, 200);
    assert_eq!(probe.get("::ffff:203.0.113.7", "/").await.status, 429);
    assert_eq!(probe.get("203.0.113.8", "/").await.status, 200);
    assert_eq!(probe.get("2001:db8:1:2::1", "/").await.status, 200);
    assert_eq!(probe.get("2001:db8:1:2:ffff::9", "/").await.status, 429);
    assert_eq!(probe.get("2001:db8:1:3::1", "/").await.status, 200);
}

#[tokio::test]
async fn no_spelling_of_a_path_gets_around_its_tier() {
    let probe = Probe::new([
        Tier::auth(1, QUARTER).routes(["/api/v1/auth/*"]),
        Tier::standard(100, Duration::from_secs(60)),
    ]);
    assert_eq!(probe.get("203.0.113.7", "/api/v1/auth/login").await.status, 200);
    for path in [
        "/api/v1/auth/login",
        "/api/v1/auth/login/",
        "/api/v1/%61uth/login",
        "/api/v1//auth/login",
        "/api/v1/auth%2flogin",
        "/api/v1/jobs/../auth/login",
    ] {
        assert_eq!(probe.get("203.0.113.7", path).await.status, 429, "{path}");
    }
    assert_eq!(
        probe.get("203.0.113.7", "/api/v1/jobs").await.header("ratelimit-policy"),
        "\"standard\";q=100;w=60"
    );
}

#[tokio::test]
async fn a_path_with_two_readings_is_counted_by_the_tier_of_either() {
    let (auth, webhook) = (
        || Tier::auth(2, QUARTER).routes(["/api/v1/auth/*"]),
        || Tier::webhook(500, Duration::from_secs(60)).routes(["/webhooks/*"]),
    );
    let standard = || Tier::standard(100, Duration::from_secs(60));
    for tiers in [[webhook(), auth(), standard()], [auth(), standard(), webhook()]] {
        let probe = Probe::new(tiers);
        let disguised = "/webhooks/..%2fapi/v1/auth/login";
        let answer = probe.get("203.0.113.7", disguised).await;
        let told: Vec<_> = answer.headers.get_all("ratelimit").iter().map(|v| v.to_str().unwrap()).collect();
        assert!(told.iter().any(|value| value.starts_with("\"auth\";r=1;")), "{told:?}");
        assert!(told.iter().any(|value| value.starts_with("\"webhook\";r=499;")), "{told:?}");
        assert_eq!(probe.get("203.0.113.7", "/api/v1/auth/login").await.status, 200);
        for _ in 0..3 {
            let refused = probe.get("203.0.113.7", disguised).await;
            assert_eq!(refused.status, 429);
            assert!(refused.header("ratelimit").starts_with("\"auth\";r=0;"));
        }
        // What auth refused was not counted elsewhere.
        let plain = probe.get("203.0.113.7", "/webhooks/x").await;
        assert!(plain.header("ratelimit").starts_with("\"webhook\";r=498;"), "{}", plain.header("ratelimit"));
        // One tier for both readings counts once, and the default tier is a tier as any other.
        assert_eq!(
            probe.get("203.0.113.8", "/api/v1//auth/login").await.header("ratelimit"),
            "\"auth\";r=1;t=900"
        );
        let both = probe.get("203.0.113.8", "/x/..%2fwebhooks/x").await;
        assert_eq!(both.headers.get_all("ratelimit").iter().count(), 2);
    }
}

#[tokio::test]
async fn keys_at_their_limit_lock_nobody_else_out() {
    let probe = Probe::new([Tier::auth(10, QUARTER).max_keys(300)]);
    let client = |n: u32| std::net::Ipv4Addr::from_bits(0x0a00_0000 + n).to_string();
    for n in 0..64 {
        for _ in 0..10 {
            assert_eq!(probe.get(&client(n), "/").await.status, 200);
        }
    }
    for n in 64..300 {
        assert_eq!(probe.get(&client(n), "/").await.status, 200);
    }
    for n in 1_000..2_000 {
        assert_eq!(probe.get(&client(n), "/").await.status, 200, "{n}");
    }
    for n in 0..64 {
        assert_eq!(probe.get(&client(n), "/").await.status, 429, "{n} was forgiven");
    }
}

#[tokio::test]
async fn the_first_tier_that_fits_decides_and_without_one_nothing_is_limited() {
    let one = |name| Tier::new(name, Quota::per_minute(5), Algorithm::Gcra);
    let probe = Probe::new([one("a").routes(["/x/y"]), one("b").routes(["/x/*"])]);
    assert!(probe.get("203.0.113.7", "/x/y").await.header("ratelimit").starts_with("\"a\";r=4"));
    assert!(probe.get("203.0.113.7", "/x/z").await.header("ratelimit").starts_with("\"b\";r=4"));
    let free = probe.get("", "/z").await;
    assert_eq!((free.status, free.header("ratelimit")), (StatusCode::OK, ""));
}

#[tokio::test]
async fn a_shadow_tier_refuses_nobody_and_says_so() {
    let probe = Probe::new([Tier::auth(1, QUARTER).shadow()]);
    for _ in 0..2 {
        let answer = probe.get("203.0.113.7", "/").await;
        assert_eq!((answer.status, answer.header("ratelimit")), (StatusCode::OK, ""));
    }
    assert_eq!(probe.get("", "/").await.status, 200);
    assert_eq!(
        probe.observer.lines(),
        ["rate_limit auth allowed", "rate_limit auth shadow", "decision rate_limit reported no_client_ip"]
    );
}

#[tokio::test]
async fn a_request_without_a_client_is_answered_503_and_spends_nothing() {
    let probe = Probe::new([Tier::auth(1, QUARTER)]);
    for _ in 0..3 {
        assert_eq!(probe.get("", "/").await.status, 503);
    }
    assert_eq!(probe.observer.lines()[0], "decision rate_limit refused no_client_ip");
    assert_eq!(probe.get("203.0.113.7", "/").await.status, 200);
}

#[test]
fn misconfiguration_is_refused_at_build() {
    let tier = |name: &str| Tier::new(name, Quota::per_minute(1), Algorithm::Gcra);
    for (tiers, code) in [
        (vec![tier("")], "tier_name"),
        (vec![tier("a\"b")], "tier_name"),
        (vec![tier(&"x".repeat(33))], "tier_name"),
        (vec![tier("a").routes(["/x"]), tier("a")], "duplicate_tier"),
        (vec![tier("a"), tier("b")], "second_default_tier"),
        (vec![tier("a").routes(["x"])], "path_pattern"),
        (vec![tier("a").max_keys(0)], "range"),
        (vec![Tier::auth(0, QUARTER)], "quota_range"),
        (vec![Tier::auth(1, Duration::ZERO)], "quota_range"),
        (vec![Tier::auth(1, Duration::from_millis(1_500))], "quota_range"),
        (vec![Tier::auth(10_001, QUARTER)], "range"),
    ] {
        assert_eq!(RateLimitLayer::new(tiers).unwrap_err().code(), code);
    }
}

#[tokio::test]
async fn it_runs_under_bare_hyper() {
    let layer = RateLimitLayer::new([Tier::auth(2, QUARTER)]).unwrap();
    let limited = layer.layer(service_fn(hello));
    // What the client-ip layer does.
    let service = service_fn(move |mut request: Request<hyper::body::Incoming>| {
        let peer = request.extensions().get::<campotech_core::PeerAddr>().unwrap().0.ip();
        request.extensions_mut().insert(ClientIp::new(peer, false));
        limited.clone().oneshot(request)
    });
    let server = HyperServer::start(service).await;
    let mut connection = RawConnection::open(server.addr()).await.unwrap();
    let mut statuses = Vec::new();
    for _ in 0..3 {
        connection.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
        let answer = connection.receive().await.unwrap();
        assert!(answer.headers.contains_key("ratelimit"));
        statuses.push(answer.status.as_u16());
    }
    assert_eq!(statuses, [200, 200, 429]);
}

#[tokio::test]
async fn clones_under_axum_share_the_counts() {
    let limited = RateLimitLayer::new([Tier::auth(3, QUARTER)]).unwrap();
    let app = axum::Router::new()
        .route("/a", axum::routing::get(|| async { "a" }))
        .route("/b", axum::routing::get(|| async { "b" }))
        .layer(limited);
    let mut statuses = Vec::new();
    for path in ["/a", "/b", "/a", "/b"] {
        let mut request = Request::get(path).body(axum::body::Body::empty()).unwrap();
        request.extensions_mut().insert(ClientIp::new([203, 0, 113, 7].into(), false));
        statuses.push(app.clone().oneshot(request).await.unwrap().status().as_u16());
    }
    assert_eq!(statuses, [200, 200, 200, 429]);
}

#[test]
fn it_is_send_sync_and_clone() {
    fn check<T: Send + Sync + Clone + 'static>() {}
    check::<RateLimitLayer>();
    check::<RateLimitService<()>>();
    check::<FailureLimiter<String>>();
}

#[test]
fn failures_are_counted_per_key_and_successes_are_not() {
    let clock = ManualClock::new();
    let limiter = FailureLimiter::new(Quota::parse("3/15m").unwrap()).unwrap().with_clock(clock.clone());
    for _ in 0..3 {
        limiter.check(&"ana").unwrap();
        limiter.record_failure(&"ana");
        clock.advance(Duration::from_millis(100));
    }
    let limited = limiter.check(&"ana").unwrap_err();
    assert_eq!(limited.retry_after, QUARTER - Duration::from_millis(300));
    assert_eq!(limited.retry_after_seconds(), 900);
    assert!(limiter.attempt(&"ana").is_err());
    limiter.check(&"luis").unwrap();
    for _ in 0..100 {
        limiter.attempt(&"luis").unwrap().succeeded();
    }
    let held: Vec<_> = (0..3).map(|_| limiter.attempt(&"luis").unwrap()).collect();
    assert!(limiter.attempt(&"luis").is_err());
    drop(held);
    assert!(limiter.check(&"luis").is_err(), "an attempt that was dropped is a failure");
    clock.advance(limited.retry_after);
    limiter.check(&"ana").unwrap();
}

#[test]
fn attempts_at_once_never_exceed_the_quota() {
    let limiter = FailureLimiter::new(Quota::parse("10/15m").unwrap()).unwrap();
    let tried = |_| {
        let limiter = limiter.clone();
        std::thread::spawn(move || (0..100).filter(|_| limiter.attempt(&1_u8).is_ok()).count())
    };
    let threads: Vec<_> = (0..8).map(tried).collect();
    assert_eq!(threads.into_iter().map(|thread| thread.join().unwrap()).sum::<usize>(), 10);
}

#[test]
fn requests_at_once_never_exceed_the_quota() {
    for (algorithm, name) in [(Algorithm::SlidingLog, "exact"), (Algorithm::Gcra, "gcra")] {
        let clock = ManualClock::new();
        let tier = Tier::new(name, Quota::parse("50/15m").unwrap(), algorithm);
        let layer = RateLimitLayer::new([tier]).unwrap().with_clock(clock);
        let run = |_| {
            let service = layer.layer(service_fn(hello::<()>));
            std::thread::spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
                (0..100)
                    .filter(|_| {
                        let mut request = Request::new(());
                        request.extensions_mut().insert(ClientIp::new([203, 0, 113, 7].into(), false));
                        runtime.block_on(service.clone().oneshot(request)).unwrap().status() == 200
                    })
                    .count()
            })
        };
        let threads: Vec<_> = (0..4).map(run).collect();
        assert_eq!(threads.into_iter().map(|thread| thread.join().unwrap()).sum::<usize>(), 50, "{name}");
    }
}

/// Most of `times` in any half-open window.
fn most_in_any_window(times: &[u64], window: u64) -> usize {
    times
        .iter()
        .map(|start| times.iter().filter(|at| **at >= *start && **at < start + window).count())
        .max()
        .unwrap_or(0)
}

/// Gaps between requests: none, a little, about an interval, about a window.
fn gaps(window: u64) -> impl Strategy<Value = Vec<u64>> {
    let gap = prop_oneof![Just(0), 0..window / 20, window / 20..window / 2, window - 1..window + 2];
    prop::collection::vec(gap, 0..80)
}

const SECOND: u64 = 1_000_000_000;

proptest! {
    #[test]
    fn a_sliding_log_is_the_naive_model(limit in 1_u32..8, gaps in gaps(10 * SECOND)) {
        let window = 10 * SECOND;
        let log = SlidingLog::new(Quota::new(limit.try_into().unwrap(), Duration::from_secs(10))).unwrap();
        let (mut state, mut admitted, mut now) = (sliding_log::SlidingLogState::default(), Vec::<u64>::new(), 0);
        for gap in gaps {
            now += gap;
            let live: Vec<u64> = admitted.iter().copied().filter(|at| at + window > now).collect();
            let looked = log.look(&state, now);
            let standing = log.take(&mut state, now);
            prop_assert_eq!(standing.allowed, live.len() < limit as usize);
            prop_assert_eq!(looked.allowed, standing.allowed);
            if standing.allowed {
                admitted.push(now);
                prop_assert_eq!(standing.remaining as usize, limit as usize - live.len() - 1);
            } else {
                prop_assert_eq!(standing.wait, Duration::from_nanos(live[0] + window - now));
            }
        }
        prop_assert!(most_in_any_window(&admitted, window) <= limit as usize);
    }

    #[test]
    fn gcra_admits_at_most_twice_the_limit(limit in 1_u32..8, gaps in gaps(10 * SECOND)) {
        let gcra = Gcra::new(Quota::new(limit.try_into().unwrap(), Duration::from_secs(10))).unwrap();
        let (mut state, mut admitted, mut now) = (gcra::GcraState::default(), Vec::new(), 0);
        for gap in gaps {
            now += gap;
            let looked = gcra.look(&state, now);
            let standing = gcra.take(&mut state, now);
            prop_assert_eq!(looked.allowed, standing.allowed);
            if standing.allowed {
                prop_assert_eq!(standing.remaining + 1, looked.remaining);
                admitted.push(now);
            }
        }
        prop_assert!(most_in_any_window(&admitted, 10 * SECOND) <= 2 * limit as usize);
    }

    #[test]
    fn who_waits_as_told_is_admitted_and_not_a_moment_earlier(
        limit in 1_u32..8, seconds in 1_u64..2_000, gaps in gaps(10 * SECOND), exact in any::<bool>(),
    ) {
        let quota = Quota::new(limit.try_into().unwrap(), Duration::from_secs(seconds));
        let (log, gcra) = (SlidingLog::new(quota).unwrap(), Gcra::new(quota).unwrap());
        let (mut log_state, mut gcra_state) = Default::default();
        let mut take = |now| if exact { log.take(&mut log_state, now) } else { gcra.take(&mut gcra_state, now) };
        let mut now = 0;
        for gap in gaps {
            now += gap;
            let standing = take(now);
            if !standing.allowed {
                let wait = u64::try_from(standing.wait.as_nanos()).unwrap();
                prop_assert!(wait > 0);
                prop_assert!(Duration::from_secs(standing.wait_seconds()) >= standing.wait);
                prop_assert!(!take(now + wait - 1).allowed);
                now += wait;
                prop_assert!(take(now).allowed);
            } else if standing.remaining == 0 {
                prop_assert!(standing.wait > Duration::ZERO);
            }
        }
    }

    #[test]
    fn whole_seconds_of_retry_after_are_always_enough(limit in 1_u32..5, steps in prop::collection::vec(0_u64..3_000, 1..40)) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let probe = Probe::new([Tier::new("t", Quota::new(limit.try_into().unwrap(), Duration::from_secs(7)), Algorithm::SlidingLog)]);
        let start: Instant = probe.clock.now();
        for step in steps {
            probe.clock.advance(Duration::from_millis(step));
            let answer = runtime.block_on(probe.get("203.0.113.7", "/"));
            if answer.status == 429 {
                let seconds: u64 = answer.header("retry-after").parse().unwrap();
                prop_assert!((1..=7).contains(&seconds), "{seconds} at {:?}", probe.clock.now() - start);
                probe.clock.advance(Duration::from_secs(seconds));
                prop_assert_eq!(runtime.block_on(probe.get("203.0.113.7", "/")).status, 200);
            }
        }
    }
}
