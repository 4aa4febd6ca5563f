//! The port to a shared store: who decides, what is waited for, and what happens when nobody answers.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::convert::Infallible;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use campotech_core::{ClientIp, ManualClock, Mode};
use campotech_security::rate_limit::shared::{Question, Questions, SharedLimits, Sharing, StoreFault};
use campotech_security::rate_limit::{
    Algorithm, Quota, RateLimitLayer, RateLimitService, SlidingLog, Standing, Tier, sliding_log,
};
use campotech_testkit::RecordingObserver;
use http::{Request, Response, StatusCode};
use http_body_util::Full;
use tokio::time::Instant;
use tower::{Layer, Service, ServiceExt, service_fn};

const QUARTER: Duration = Duration::from_secs(900);
const DEADLINE: Duration = Duration::from_millis(50);

async fn hello<B>(_: Request<B>) -> Result<Response<Full<Bytes>>, Infallible> {
    Ok(Response::new(Full::new(Bytes::from_static(b"hola"))))
}

struct Probe {
    layer: RateLimitLayer<ManualClock>,
    clock: ManualClock,
    observer: RecordingObserver,
}

impl Probe {
    fn new(tiers: impl IntoIterator<Item = Tier>, shared: SharedLimits) -> Self {
        let (clock, observer) = (ManualClock::new(), RecordingObserver::default());
        let layer = RateLimitLayer::new(tiers).unwrap().with_shared(shared).with_clock(clock.clone());
        Self { layer: layer.with_observer(Arc::new(observer.clone())), clock, observer }
    }

    async fn get(&self, path: &str) -> Response<()> {
        let service = self.layer.layer(service_fn(hello));
        service.oneshot(request(path)).await.unwrap().map(drop)
    }

    async fn statuses<const N: usize>(&self, path: &str) -> [u16; N] {
        let mut statuses = [0; N];
        for status in &mut statuses {
            *status = self.get(path).await.status().as_u16();
        }
        statuses
    }
}

fn request(path: &str) -> Request<Full<Bytes>> {
    let mut request = Request::get(path).body(Full::default()).unwrap();
    request.extensions_mut().insert(ClientIp::new("203.0.113.7".parse::<IpAddr>().unwrap(), false));
    request
}

fn header<'r>(answer: &'r Response<()>, name: &str) -> &'r str {
    answer.headers().get(name).map_or("", |value| value.to_str().unwrap())
}

fn auth() -> Tier {
    Tier::auth(10, QUARTER).routes(["/api/v1/auth/*"])
}

fn standard() -> Tier {
    Tier::standard(100, Duration::from_secs(60))
}

const fn passes(remaining: u32) -> Standing {
    Standing::new(true, remaining, Duration::from_secs(8))
}

const fn refuses() -> Standing {
    Standing::new(false, 0, Duration::from_millis(7_001))
}

/// A driver that answers each question with `answer`.
fn answered_by(answer: impl Fn(&Question) -> Vec<Standing> + Send + 'static) -> SharedLimits {
    let (shared, mut questions) = SharedLimits::channel(DEADLINE);
    tokio::spawn(async move {
        questions.set(Sharing::Shared);
        while let Some(question) = questions.recv().await {
            let standings = answer(&question);
            question.answer(standings);
        }
    });
    shared
}

/// A driver that says the store is away.
fn away(replicas: u32) -> (SharedLimits, Questions) {
    let (shared, mut questions) = SharedLimits::channel(DEADLINE);
    questions.set_replicas(replicas);
    questions.set(Sharing::Away(StoreFault::Unreachable));
    (shared, questions)
}

#[tokio::test]
async fn the_store_decides_and_its_standing_is_told() {
    let shared = answered_by(|question| {
        let [tier] = question.tiers().collect::<Vec<_>>()[..] else { panic!("one tier") };
        assert_eq!(
            (tier.name, tier.quota, tier.mode),
            ("auth", Quota::parse("10/15m").unwrap(), Mode::Enforce)
        );
        assert_eq!(tier.algorithm, Algorithm::SlidingLog);
        assert_eq!((tier.key.to_string(), tier.cost, tier.most), ("203.0.113.7/32".to_owned(), 1, 1));
        vec![passes(4)]
    });
    let probe = Probe::new([auth()], shared);
    for _ in 0..10 {
        let answer = probe.get("/api/v1/auth/login").await;
        assert_eq!(answer.status(), 200);
        assert_eq!(header(&answer, "ratelimit"), "\"auth\";r=4;t=8");
        assert_eq!(header(&answer, "ratelimit-policy"), "\"auth\";q=10;w=900");
    }
    assert!(probe.observer.lines().iter().all(|line| line == "rate_limit auth allowed"));
    assert_eq!(probe.get("/free").await.headers().len(), 0);
}

