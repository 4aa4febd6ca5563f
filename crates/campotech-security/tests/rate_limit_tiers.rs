//! What a tier can say: whom it counts, for what, how much, and what becomes of those who go on.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::convert::Infallible;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use campotech_core::{ClientIp, ManualClock};
use campotech_security::rate_limit::shared::{SharedLimits, Sharing, StoreFault};
use campotech_security::rate_limit::{
    Algorithm, Ban, HeaderKey, Key, KeyValue, Legacy, NetworkKey, NetworkList, Outage, Quota, RateLimitBody,
    RateLimitLayer, RequestView, Standing, Tier,
};
use campotech_testkit::RecordingObserver;
use http::{HeaderName, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use tokio::sync::Semaphore;
use tower::{Layer, Service, ServiceExt, service_fn};

const MINUTE: Duration = Duration::from_secs(60);
const ANA: &str = "203.0.113.7";
const LUIS: &str = "203.0.113.8";

/// What a request says of its user.
#[derive(Debug, Clone)]
struct User {
    id: &'static str,
    plan: &'static str,
}

struct Probe {
    layer: RateLimitLayer<ManualClock>,
    clock: ManualClock,
    observer: RecordingObserver,
}

type Answer = Response<RateLimitBody<Full<Bytes>>>;

/// Answers with the status that the request wants.
async fn wanted(request: Request<()>) -> Result<Response<Full<Bytes>>, Infallible> {
    let status = request
        .headers()
        .get("want")
        .map_or(StatusCode::OK, |value| value.to_str().unwrap().parse().unwrap());
    let mut answer = Response::new(Full::new(Bytes::from_static(b"hola")));
    *answer.status_mut() = status;
    Ok(answer)
}

/// Answers as [`wanted`], once the gate lets it.
fn slow(
    gate: &Arc<Semaphore>,
) -> impl Service<Request<()>, Response = Response<Full<Bytes>>, Error = Infallible, Future: Send + 'static>
+ Clone
+ Send
+ 'static {
    let gate = Arc::clone(gate);
    service_fn(move |request| {
        let gate = Arc::clone(&gate);
        async move {
            let _turn = gate.acquire().await.unwrap();
            wanted(request).await
        }
    })
}

impl Probe {
    fn new(tiers: impl IntoIterator<Item = Tier>) -> Self {
        Self::of(RateLimitLayer::new(tiers).unwrap())
    }

    fn of(layer: RateLimitLayer) -> Self {
        let (clock, observer) = (ManualClock::new(), RecordingObserver::default());
        let layer = layer.with_clock(clock.clone()).with_observer(Arc::new(observer.clone()));
        Self { layer, clock, observer }
    }

    async fn send(&self, request: Request<()>) -> Answer {
        self.layer.layer(service_fn(wanted)).oneshot(request).await.unwrap()
    }

    async fn get(&self, from: &str, path: &str) -> Answer {
        self.send(request(from, path)).await
    }

    async fn status(&self, from: &str, path: &str) -> u16 {
        self.get(from, path).await.status().as_u16()
    }

    async fn statuses<const N: usize>(&self, from: &str, path: &str) -> [u16; N] {
        let mut statuses = [0; N];
        for status in &mut statuses {
            *status = self.status(from, path).await;
        }
        statuses
    }
}

fn request(from: &str, path: &str) -> Request<()> {
    let mut request = Request::get(path).body(()).unwrap();
    if let Ok(ip) = from.parse::<IpAddr>() {
        request.extensions_mut().insert(ClientIp::new(ip, false));
    }
    request
}

fn with_header(name: &'static str, value: &str) -> Request<()> {
    let mut request = request(ANA, "/");
    request.headers_mut().insert(name, value.parse().unwrap());
    request
}

fn of_user(id: &'static str, plan: &'static str) -> Request<()> {
    let mut request = request(ANA, "/");
    request.extensions_mut().insert(User { id, plan });
    request
}

fn user(request: &RequestView<'_>) -> Option<KeyValue> {
    request.extensions().get::<User>().map(|user| KeyValue::of(user.id))
}

fn tier(name: &str, limit: u32) -> Tier {
    Tier::new(name, Quota::per_minute(limit), Algorithm::Gcra)
}

