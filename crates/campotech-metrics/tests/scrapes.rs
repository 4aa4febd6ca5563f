//! Scrapes: shared, bounded, coded, in time whatever the collectors do.
#![allow(clippy::unwrap_used, reason = "what goes wrong in a helper of a test fails the test")]

use std::io::Read;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::time::{Duration, Instant};

use campotech_metrics::prometheus_client::collector::Collector;
use campotech_metrics::prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use campotech_metrics::prometheus_client::metrics::counter::ConstCounter;
use campotech_metrics::{ConfigError, Metrics, MetricsBuilder};
use campotech_testkit::{HyperServer, RawConnection};
use http::header::{
    ACCEPT, ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, RETRY_AFTER, VARY,
};
use http::{HeaderName, Method, Request, Response, StatusCode};
use http_body_util::BodyExt;
use tower::{Service, ServiceExt};

const TIMEOUT: HeaderName = HeaderName::from_static("x-prometheus-scrape-timeout-seconds");

type Answer = Response<campotech_core::AnswerBody<campotech_core::NeverBody>>;

fn builder() -> MetricsBuilder {
    Metrics::builder("test", "1")
}

async fn asked(metrics: &Metrics, method: Method, headers: &[(HeaderName, &str)]) -> Answer {
    let mut request = Request::builder().method(method).uri("/metrics");
    for (name, value) in headers {
        request = request.header(name, *value);
    }
    metrics.endpoint().oneshot(request.body(()).unwrap()).await.unwrap()
}

async fn bytes(answer: Answer) -> Vec<u8> {
    answer.into_body().collect().await.unwrap().to_bytes().to_vec()
}

async fn text(answer: Answer) -> String {
    String::from_utf8(bytes(answer).await).unwrap()
}

/// A gauge that hangs until the sender goes, and how often it was asked.
fn hanging(metrics: &Metrics) -> (Sender<()>, Arc<AtomicUsize>) {
    let (sender, wait) = channel::<()>();
    let (wait, asked) = (std::sync::Mutex::new(wait), Arc::new(AtomicUsize::new(0)));
    let counted = Arc::clone(&asked);
    let hang = move || {
        counted.fetch_add(1, Ordering::Relaxed);
        let _ = wait.lock().unwrap().recv();
        1.0
    };
    metrics.gauge_fn("hanging", "Hangs.", hang).unwrap();
    (sender, asked)
}

#[tokio::test]
async fn scrapes_that_wait_at_the_same_time_share_one_answer() {
    let metrics = builder().with_collector_budget(Duration::from_secs(60)).build().unwrap();
    let (gate, times) = hanging(&metrics);
    let ask = || metrics.endpoint().call(Request::get("/metrics").body(()).unwrap());
    let first = ask();
    while times.load(Ordering::Relaxed) == 0 {
        tokio::task::yield_now().await;
    }
    // All of them are waiting before the first one is answered.
    let others: Vec<_> = (1..64).map(|_| ask()).collect();
    drop(gate);
    for answer in std::iter::once(first).chain(others) {
        assert!(text(answer.await.unwrap()).await.contains("\nhanging 1\n"));
    }
    assert_eq!(times.load(Ordering::Relaxed), 2, "answers for 64 scrapes");
}