#[tokio::test]
async fn a_store_that_forgets_makes_no_replica_admit_more_than_an_exact_quota() {
    let probe = Probe::new([auth()], answered_by(|_| vec![passes(9)]));
    assert_eq!(probe.statuses("/api/v1/auth/login").await, [200; 10]);
    let refused = probe.get("/api/v1/auth/login").await;
    assert_eq!(refused.status(), 429);
    assert_eq!(header(&refused, "retry-after"), "899");
    assert_eq!(probe.observer.lines().last().unwrap(), "rate_limit auth limited");
    // Its window is over a second earlier than by our clock: what the store counted, it counted before us.
    probe.clock.advance(QUARTER - Duration::from_secs(1));
    assert_eq!(probe.statuses("/api/v1/auth/login").await, [200; 10]);
}

#[tokio::test]
async fn what_the_store_refuses_is_refused() {
    let probe = Probe::new([auth()], answered_by(|_| vec![refuses()]));
    let answer = probe.get("/api/v1/auth/login").await;
    assert_eq!(answer.status(), 429);
    assert_eq!(header(&answer, "retry-after"), "8");
    assert_eq!(header(&answer, "ratelimit"), "\"auth\";r=0;t=8");
    assert_eq!(probe.observer.lines(), ["rate_limit auth limited"]);
}

#[tokio::test]
async fn a_path_with_two_readings_is_one_question_about_two_tiers() {
    let ambiguous = "/x/..%2fapi/v1/auth/login";
    let both = answered_by(|question| {
        assert_eq!(
            question.tiers().map(|tier| tier.name.to_owned()).collect::<Vec<_>>(),
            ["standard", "auth"]
        );
        vec![passes(98), passes(3)]
    });
    let probe = Probe::new([auth(), standard()], both);
    let answer = probe.get(ambiguous).await;
    let told: Vec<_> = answer.headers().get_all("ratelimit").iter().collect();
    assert_eq!(told, ["\"standard\";r=98;t=8", "\"auth\";r=3;t=8"]);

    let second = Probe::new([auth(), standard()], answered_by(|_| vec![passes(98), refuses()]));
    let answer = second.get(ambiguous).await;
    assert_eq!(answer.status(), 429);
    assert!(header(&answer, "ratelimit").starts_with("\"auth\";"));
    assert_eq!(second.observer.lines(), ["rate_limit auth limited"]);
}

#[tokio::test]
async fn a_shadow_tier_asks_and_refuses_nobody() {
    let probe = Probe::new([auth().shadow()], answered_by(|_| vec![refuses()]));
    let answer = probe.get("/api/v1/auth/login").await;
    assert_eq!((answer.status(), header(&answer, "ratelimit")), (StatusCode::OK, ""));
    assert_eq!(probe.observer.lines(), ["rate_limit auth shadow"]);
}

#[tokio::test]
async fn away_the_share_decides_at_once_and_says_so() {
    let (shared, mut questions) = away(3);
    let probe = Probe::new([auth()], shared.clone());
    assert_eq!(probe.statuses("/api/v1/auth/login").await, [200, 200, 200, 200, 429]);
    assert_eq!(probe.observer.lines()[..2], ["rate_limit auth store_error", "rate_limit auth allowed"]);
    assert_eq!(probe.observer.lines()[8..], ["rate_limit auth store_error", "rate_limit auth limited"]);
    let refused = probe.get("/api/v1/auth/login").await;
    assert_eq!(header(&refused, "ratelimit-policy"), "\"auth\";q=10;w=900");
    assert_eq!(header(&refused, "retry-after"), "900");
    probe.clock.advance(QUARTER);
    assert_eq!(probe.get("/api/v1/auth/login").await.status(), 200);
    assert!(!shared.is_shared());
    assert_eq!(shared.sharing(), Sharing::Away(StoreFault::Unreachable));
    // Nothing was asked.
    drop((probe, shared));
    assert!(questions.recv().await.is_none());
}

#[tokio::test]
async fn a_share_is_rounded_up_and_never_nothing() {
    for (replicas, share) in [(0, 10), (1, 10), (2, 5), (3, 4), (9, 2), (10, 1), (1_000, 1)] {
        for algorithm in [Algorithm::SlidingLog, Algorithm::Gcra] {
            let (shared, _questions) = away(replicas);
            let probe = Probe::new([Tier::new("t", Quota::parse("10/15m").unwrap(), algorithm)], shared);
            let admitted =
                probe.statuses::<12>("/").await.into_iter().filter(|status| *status == 200).count();
            assert_eq!(admitted, share, "{replicas} {algorithm:?}");
        }
    }
}

