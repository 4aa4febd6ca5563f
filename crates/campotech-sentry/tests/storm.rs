//! Storms of errors, expected ones, and the one event of a request, in whichever order things happen.
#![allow(clippy::unwrap_used, reason = "a helper that fails fails its test")]

mod support;

use std::convert::Infallible;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use campotech_core::{AnswerBody, Problem, RequestId, kinds};
use campotech_sentry::sentry::{Hub, SentryFutureExt};
use campotech_sentry::{SentryLayer, StormLimit, init};
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use support::{Receiver, items};
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tower::{Layer, ServiceExt, service_fn};
use tracing_subscriber::layer::SubscriberExt;

type Answer = Response<AnswerBody<Full<bytes::Bytes>>>;

fn fine(status: u16) -> Answer {
    let body = AnswerBody::inner(Full::from("fine"));
    Response::builder().status(status).body(body).unwrap()
}

/// What happens to a request, by its path.
async fn told(request: Request<()>) -> Result<Answer, Infallible> {
    let log = || tracing::error!("could not store job 0190a8f2-7c3e-7d3a-9f12-3456789abcde");
    match request.uri().path() {
        "/log-500" => log(),
        "/log-log-500" => {
            log();
            tracing::error!("the answer is a failure");
        }
        "/span-log-500" => tracing::info_span!("inner").in_scope(log),
        "/log-panic" => {
            log();
            panic!("after it was told")
        }
        "/caught-log-500" => {
            let _ = std::panic::catch_unwind(|| panic!("caught"));
            log();
        }
        "/panic" => panic!("at once"),
        "/shed" => {
            return Ok(Problem::new(&kinds::TEMPORARY_REDUCED_CAPACITY)
                .answer(request.headers(), request.extensions()));
        }
        "/expected-log" => {
            tracing::error!(code = "quota", "no news");
            return Ok(fine(429));
        }
        "/internal" => {
            return Ok(Problem::new(&kinds::INTERNAL).answer(request.headers(), request.extensions()));
        }
        "/404" => return Ok(fine(404)),
        "/cancelled" => std::future::pending().await,
        _ => {}
    }
    Ok(fine(500))
}

/// Sends a request and reads all of the answer, as a server does.
async fn ask(layer: &SentryLayer, path: &str) {
    let request = Request::get(path).body(()).unwrap();
    let answered = layer.layer(service_fn(told)).oneshot(request);
    if let Ok(answer) = tokio::time::timeout(Duration::from_millis(50), answered).await {
        let _ = answer.unwrap().into_body().collect().await;
    }
}

fn run(work: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work);
}

#[test]
fn a_panic_or_a_5xx_is_exactly_one_event_in_every_order() {
    for traced in [0.0, 1.0] {
        for (path, message) in [
            ("/500", "answered 500"),
            ("/log-500", "could not store job 0190a8f2-7c3e-7d3a-9f12-3456789abcde"),
            ("/log-log-500", "could not store job 0190a8f2-7c3e-7d3a-9f12-3456789abcde"),
            ("/span-log-500", "could not store job 0190a8f2-7c3e-7d3a-9f12-3456789abcde"),
            ("/log-panic", "could not store job 0190a8f2-7c3e-7d3a-9f12-3456789abcde"),
            ("/caught-log-500", "could not store job 0190a8f2-7c3e-7d3a-9f12-3456789abcde"),
            ("/panic", "at once"),
        ] {
            let receiver = Receiver::start();
            let guard = init(receiver.config().with_traces_sample_rate(traced).unwrap()).unwrap();
            let layer = SentryLayer::new(&guard).with_server_errors(true);
            let subscriber = tracing_subscriber::registry().with(guard.tracing_layer());
            tracing::subscriber::with_default(subscriber, || run(ask(&layer, path)));
            let events = items(&receiver.envelopes(&guard), "event");
            assert_eq!(events.len(), 1, "{path}, traced {traced}: {events:#?}");
            let thrown = &events[0]["exception"]["values"][0]["value"];
            assert!(events[0]["message"] == message || thrown == message, "{path}: {}", events[0]);
            let counts = guard.counts();
            assert_eq!((counts.sent(), counts.limited(), counts.dropped()), (1, 0, 0), "{path}");
            assert_eq!((counts.refused(), counts.others_lost()), (0, 0), "{path}");
        }
    }
}