fn header<'r>(answer: &'r Answer, name: &str) -> &'r str {
    answer.headers().get(name).map_or("", |value| value.to_str().unwrap())
}

async fn problem(answer: Answer) -> serde_json::Value {
    serde_json::from_slice(&answer.into_body().collect().await.unwrap().to_bytes()).unwrap()
}

#[tokio::test]
async fn api_keys_are_counted_apart_and_never_seen() {
    let key = HeaderKey::new(HeaderName::from_static("x-api-key"), "secret").unwrap();
    let probe = Probe::new([tier("keys", 2).key(key.clone())]);
    for api_key in ["cordoba-1234", "rosario-5678"] {
        for expected in [200, 200, 429] {
            assert_eq!(probe.send(with_header("x-api-key", api_key)).await.status(), expected, "{api_key}");
        }
    }
    // Without one, with an empty one: nobody shares a bucket, so nobody passes.
    for nameless in [request(ANA, "/"), with_header("x-api-key", "")] {
        assert_eq!(probe.send(nameless).await.status(), 503);
    }
    assert_eq!(probe.observer.lines().last().unwrap(), "decision rate_limit refused no_key");
    let request = with_header("x-api-key", "cordoba-1234");
    let (one, other) =
        (key.key(&RequestView::of(&request)), HeaderKey::new("x-api-key".parse().unwrap(), "other"));
    assert_ne!(one, other.unwrap().key(&RequestView::of(&request)));
    assert!(!format!("{key:?} {one:?} {}", one.unwrap()).contains("cordoba"));
    assert!(HeaderKey::authorization("").is_err());
}

#[tokio::test]
async fn keys_are_put_together() {
    let api_key = || HeaderKey::new(HeaderName::from_static("x-api-key"), "secret").unwrap();
    let probe = Probe::new([tier("t", 1).key(api_key().or(NetworkKey::new()))]);
    assert_eq!(probe.send(with_header("x-api-key", "a")).await.status(), 200);
    assert_eq!(probe.send(with_header("x-api-key", "a")).await.status(), 429);
    assert_eq!(probe.statuses(ANA, "/").await, [200, 429]);

    let probe = Probe::new([tier("t", 1).key(api_key().and(user))]);
    let both = |api_key, id| {
        let mut request = with_header("x-api-key", api_key);
        request.extensions_mut().insert(User { id, plan: "" });
        request
    };
    for (api_key, id) in [("a", "ana"), ("a", "luis"), ("b", "ana")] {
        assert_eq!(probe.send(both(api_key, id)).await.status(), 200);
        assert_eq!(probe.send(both(api_key, id)).await.status(), 429);
    }
    assert_eq!(probe.send(with_header("x-api-key", "a")).await.status(), 503);

    let probe = Probe::new([tier("t", 1).key(user).skip_without_key()]);
    assert_eq!(probe.statuses(ANA, "/").await, [200, 200, 200]);
    assert_eq!(probe.send(of_user("ana", "")).await.status(), 200);
    assert_eq!(probe.send(of_user("ana", "")).await.status(), 429);
}

#[tokio::test]
async fn a_second_tier_counts_wider_networks_and_both_must_admit() {
    let wider = NetworkKey::new().with_prefixes(24, 48).unwrap();
    let probe = Probe::new([tier("home", 3).and(tier("site", 5).key(wider))]);
    let (one, two, three) = ("2001:db8:1:1::1", "2001:db8:1:2::1", "2001:db8:1:3::1");
    assert_eq!(probe.statuses(one, "/").await, [200, 200, 200, 429, 429]);
    let answer = probe.get(two, "/").await;
    let told: Vec<_> = answer.headers().get_all("ratelimit").iter().collect();
    assert_eq!(told, ["\"home\";r=2;t=20", "\"site\";r=1;t=12"]);
    assert_eq!(probe.status(two, "/").await, 200);
    // The site has nothing left; what it refused the home didn't count.
    let refused = probe.get(three, "/").await;
    assert!(header(&refused, "ratelimit").starts_with("\"site\";r=0;"));
    assert_eq!(problem(refused).await["violated-policies"], serde_json::json!(["site"]));
    probe.clock.advance(Duration::from_secs(12));
    assert!(header(&probe.get(three, "/").await, "ratelimit").starts_with("\"home\";r=2;"));
    assert_eq!(probe.status("2001:db8:2:1::1", "/").await, 200);
    assert!(
        NetworkKey::new().with_prefixes(0, 64).is_err() && NetworkKey::new().with_prefixes(32, 65).is_err()
    );
}