#[tokio::test]
async fn what_the_store_admitted_here_counts_against_the_share() {
    for algorithm in [Algorithm::SlidingLog, Algorithm::Gcra] {
        let (shared, mut questions) = SharedLimits::channel(DEADLINE);
        let probe = Probe::new([Tier::new("t", Quota::parse("10/15m").unwrap(), algorithm)], shared);
        questions.set_replicas(2);
        let driver = tokio::spawn(async move {
            for _ in 0..3 {
                questions.recv().await.unwrap().answer([passes(1)]);
            }
            questions.recv().await.unwrap().answer([refuses()]);
            questions.set(Sharing::Away(StoreFault::Timeout));
            questions
        });
        assert_eq!(probe.statuses("/").await, [200, 200, 200, 429], "{algorithm:?}");
        let _questions = driver.await.unwrap();
        assert_eq!(probe.statuses("/").await, [200, 200, 429], "{algorithm:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_store_that_is_silent_is_waited_for_no_longer_than_the_deadline() {
    let (shared, questions) = SharedLimits::channel(DEADLINE);
    let probe = Probe::new([auth()], shared);
    let asked = Instant::now();
    assert_eq!(probe.get("/api/v1/auth/login").await.status(), 200);
    assert_eq!(asked.elapsed(), DEADLINE);
    assert_eq!(probe.observer.lines(), ["rate_limit auth store_error", "rate_limit auth allowed"]);
    drop(questions);
}

#[tokio::test(start_paused = true)]
async fn an_answer_after_the_deadline_is_none() {
    let (shared, mut questions) = SharedLimits::channel(DEADLINE);
    let probe = Probe::new([auth()], shared);
    let late = async {
        let question = questions.recv().await.unwrap();
        assert!(!question.is_abandoned());
        tokio::time::sleep_until(question.deadline() + Duration::from_millis(1)).await;
        assert!(question.is_abandoned());
        question.answer([refuses()]);
    };
    let (answer, ()) = tokio::join!(probe.get("/api/v1/auth/login"), late);
    assert_eq!((answer.status(), header(&answer, "ratelimit")), (StatusCode::OK, "\"auth\";r=9;t=900"));
}

#[tokio::test(start_paused = true)]
async fn without_an_answer_nothing_is_waited_for() {
    let start = Instant::now();
    // A question that is dropped, and one that is answered for fewer tiers than it has.
    let drops: fn(Question) = drop;
    let skimps: fn(Question) = |question| question.answer([]);
    for driver in [drops, skimps] {
        let (shared, mut questions) = SharedLimits::channel(DEADLINE);
        let probe = Probe::new([auth()], shared);
        let (answer, ()) =
            tokio::join!(probe.get("/api/v1/auth/login"), async { driver(questions.recv().await.unwrap()) });
        assert_eq!(header(&answer, "ratelimit"), "\"auth\";r=9;t=900");
    }
    // A driver that is gone.
    let (shared, questions) = SharedLimits::channel(DEADLINE);
    drop(questions);
    assert_eq!(shared.sharing(), Sharing::Away(StoreFault::Stopped));
    let probe = Probe::new([auth()], shared);
    assert_eq!(probe.get("/api/v1/auth/login").await.status(), 200);
    // A driver that says it is away while it has questions.
    let (shared, mut questions) = SharedLimits::channel(DEADLINE);
    let probe = Probe::new([auth()], shared);
    let (answer, ()) = tokio::join!(biased; probe.get("/api/v1/auth/login"), async {
        questions.set(Sharing::Away(StoreFault::Timeout));
    });
    assert_eq!(answer.status(), 200);
    assert_eq!(Instant::now(), start);
}

#[tokio::test(start_paused = true)]
async fn a_full_queue_is_no_reason_to_wait() {
    let (shared, _questions) = SharedLimits::channel(DEADLINE);
    let probe = Probe::new([standard()], shared);
    let service = probe.layer.layer(service_fn(hello));
    let mut waiting: Vec<_> = (0..1_024).map(|_| Box::pin(service.clone().oneshot(request("/")))).collect();
    for future in &mut waiting {
        assert!(futures_poll(future).is_pending());
    }
    let start = Instant::now();
    assert_eq!(probe.get("/").await.status(), 200);
    assert_eq!(Instant::now(), start);
    assert_eq!(probe.observer.lines(), ["rate_limit standard store_error", "rate_limit standard allowed"]);
}

fn futures_poll<F: Future + Unpin>(future: &mut F) -> Poll<F::Output> {
    std::pin::Pin::new(future).poll(&mut Context::from_waker(std::task::Waker::noop()))
}

#[tokio::test]
async fn a_client_that_goes_away_leaves_its_question() {
    let (shared, mut questions) = SharedLimits::channel(DEADLINE);
    let probe = Probe::new([auth()], shared);
    let service = probe.layer.layer(service_fn(hello));
    let mut future = Box::pin(service.oneshot(request("/api/v1/auth/login")));
    assert!(futures_poll(&mut future).is_pending());
    drop(future);
    assert!(questions.recv().await.unwrap().is_abandoned());
    assert!(probe.observer.lines().is_empty());
}

/// A service that insists on being polled ready before each call, and counts its clones.
#[derive(Debug, Default)]
struct Picky {
    ready: bool,
    clones: Arc<AtomicUsize>,
}

impl Clone for Picky {
    fn clone(&self) -> Self {
        self.clones.fetch_add(1, Ordering::Relaxed);
        Self { ready: false, clones: Arc::clone(&self.clones) }
    }
}

impl Service<Request<Full<Bytes>>> for Picky {
    type Response = Response<Full<Bytes>>;
    type Error = Infallible;
    type Future = std::future::Ready<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.ready = true;
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<Full<Bytes>>) -> Self::Future {
        assert!(std::mem::take(&mut self.ready), "called without being ready");
        std::future::ready(Ok(Response::new(Full::default())))
    }
}

#[tokio::test]
async fn the_service_that_was_ready_is_the_one_that_is_called() {
    let clones = Arc::new(AtomicUsize::new(0));
    let picky = || Picky { ready: false, clones: Arc::clone(&clones) };
    let call = async |mut service: RateLimitService<Picky, ManualClock>| {
        for _ in 0..3 {
            assert_eq!(service.ready().await.unwrap().call(request("/")).await.unwrap().status(), 200);
        }
    };
    call(Probe::new([standard()], answered_by(|_| vec![passes(1)])).layer.layer(picky())).await;
    assert_eq!(clones.swap(0, Ordering::Relaxed), 3);
    // Where nobody is asked, nothing is cloned.
    let (shared, _questions) = away(1);
    call(Probe::new([standard()], shared).layer.layer(picky())).await;
    let alone = RateLimitLayer::new([standard()]).unwrap().with_clock(ManualClock::new());
    call(alone.layer(picky())).await;
    assert_eq!(clones.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn changes_are_told_once() {
    let (shared, mut questions) = SharedLimits::channel(DEADLINE);
    let mut changes = shared.changes();
    assert_eq!((shared.sharing(), shared.is_shared(), shared.replicas()), (Sharing::Starting, false, 1));
    questions.set(Sharing::Shared);
    questions.set_replicas(3);
    changes.changed().await.unwrap();
    assert_eq!(*changes.borrow_and_update(), Sharing::Shared);
    assert_eq!((shared.is_shared(), shared.replicas()), (true, 3));
    questions.set(Sharing::Away(StoreFault::Timeout));
    questions.set(Sharing::Away(StoreFault::Unreachable));
    changes.changed().await.unwrap();
    assert_eq!(*changes.borrow_and_update(), Sharing::Away(StoreFault::Timeout));
    assert!(!changes.has_changed().unwrap());
    // The last replicas seen stay.
    assert_eq!(shared.replicas(), 3);
}

#[tokio::test]
async fn three_layers_on_one_driver_share_a_quota() {
    let log = SlidingLog::new(Quota::parse("10/15m").unwrap()).unwrap();
    let counts = std::sync::Mutex::new(sliding_log::SlidingLogState::default());
    let shared = answered_by(move |_| vec![log.take(&mut counts.lock().unwrap(), 0)]);
    let probes = [(); 3].map(|()| Probe::new([auth()], shared.clone()));
    let mut admitted = 0;
    for _ in 0..20 {
        for probe in &probes {
            admitted += usize::from(probe.get("/api/v1/auth/login").await.status() == 200);
        }
    }
    assert_eq!(admitted, 10);
}

#[test]
fn it_is_send_sync_and_clone() {
    fn check<T: Send + Sync + Clone + 'static>() {}
    fn send<T: Send>(_: T) {}
    check::<SharedLimits>();
    check::<RateLimitService<()>>();
    let layer = RateLimitLayer::new([standard()]).unwrap();
    send(layer.layer(service_fn(hello::<Full<Bytes>>)).call(request("/")));
    let shown = format!("{:?}", layer.layer(()));
    assert!(!shown.contains("203.0.113"));
}