/// A request that fails, and leaves a task behind that fails before and after the answer.
async fn leaves_work(left: Arc<Mutex<Option<JoinHandle<()>>>>, goes_on: Arc<Notify>) -> Answer {
    let task = async move {
        tracing::error!("the task has failed");
        goes_on.notified().await;
        tracing::error!("the task has failed again");
    };
    let hub = Hub::new_from_top(Hub::current());
    *left.lock().unwrap() = Some(tokio::spawn(task.bind_hub(hub)));
    tokio::task::yield_now().await;
    fine(500)
}

#[test]
fn what_a_request_leaves_behind_is_heard_of_after_it() {
    let receiver = Receiver::start();
    let guard = receiver.init();
    let layer = SentryLayer::new(&guard).with_server_errors(true);
    let subscriber = tracing_subscriber::registry().with(guard.tracing_layer());
    let (left, goes_on) = (Arc::default(), Arc::new(Notify::new()));
    let id = RequestId::generate();
    tracing::subscriber::with_default(subscriber, || {
        run(async {
            let mut request = Request::get("/").body(()).unwrap();
            request.extensions_mut().insert(id.clone());
            let service = layer.layer(service_fn(|_| async {
                Ok::<_, Infallible>(leaves_work(Arc::clone(&left), Arc::clone(&goes_on)).await)
            }));
            drop(service.oneshot(request).await.unwrap().into_body().collect().await);
            goes_on.notify_one();
            let task = left.lock().unwrap().take().unwrap();
            task.await.unwrap();
        });
    });
    let events = items(&receiver.envelopes(&guard), "event");
    let messages: Vec<_> = events.iter().map(|event| event["message"].as_str().unwrap()).collect();
    assert_eq!(
        messages,
        ["the task has failed", "the task has failed again"],
        "one of the request, one after it"
    );
    assert!(events.iter().all(|event| event["tags"]["request_id"] == id.as_str()), "{events:#?}");
}

#[test]
fn what_is_expected_is_no_event() {
    let receiver = Receiver::start();
    let config = receiver.config().with_expected(["temporary-reduced-capacity", "quota"]);
    let guard = init(config).unwrap();
    let layer = SentryLayer::new(&guard).with_server_errors(true);
    let subscriber = tracing_subscriber::registry().with(guard.tracing_layer());
    tracing::subscriber::with_default(subscriber, || {
        run(async {
            for path in ["/shed", "/expected-log", "/404", "/cancelled"] {
                ask(&layer, path).await;
            }
            assert!(guard.flush(Duration::from_secs(20)));
            assert_eq!(guard.counts().sent(), 0);
            ask(&layer, "/internal").await;
        });
    });
    let events = items(&receiver.envelopes(&guard), "event");
    assert_eq!(events.len(), 1, "{events:#?}");
    assert_eq!(events[0]["tags"]["code"], "internal");
    assert_eq!(events[0]["fingerprint"], serde_json::json!(["internal", "GET <unmatched>"]));
    assert_eq!(guard.counts().filtered(), 2);
}