#[tokio::test]
async fn a_tier_in_the_shadow_with_its_second_refuses_nobody() {
    let both = || tier("home", 1).and(tier("site", 1));
    let alone = Probe::new([both().shadow()]);
    assert_eq!(alone.statuses("2001:db8::1", "/").await, [200, 429]);
    let probe = Probe::new([both().shadow_all()]);
    assert_eq!(probe.statuses("2001:db8::1", "/").await, [200; 5]);
    assert!(!probe.get("2001:db8::1", "/").await.headers().contains_key("ratelimit"));
}

#[tokio::test]
async fn plans_have_quotas_of_their_own_and_keep_what_was_used() {
    let plan = |request: &RequestView<'_>| -> Option<KeyValue> { user(request) };
    let probe = Probe::new([tier("t", 2)
        .key(plan)
        .plan("pro", Quota::per_minute(4))
        .plan_of(|request| request.extensions().get::<User>().map(|user| user.plan))]);
    for (id, plan, admitted) in [("ana", "pro", 4), ("luis", "", 2), ("eva", "unknown", 2)] {
        for n in 0..6 {
            let answer = probe.send(of_user(id, plan)).await;
            assert_eq!(answer.status() == 200, n < admitted, "{id} {n}");
            assert!(header(&answer, "ratelimit-policy").ends_with(&format!("q={admitted};w=60")));
        }
    }
    // Half of the larger plan is what all of the smaller one was.
    assert_eq!(probe.send(of_user("luis", "pro")).await.status(), 429);
    probe.clock.advance(Duration::from_secs(15));
    assert_eq!(probe.send(of_user("luis", "pro")).await.status(), 200);
}

#[tokio::test]
async fn methods_and_conditions_choose_the_tier() {
    let probe = Probe::new([
        tier("writes", 1).methods([Method::POST, Method::PUT]),
        tier("mobile", 1).when(|request| request.headers().contains_key("x-mobile")),
        tier("rest", 5),
    ]);
    let post = || {
        let mut request = request(ANA, "/");
        *request.method_mut() = Method::POST;
        request
    };
    assert_eq!(probe.send(post()).await.status(), 200);
    assert_eq!(probe.send(post()).await.status(), 429);
    assert!(
        header(&probe.send(with_header("x-mobile", "1")).await, "ratelimit").starts_with("\"mobile\";r=0")
    );
    assert!(header(&probe.get(ANA, "/").await, "ratelimit").starts_with("\"rest\";r=4"));
}

#[tokio::test]
async fn costs_are_paid_whole_or_not_at_all() {
    let cost = |request: &RequestView<'_>| request.headers()["cost"].to_str().unwrap().parse().unwrap();
    for algorithm in [Algorithm::Gcra, Algorithm::SlidingLog] {
        let probe = Probe::new([Tier::new("t", Quota::per_minute(6), algorithm).cost(cost)]);
        let pay = async |cost: &str| {
            let answer = probe.send(with_header("cost", cost)).await;
            (answer.status().as_u16(), header(&answer, "ratelimit").to_owned())
        };
        assert_eq!(pay("4").await.1.split(";t").next().unwrap(), "\"t\";r=2");
        assert_eq!(pay("3").await.0, 429);
        assert_eq!(pay("0").await.0, 200);
        assert_eq!(pay("2").await.0, 200);
        assert_eq!(pay("0").await.0, 200);
        // More than there ever is.
        assert_eq!(pay("7").await, (429, "\"t\";r=0;t=60".to_owned()));
        assert_eq!(pay("1").await.0, 429);
    }
}