#[tokio::test]
async fn a_client_that_does_not_read_keeps_its_seat() {
    let metrics = builder().with_max_scrapes(1).with_series_budget(20_000).build().unwrap();
    for n in 0..5_000 {
        metrics.declare_route(&Method::GET, &format!("/api/v1/resource{n}/{{id}}"));
    }
    let asked_for = Arc::new(AtomicBool::new(false));
    let told = Arc::clone(&asked_for);
    metrics
        .gauge_fn("told", "Told.", move || f64::from(u8::from(told.swap(true, Ordering::Relaxed))))
        .unwrap();
    let server = HyperServer::start(metrics.endpoint()).await;
    let mut silent = RawConnection::open(server.addr()).await.unwrap();
    silent.send("GET /metrics HTTP/1.1\r\nhost: a\r\n\r\n").await.unwrap();
    while !asked_for.load(Ordering::Relaxed) {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    // Megabytes that nobody reads, in the server's hands and the kernel's: long enough for a server that has let go of them.
    tokio::time::sleep(Duration::from_millis(700)).await;
    assert_eq!(asked(&metrics, Method::HEAD, &[]).await.status(), StatusCode::SERVICE_UNAVAILABLE);
    drop(silent);
    let free = async {
        while asked(&metrics, Method::HEAD, &[]).await.status() != StatusCode::OK {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), free).await.expect("it is free again");
}

#[tokio::test]
async fn more_scrapes_than_seats_are_refused_until_one_is_sent() {
    let metrics = builder().with_max_scrapes(2).build().unwrap();
    let first = asked(&metrics, Method::GET, &[]).await;
    let second = asked(&metrics, Method::GET, &[]).await;
    assert_eq!((first.status(), second.status()), (StatusCode::OK, StatusCode::OK));
    let refused = asked(&metrics, Method::GET, &[]).await;
    assert_eq!(refused.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(refused.headers()[RETRY_AFTER], "1");
    assert_eq!(refused.headers()[CONTENT_TYPE], "application/problem+json");
    // A client that goes away, and one that has read all of it.
    drop(first);
    text(second).await;
    let again = text(asked(&metrics, Method::GET, &[]).await).await;
    assert!(again.contains("\nmetrics_scrapes_rejected_total 1\n"), "{again}");
}

#[tokio::test]
async fn an_answer_is_coded_as_it_is_asked_for_and_says_the_same() {
    let metrics = builder().without_process().build().unwrap();
    metrics.recorder(&Method::GET, "/jobs").record(StatusCode::OK, Duration::from_millis(3), 7);
    let without_self = |text: &str| -> String {
        text.lines().filter(|line| !line.contains("scrape")).map(|line| format!("{line}\n")).collect()
    };
    let plain = asked(&metrics, Method::GET, &[]).await;
    assert!(!plain.headers().contains_key(CONTENT_ENCODING));
    assert_eq!(plain.headers()[VARY], "accept, accept-encoding");
    let plain = without_self(&text(plain).await);
    for coding in ["gzip", "zstd"] {
        for _ in 0..3 {
            let answer = asked(&metrics, Method::GET, &[(ACCEPT_ENCODING, coding)]).await;
            assert_eq!(answer.headers()[CONTENT_ENCODING], coding);
            let length: usize = answer.headers()[CONTENT_LENGTH].to_str().unwrap().parse().unwrap();
            let coded = bytes(answer).await;
            assert_eq!(coded.len(), length);
            let mut decoded = String::new();
            match coding {
                "gzip" => flate2::read::GzDecoder::new(&*coded).read_to_string(&mut decoded).unwrap(),
                _ => zstd::Decoder::new(&*coded).unwrap().read_to_string(&mut decoded).unwrap(),
            };
            assert_eq!(without_self(&decoded), plain);
            assert!(coded.len() * 3 < decoded.len(), "{coding}: {} of {}", coded.len(), decoded.len());
        }
    }
}

#[tokio::test]
async fn head_says_how_long_the_answer_would_be() {
    let metrics = builder().without_process().build().unwrap();
    let answer = asked(&metrics, Method::HEAD, &[(ACCEPT_ENCODING, "gzip")]).await;
    assert_eq!(answer.headers()[CONTENT_ENCODING], "gzip");
    assert_ne!(answer.headers()[CONTENT_LENGTH], "0");
    assert!(bytes(answer).await.is_empty());
    let refused = asked(&metrics, Method::POST, &[]).await;
    assert_eq!(refused.status(), StatusCode::METHOD_NOT_ALLOWED);
}

#[tokio::test]
async fn a_collector_that_hangs_or_panics_costs_its_own_samples_only() {
    let metrics = builder().with_collector_budget(Duration::from_millis(200)).build().unwrap();
    let (release, times) = hanging(&metrics);
    metrics.gauge_fn("panicking", "Panics.", || panic!("a fault of the service")).unwrap();
    metrics.gauge_fn("working", "Works.", || 5.0).unwrap();
    for _ in 0..3 {
        let answer = text(asked(&metrics, Method::GET, &[]).await).await;
        for line in [
            "working 5",
            "scrape_collector_success{collector=\"working\"} 1",
            "scrape_collector_success{collector=\"process\"} 1",
            "scrape_collector_success{collector=\"hanging\"} 0",
            "scrape_collector_success{collector=\"panicking\"} 0",
        ] {
            assert!(answer.lines().any(|have| have == line), "{line}\n{answer}");
        }
        assert!(!answer.contains("\nhanging ") && !answer.contains("\npanicking "), "{answer}");
    }
    assert_eq!(times.load(Ordering::Relaxed), 1, "it is left alone while it hangs");
    drop(release);
    for attempt in 0.. {
        assert!(attempt < 1_000, "it is never asked again");
        let answer = text(asked(&metrics, Method::GET, &[]).await).await;
        if answer.contains("\nhanging 1\n") {
            break;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn an_answer_is_in_time_for_who_says_how_long_it_waits() {
    let metrics = builder().with_collector_budget(Duration::from_secs(600)).build().unwrap();
    let (_release, _) = hanging(&metrics);
    let start = Instant::now();
    let answer = asked(&metrics, Method::GET, &[(TIMEOUT, "1")]).await;
    assert_eq!(answer.status(), StatusCode::OK);
    let answer = text(answer).await;
    // Not for as long as the collector may take.
    assert!(start.elapsed() < Duration::from_secs(60), "{:?}", start.elapsed());
    assert!(answer.contains("scrape_collector_success{collector=\"hanging\"} 0\n"), "{answer}");
}

#[tokio::test]
async fn who_can_not_be_answered_in_time_is_told_so() {
    let metrics = builder().with_collector_budget(Duration::from_secs(600)).build().unwrap();
    let (_release, times) = hanging(&metrics);
    let patient = tokio::spawn({
        let metrics = metrics.clone();
        async move { asked(&metrics, Method::GET, &[(TIMEOUT, "2")]).await.status() }
    });
    while times.load(Ordering::Relaxed) == 0 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    // It comes while the other one is made, which takes longer than it has.
    let late = asked(&metrics, Method::GET, &[(TIMEOUT, "0.5")]).await;
    assert_eq!(late.status(), StatusCode::SERVICE_UNAVAILABLE);
    let problem = text(late).await;
    assert!(problem.contains("urn:campotech:problem:deadline-exceeded"), "{problem}");
    assert_eq!(patient.await.unwrap(), StatusCode::OK);
}

/// A counter that can't be told any more once the flag is set.
#[derive(Debug)]
struct Failing(Arc<AtomicBool>);

impl Collector for Failing {
    fn encode(&self, mut encoder: DescriptorEncoder) -> Result<(), std::fmt::Error> {
        if self.0.load(Ordering::Relaxed) {
            return Err(std::fmt::Error);
        }
        let counter = ConstCounter::new(1_u64);
        counter.encode(encoder.encode_descriptor("mine", "Mine", None, counter.metric_type())?)
    }
}

#[tokio::test]
async fn a_registered_collector_that_fails_loses_what_is_registered() {
    let fails = Arc::new(AtomicBool::new(false));
    let failing = Box::new(Failing(Arc::clone(&fails)));
    let metrics = builder().register(|registry| registry.register_collector(failing)).build().unwrap();
    let answer = text(asked(&metrics, Method::GET, &[]).await).await;
    assert!(answer.contains("\nmine_total 1\n"), "{answer}");
    assert!(answer.contains("scrape_collector_success{collector=\"registry\"} 1\n"));
    fails.store(true, Ordering::Relaxed);
    let answer = text(asked(&metrics, Method::GET, &[]).await).await;
    assert!(!answer.contains("mine_total") && answer.contains("\nbuild_info{"), "{answer}");
    assert!(answer.contains("scrape_collector_success{collector=\"registry\"} 0\n"));
}

#[tokio::test]
async fn threads_end_with_the_metrics() {
    let named = || -> usize {
        let tasks = std::fs::read_dir("/proc/self/task").unwrap();
        let names = tasks.filter_map(|task| std::fs::read_to_string(task.ok()?.path().join("comm")).ok());
        names.filter(|name| name.starts_with("metrics-")).count()
    };
    let metrics = builder().build().unwrap();
    metrics.gauge_fn("one", "One.", || 1.0).unwrap();
    text(asked(&metrics, Method::GET, &[(ACCEPT, "application/openmetrics-text")]).await).await;
    assert_eq!(named(), 2, "a process of its own, as nextest has it");
    drop(metrics);
    for _ in 0..200 {
        if named() == 0 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("{} threads are left", named());
}

#[test]
fn limits_of_zero_are_refused() {
    assert_eq!(builder().with_max_scrapes(0).build().unwrap_err(), ConfigError::Zero);
    assert_eq!(builder().with_collector_budget(Duration::ZERO).build().unwrap_err(), ConfigError::Zero);
}