#[test]
fn ten_thousand_identical_errors_are_ten_events_and_an_exact_count() {
    let receiver = Receiver::start();
    let per_minute = NonZeroU32::new(60).unwrap();
    let guard =
        init(receiver.config().with_storm_limit(StormLimit::new().with_per_minute(per_minute))).unwrap();
    let subscriber = tracing_subscriber::registry().with(guard.tracing_layer());
    let began = Instant::now();
    tracing::subscriber::with_default(subscriber, || {
        for i in 0..10_000 {
            tracing::error!(attempt = i, "the store has no answer for job {i}");
        }
    });
    let took = began.elapsed();
    assert!(took < Duration::from_secs(10), "a storm took {took:?}");
    let counts = guard.counts();
    assert!(guard.flush(Duration::from_secs(20)));
    assert_eq!(counts.sent() + counts.limited(), 10_000);
    // One for each second that it took, besides the burst.
    let within = 10 + took.as_secs() + 1;
    assert!((10..=within).contains(&counts.sent()), "{} in {took:?}", counts.sent());
    let before = counts.limited();

    std::thread::sleep(Duration::from_millis(1_100));
    let subscriber = tracing_subscriber::registry().with(guard.tracing_layer());
    tracing::subscriber::with_default(subscriber, || {
        // The same place in the code would be the same error; a text of the same shape elsewhere is another one.
        sentry::capture_message("another", sentry::Level::Error);
    });
    let events = items(&receiver.envelopes(&guard), "event");
    assert_eq!(events.len() as u64, counts.sent());
    println!("STORM sent={} left_out={before} took_ms={}", counts.sent(), took.as_millis());
}

#[test]
fn the_event_after_a_storm_tells_how_many_were_left_out() {
    let receiver = Receiver::start();
    let per_minute = NonZeroU32::new(600).unwrap();
    let guard =
        init(receiver.config().with_storm_limit(StormLimit::new().with_per_minute(per_minute))).unwrap();
    for _ in 0..1_000 {
        sentry::capture_message("the same", sentry::Level::Error);
    }
    let left_out = guard.counts().limited();
    assert!(left_out > 900);
    std::thread::sleep(Duration::from_millis(150));
    sentry::capture_message("the same", sentry::Level::Error);
    let events = items(&receiver.envelopes(&guard), "event");
    let told: u64 = events.iter().filter_map(|event| event["extra"]["left_out"].as_u64()).sum();
    assert_eq!(told, left_out, "{:?}", events.last());
}

#[test]
fn a_storm_is_no_good_health() {
    let receiver = Receiver::start();
    let guard = init(receiver.config().with_request_sessions(true)).unwrap();
    let layer = SentryLayer::new(&guard).with_server_errors(true);
    run(async {
        for _ in 0..50 {
            ask(&layer, "/500").await;
            ask(&layer, "/panic").await;
            ask(&layer, "/404").await;
        }
    });
    let envelopes = receiver.envelopes(&guard);
    let sent = items(&envelopes, "sessions");
    let sum = |name: &str| -> u64 {
        let each = sent.iter().flat_map(|item| item["aggregates"].as_array().unwrap());
        each.filter_map(|aggregate| aggregate[name].as_u64()).sum()
    };
    assert_eq!((sum("errored"), sum("crashed"), sum("exited")), (50, 50, 50));
    assert!(sent.len() <= 2, "summed up");
    assert!(items(&envelopes, "event").len() <= 22);
}

#[test]
fn operators_routes_are_never_traced_and_are_no_sessions() {
    let receiver = Receiver::start();
    let config = receiver.config().with_traces_sample_rate(1.0).unwrap().with_request_sessions(true);
    let guard = init(config).unwrap();
    let layer = SentryLayer::new(&guard).for_ops();
    let subscriber = tracing_subscriber::registry().with(guard.tracing_layer());
    tracing::subscriber::with_default(subscriber, || {
        run(async {
            ask(&layer, "/span-log-500").await;
            ask(&layer, "/404").await;
        });
    });
    let envelopes = receiver.envelopes(&guard);
    assert_eq!(items(&envelopes, "transaction").len() + items(&envelopes, "sessions").len(), 0);
    assert_eq!(items(&envelopes, "event").len(), 1, "errors are told");
}