#[tokio::test]
async fn only_failures_count_and_no_more_of_them_than_the_quota_at_once() {
    let limiter = || {
        Tier::new("log-in", Quota::parse("3/15m").unwrap(), Algorithm::SlidingLog)
            .count_only(|status| status == StatusCode::UNAUTHORIZED)
    };
    for tier in
        [limiter(), Tier::new("g", Quota::parse("3/15m").unwrap(), Algorithm::Gcra).count_only(|s| s == 401)]
    {
        let probe = Probe::new([tier]);
        assert_eq!(probe.statuses(ANA, "/").await, [200; 20]);
        for expected in [401, 401, 401, 429] {
            assert_eq!(probe.send(with_header("want", "401")).await.status(), expected);
        }
        assert_eq!(probe.status(ANA, "/").await, 429);
        assert_eq!(probe.status(LUIS, "/").await, 200);
    }
    // Those that are under way hold their places.
    let probe = Probe::new([limiter()]);
    let gate = Arc::new(Semaphore::new(0));
    let service = probe.layer.layer(slow(&gate));
    let under_way: Vec<_> =
        (0..3).map(|_| tokio::spawn(service.clone().oneshot(request(ANA, "/")))).collect();
    tokio::task::yield_now().await;
    assert_eq!(service.clone().oneshot(request(ANA, "/")).await.unwrap().status(), 429);
    // A client that goes away counts; the answers of the others are no failures.
    under_way[0].abort();
    gate.add_permits(10);
    for task in under_way {
        let _ = task.await;
    }
    assert!(header(&probe.get(ANA, "/").await, "ratelimit").starts_with("\"log-in\";r=1;"));
}

#[tokio::test]
async fn who_goes_on_is_banned_for_longer_and_longer() {
    let ban = Ban::escalating(Duration::from_secs(100), Duration::from_secs(300)).unwrap();
    let probe = Probe::new([tier("t", 2).ban(ban)]);
    for seconds in ["100", "200", "300", "300"] {
        assert_eq!(probe.statuses(ANA, "/").await, [200, 200]);
        let refused = probe.get(ANA, "/").await;
        assert_eq!(header(&refused, "retry-after"), seconds);
        probe.clock.advance(Duration::from_secs(50));
        let banned = probe.get(ANA, "/").await;
        assert_eq!(banned.status(), 429);
        let wait: u64 = header(&banned, "retry-after").parse().unwrap();
        assert_eq!((wait + 50).to_string(), seconds);
        let told = problem(banned).await;
        assert_eq!(told["type"], "https://iana.org/assignments/http-problem-types#abnormal-usage-detected");
        assert_eq!(told["violated-policies"], serde_json::json!(["t"]));
        assert_eq!(probe.status(LUIS, "/").await, 200);
        probe.clock.advance(Duration::from_secs(wait));
    }
    probe.clock.advance(Duration::from_secs(300));
    assert_eq!(probe.statuses(ANA, "/").await, [200, 200]);
    assert_eq!(header(&probe.get(ANA, "/").await, "retry-after"), "100");
    // A tier that only reports bans nobody.
    let probe = Probe::new([tier("t", 1).ban(ban).shadow()]);
    assert_eq!(probe.statuses(ANA, "/").await, [200; 4]);
}

#[tokio::test]
async fn requests_under_way_are_counted_until_their_answers_end() {
    let probe = Probe::new([Tier::in_flight("uploads", 2)]);
    let one = probe.get(ANA, "/").await;
    assert_eq!(header(&one, "ratelimit-policy"), "\"uploads\";q=2;qu=\"concurrent-requests\"");
    assert_eq!(header(&one, "ratelimit"), "\"uploads\";r=1");
    let two = probe.get(ANA, "/").await;
    let refused = probe.get(ANA, "/").await;
    assert_eq!((refused.status().as_u16(), header(&refused, "retry-after")), (429, "1"));
    assert_eq!(probe.status(LUIS, "/").await, 200);
    drop(two);
    let mut body = probe.get(ANA, "/").await.into_body();
    assert_eq!(probe.status(ANA, "/").await, 429);
    while body.frame().await.is_some() {}
    assert_eq!(probe.status(ANA, "/").await, 200);
    drop(one);
    // A second tier that refuses leaves no place taken.
    let probe = Probe::new([Tier::in_flight("uploads", 1).and(tier("rate", 1))]);
    assert_eq!(probe.statuses(ANA, "/").await, [200, 429, 429]);
    probe.clock.advance(MINUTE);
    assert_eq!(probe.status(ANA, "/").await, 200);
}

#[tokio::test]
async fn lists_and_exemptions() {
    let list = |text| NetworkList::parse(text).unwrap();
    let layer =
        RateLimitLayer::new([tier("t", 1).exempt(|request| request.uri().path() == "/probe")]).unwrap();
    let probe = Probe::of(
        layer.with_allowed(list("198.51.100.0/24")).with_denied(list("198.51.100.9, 2001:db8::/32")),
    );
    assert_eq!(probe.statuses("198.51.100.1", "/").await, [200; 5]);
    assert_eq!(probe.statuses("198.51.100.9", "/").await, [403; 2]);
    assert_eq!(probe.status("2001:db8::1", "/").await, 403);
    assert_eq!(probe.observer.lines()[0], "decision rate_limit refused denied");
    assert_eq!(probe.statuses(ANA, "/").await, [200, 429]);
    assert_eq!(probe.statuses(ANA, "/probe").await, [200; 3]);
    for (text, code) in
        [("0.0.0.0/0", "range"), ("::/0", "range"), ("x", "network"), ("10.0.0.1/8", "host_bits")]
    {
        assert_eq!(NetworkList::parse(text).unwrap_err().code(), code);
    }
}

#[tokio::test]
async fn older_headers_tell_of_the_tier_with_the_least() {
    let layer = RateLimitLayer::new([tier("a", 6).and(tier("b", 3))]).unwrap();
    let probe = Probe::of(layer.with_legacy_headers(Legacy::Seconds));
    let told = |answer: &Answer| {
        ["x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset"]
            .map(|name| header(answer, name).to_owned())
    };
    assert_eq!(told(&probe.get(ANA, "/").await), ["3", "2", "20"]);
    for _ in 0..2 {
        probe.get(ANA, "/").await;
    }
    let refused = probe.get(ANA, "/").await;
    assert_eq!((refused.status().as_u16(), told(&refused)), (429, ["3", "0", "20"].map(str::to_owned)));
    let probe = Probe::of(RateLimitLayer::new([tier("a", 6)]).unwrap().with_legacy_headers(Legacy::Epoch));
    let reset: u64 = told(&probe.get(ANA, "/").await)[2].parse().unwrap();
    assert!(reset > 1_700_000_000);
}

#[tokio::test]
async fn other_tiers_keep_what_was_used() {
    let probe = Probe::new([tier("t", 4), tier("gone", 1).routes(["/gone"])]);
    let clone = probe.layer.clone();
    assert_eq!(probe.statuses(ANA, "/").await, [200; 3]);
    assert_eq!(probe.statuses(ANA, "/gone").await, [200, 429]);
    clone.replace([tier("t", 8).and(tier("new", 2))]).unwrap();
    assert_eq!(probe.layer.tiers(), ["t", "new"]);
    // Three quarters of a minute were used: two of eight are left.
    assert_eq!(probe.statuses(ANA, "/").await, [200, 200, 429]);
    assert_eq!(probe.statuses(LUIS, "/gone").await, [200, 200, 429]);
    // What is wrong changes nothing.
    assert_eq!(clone.replace([tier("t", 0)]).unwrap_err().code(), "quota_range");
    assert_eq!(probe.layer.tiers(), ["t", "new"]);
    clone.replace([tier("t", 8)]).unwrap();
    clone.replace([Tier::new("t", Quota::per_minute(1), Algorithm::SlidingLog)]).unwrap();
    assert_eq!(probe.statuses(ANA, "/").await, [200, 429]);
}

#[tokio::test]
async fn each_tier_says_what_it_does_without_the_store() {
    let (shared, mut questions) = SharedLimits::channel(Duration::from_millis(50));
    questions.set(Sharing::Away(StoreFault::Unreachable));
    let layer = RateLimitLayer::new([
        tier("open", 1).routes(["/open"]).outage(Outage::Open),
        tier("closed", 1).routes(["/closed"]).outage(Outage::Closed),
        tier("watched", 1).routes(["/watched"]).outage(Outage::Closed).shadow(),
        tier("share", 1),
    ]);
    let probe = Probe::of(layer.unwrap().with_shared(shared));
    assert_eq!(probe.statuses(ANA, "/open").await, [200; 3]);
    assert_eq!(probe.observer.lines()[..2], ["rate_limit open store_error", "rate_limit open allowed"]);
    let refused = probe.get(ANA, "/closed").await;
    assert_eq!((refused.status().as_u16(), header(&refused, "retry-after")), (503, "1"));
    assert_eq!(
        problem(refused).await["type"],
        "https://iana.org/assignments/http-problem-types#temporary-reduced-capacity"
    );
    assert_eq!(probe.statuses(ANA, "/watched").await, [200; 2]);
    assert_eq!(probe.statuses(ANA, "/").await, [200, 429]);
}

#[tokio::test]
async fn a_tier_that_only_reports_lets_nobody_past_the_others() {
    let api_key = || HeaderKey::new(HeaderName::from_static("x-api-key"), "secret").unwrap();
    let probe = Probe::new([
        tier("strict", 1).routes(["/strict"]),
        tier("watched", 5).routes(["/watched/*"]).key(api_key()).shadow(),
        tier("rest", 1).and(tier("keys", 5).key(api_key()).shadow()),
    ]);
    assert_eq!(probe.statuses(ANA, "/").await, [200, 429]);
    assert!(probe.observer.lines().contains(&"decision rate_limit reported no_key".to_owned()));
    assert_eq!(probe.statuses(LUIS, "/watched/..%2fstrict").await, [200, 429]);
}

#[tokio::test]
async fn a_second_tier_has_methods_and_conditions_of_its_own() {
    let post = || {
        let mut request = request(ANA, "/");
        *request.method_mut() = Method::POST;
        request
    };
    let tiers = || tier("all", 10).and(tier("writes", 1).methods([Method::POST]));
    for probe in [Probe::new([tiers()]), Probe::new([tier("other", 1).routes(["/other"]), tiers()])] {
        assert_eq!(probe.statuses(ANA, "/").await, [200; 3]);
        assert_eq!(probe.send(post()).await.status(), 200);
        assert_eq!(probe.send(post()).await.status(), 429);
        assert_eq!(probe.status(ANA, "/").await, 200);
    }
}

#[tokio::test]
async fn of_two_that_refuse_the_longer_is_told() {
    let probe = Probe::new([tier("soon", 60).cost(|_| 60).and(tier("late", 1))]);
    assert_eq!(probe.status(ANA, "/").await, 200);
    let refused = probe.get(ANA, "/").await;
    assert_eq!(header(&refused, "retry-after"), "60");
    let mut violated: Vec<String> =
        serde_json::from_value(problem(refused).await["violated-policies"].take()).unwrap();
    violated.sort();
    assert_eq!(violated, ["late", "soon"]);
}

#[tokio::test]
async fn whoever_finds_no_room_is_banned_for_nothing() {
    let ban = Ban::escalating(Duration::from_secs(1_000), Duration::from_secs(1_000)).unwrap();
    let probe = Probe::new([tier("t", 1).max_keys(1).ban(ban)]);
    assert_eq!(probe.status(ANA, "/").await, 200);
    assert_eq!(probe.status(LUIS, "/").await, 429);
    probe.clock.advance(MINUTE);
    assert_eq!(probe.statuses(LUIS, "/").await, [200, 429]);
    probe.clock.advance(MINUTE);
    assert_eq!(probe.status(LUIS, "/").await, 429);
}

#[tokio::test]
async fn bans_that_are_only_reported_are_reported_and_bind_nobody() {
    let ban = Ban::escalating(Duration::from_secs(1_000), Duration::from_secs(1_000)).unwrap();
    let probe = Probe::new([tier("t", 1).ban(ban).shadow()]);
    assert_eq!(probe.statuses(ANA, "/").await, [200; 2]);
    probe.clock.advance(MINUTE);
    assert_eq!(probe.status(ANA, "/").await, 200);
    let shadow = "rate_limit t shadow";
    assert_eq!(probe.observer.lines(), ["rate_limit t allowed", shadow, shadow]);
    probe.layer.replace([tier("t", 1).ban(ban)]).unwrap();
    assert_eq!(probe.statuses(ANA, "/").await, [200, 429]);
}

#[tokio::test]
async fn what_is_slow_takes_back_nothing_of_others() {
    for algorithm in [Algorithm::Gcra, Algorithm::SlidingLog] {
        let tier = Tier::new("t", Quota::per_minute(3), algorithm).count_only(|status| status == 401);
        let probe = Probe::new([tier]);
        let gate = Arc::new(Semaphore::new(0));
        let service = probe.layer.layer(slow(&gate));
        let under_way: Vec<_> =
            (0..3).map(|_| tokio::spawn(service.clone().oneshot(request(ANA, "/")))).collect();
        tokio::task::yield_now().await;
        probe.clock.advance(MINUTE);
        for _ in 0..3 {
            assert_eq!(probe.send(with_header("want", "401")).await.status(), 401);
        }
        gate.add_permits(10);
        for task in under_way {
            assert_eq!(task.await.unwrap().unwrap().status(), 200);
        }
        assert_eq!(probe.send(with_header("want", "401")).await.status(), 429, "{algorithm:?}");
    }
}

#[tokio::test]
async fn what_passed_without_the_store_is_told_to_it_once() {
    for (counts, told) in [(false, 3), (true, 0)] {
        let (shared, mut questions) = SharedLimits::channel(Duration::from_secs(10));
        questions.set(Sharing::Away(StoreFault::Unreachable));
        let tier = tier("t", 10);
        // Successes that don't count are not owed either.
        let tier = if counts { tier.count_only(|status| status == 401) } else { tier };
        let probe = Probe::of(RateLimitLayer::new([tier]).unwrap().with_shared(shared));
        // Long after the start.
        probe.clock.advance(Duration::from_secs(86_400));
        assert_eq!(probe.statuses(ANA, "/").await, [200; 3]);
        questions.set(Sharing::Shared);
        for owed in [told, 0] {
            let answered = async {
                let question = questions.recv().await.unwrap();
                assert_eq!(question.tiers().next().unwrap().owed, owed);
                question.answer([Standing::new(true, 5, Duration::from_secs(6))]);
                if counts {
                    assert!(questions.recv().await.unwrap().gives_back());
                }
            };
            let (answer, ()) = tokio::join!(probe.get(ANA, "/"), answered);
            assert_eq!(answer.status(), 200);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_store_that_is_slow_is_not_told_of_what_it_was_asked() {
    let (shared, mut questions) = SharedLimits::channel(Duration::from_millis(50));
    questions.set(Sharing::Shared);
    let probe = Probe::of(RateLimitLayer::new([tier("t", 10)]).unwrap().with_shared(shared));
    // It has counted the question, and answers too late.
    assert_eq!(probe.status(ANA, "/").await, 200);
    drop(questions.recv().await);
    let asked = async { questions.recv().await.unwrap().tiers().next().unwrap().owed };
    assert_eq!(tokio::join!(probe.status(ANA, "/"), asked), (200, 0));
}

#[test]
fn misconfiguration_is_refused_at_build() {
    let plans =
        |names: &[&str]| names.iter().fold(tier("t", 1), |tier, name| tier.plan(*name, Quota::per_minute(1)));
    let given = |tier: Tier| tier.plan_of(|_| None);
    for (tiers, code) in [
        (vec![tier("a", 1).and(tier("b", 1).routes(["/x"]))], "second_tier"),
        (vec![tier("a", 1).and(tier("b", 1).and(tier("c", 1)))], "second_tier"),
        (vec![tier("a", 1).and(tier("a", 1))], "duplicate_tier"),
        (vec![tier("a", 1).and(tier("b", 0))], "quota_range"),
        (vec![plans(&["pro"])], "plans"),
        (vec![given(plans(&["pro", "pro"]))], "plans"),
        (vec![given(plans(&[""]))], "plans"),
        (vec![given(plans(&["pro"]).plan("free", Quota::per_minute(0)))], "quota_range"),
        (vec![tier("a", 9).lease(1)], "lease"),
        (vec![tier("a", 100).lease(0)], "lease"),
        (vec![tier("a", 100).lease(11)], "lease"),
        (vec![tier("a", 100).lease(5).count_only(|_| true)], "lease"),
        (vec![Tier::in_flight("a", 100).lease(5)], "lease"),
        (vec![Tier::in_flight("a", 0)], "quota_range"),
    ] {
        assert_eq!(RateLimitLayer::new(tiers).unwrap_err().code(), code);
    }
}
