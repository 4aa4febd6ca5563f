//! The whole answer: as text that is compared, and as what promtool accepts.

#![allow(clippy::unwrap_used, reason = "what goes wrong in a helper of a test fails the test")]

use std::io::Write;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use campotech_core::{
    CheckOutcome, CheckReport, ComponentStatus, Decision, Measure, Measurement, Mode, Observer,
    RateLimitVerdict, StateChange,
};
use campotech_metrics::prometheus_client::metrics::counter::Counter;
use campotech_metrics::prometheus_client::metrics::exemplar::CounterWithExemplar;
use campotech_metrics::prometheus_client::metrics::family::Family;
use campotech_metrics::prometheus_client::metrics::gauge::Gauge;
use campotech_metrics::prometheus_client::metrics::histogram::{Histogram, NativeHistogramConfig};
use campotech_metrics::prometheus_client::metrics::info::Info;
use campotech_metrics::prometheus_client::registry::Unit;
use campotech_metrics::{ConfigError, JobKind, Metrics, Outcome, PoolState, Queue, QueueState};
use http::{Method, Request, Response};
use tower::{Layer, ServiceExt, service_fn};

/// Metrics in which every family has a series, with values that never change but for times.
async fn filled() -> Metrics {
    let invoices = Family::<Vec<(String, String)>, Counter>::default();
    invoices.get_or_create(&vec![("branch".into(), "a\"b\\c\nd".into())]).inc_by(3);
    let exemplars = CounterWithExemplar::<Vec<(String, String)>>::default();
    exemplars.inc_by(1, Some(vec![("trace_id".into(), "x".into())]), None);
    let waits = Histogram::new([0.5, 1.0, 10.0]);
    waits.observe(0.7);
    let metrics = Metrics::builder("field-service", "1.2.3")
        .with_revision("abc\"def")
        .register(|registry| {
            registry.register("invoices", "Invoices sent", invoices);
            registry.register("traced", "Counted with an exemplar", exemplars);
            registry.register("host", "Where it runs", Info::new(vec![("zone", "sur")]));
            registry.register_with_unit("lag", "Lag of the replica", Unit::Seconds, Gauge::<i64>::default());
            registry.register("wait_seconds", "Time in the queue", waits);
        })
        .build()
        .unwrap();
    metrics.declare_route(&Method::POST, "/api/v1/jobs");
    let service = metrics.layer().layer(service_fn(|request: Request<String>| async move {
        Ok::<_, ()>(Response::builder().status(201).body(request.into_body()).unwrap())
    }));
    let response = service.oneshot(Request::post("/x").body(String::from("hola")).unwrap()).await.unwrap();
    http_body_util::BodyExt::collect(response.into_body()).await.unwrap();
    let ops = metrics
        .ops_layer()
        .layer(service_fn(|_: Request<String>| async { Ok::<_, ()>(Response::new(String::new())) }));
    ops.oneshot(Request::new(String::new())).await.unwrap();
    metrics.job_created(JobKind::Voice);
    metrics.job_processed(JobKind::Voice, Outcome::Done, Duration::from_millis(1_500));
    metrics.voice_processed(Outcome::Retried);
    metrics.set_queue(Queue::Jobs, 7, Duration::from_millis(2_500));
    metrics.watch_queue(Queue::Voice, || QueueState { size: 2, oldest_age: Duration::from_secs(1) });
    drop(metrics.websocket_opened());
    metrics.rate_limit("auth", RateLimitVerdict::Limited);
    metrics.decision(Decision::found("payload", Mode::Enforce, "too_large"));
    metrics.validation_failure(Some("/api/v1/jobs"), "length.max");
    metrics.check(CheckReport {
        component: "store",
        outcome: CheckOutcome::Ok,
        duration: Duration::from_millis(2),
    });
    metrics.state_change(StateChange {
        component: "store",
        from: ComponentStatus::Unknown,
        to: ComponentStatus::Healthy,
    });
    let measurement = |measure, value| Measurement { component: "store", measure, value };
    metrics.measurement(measurement(Measure::CertificateExpiry, 1_893_456_000.0));
    metrics.measurement(measurement(Measure::UsedRatio, 0.5));
    metrics.measurement(measurement(Measure::UsedRatio, 0.625));
    metrics.gauge_fn("health_snapshot_age_seconds", "Age of the health snapshot.", || 0.25).unwrap();
    for (state, value) in [("used", 1.0), ("idle", f64::NAN)] {
        metrics
            .gauge_fn_with("lanes", "Lanes of a road.", &[("road", "main"), ("state", state)], move || value)
            .unwrap();
    }
    for (reason, count) in [("full", 3), ("drain", 0)] {
        metrics
            .counter_fn("refused_total", "Refused \\ connections", &[("reason", reason)], move || count)
            .unwrap();
    }
    let idle = PoolState { max_size: 8, size: 5, available: 3, waiting: 0 };
    let full = PoolState { max_size: 2, size: 2, available: 0, waiting: 7 };
    metrics.watch_pool("orders", move || idle).unwrap();
    let pool = metrics.watch_pool("jobs", move || full).unwrap();
    pool.acquired(Duration::from_micros(80));
    pool.acquired(Duration::from_millis(700));
    metrics.pool("jobs").unwrap().timed_out();
    metrics.watch_pool("broken", || panic!("a bug")).unwrap();
    metrics.gauge_fn("broken", "A closure with a bug.", || panic!("a bug")).unwrap();
    metrics.watch_runtime("main", &tokio::runtime::Handle::current()).unwrap();
    metrics
}

#[tokio::test]
async fn the_answer_is_as_it_was() {
    let metrics = filled().await;
    let text = metrics.render_text();
    // Which of these there are depends on the machine's limits.
    let absent = ["cgroup_", "# HELP cgroup_", "# TYPE cgroup_", "metrics_series{family=\"cgroup_"];
    // Values of these are the machine's.
    let volatile = [
        "process_",
        "tokio_",
        "http_request_duration_seconds_sum",
        "websocket_connection_duration_seconds_sum",
        "scrape_collector_duration_seconds",
    ];
    let stable: String = text
        .lines()
        .filter(|line| !absent.iter().any(|prefix| line.starts_with(prefix)))
        .map(|line| match line.rsplit_once(' ') {
            Some((series, _)) if volatile.iter().any(|prefix| line.starts_with(prefix)) => {
                format!("{series} <value>\n")
            }
            _ => format!("{line}\n"),
        })
        .collect();
    insta::assert_snapshot!("exposition", stable);
}

#[tokio::test]
async fn promtool_finds_nothing_to_say() {
    let mut child = Command::new("promtool")
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("promtool is missing: apt-get install prometheus");
    let metrics = filled().await;
    // The second answer has a scrape in its histogram.
    drop(metrics.render());
    child.stdin.take().unwrap().write_all(&metrics.render()).unwrap();
    let output = child.wait_with_output().unwrap();
    let said =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(said, "");
    assert!(output.status.success());
}

#[tokio::test]
async fn families_are_sorted_and_come_once() {
    let text = filled().await.render_text();
    let names: Vec<&str> =
        text.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next()).collect();
    assert!(names.is_sorted_by(|a, b| a < b), "{names:?}");
    let mut series: Vec<&str> = text
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| line.rsplit_once(' ').unwrap().0)
        .collect();
    let lines = series.len();
    series.sort_unstable();
    series.dedup();
    assert_eq!(series.len(), lines);
    assert!(!text.contains("\nbroken"), "a gauge that panics has no sample");
    let gauges = text.lines().filter(|line| line.contains("pool=\"broken\"") && !line.contains("acquire"));
    assert_eq!(gauges.collect::<Vec<_>>(), ["db_pool_timeouts_total{pool=\"broken\"} 0"]);
    assert!(!text.contains("# EOF") && !text.contains("# UNIT") && !text.contains("trace_id"));
}

#[tokio::test]
async fn numbers_of_series_are_told() {
    let text = filled().await.render_text();
    for line in [
        "metrics_series{family=\"http_requests_total\"} 3",
        "metrics_series{family=\"jobs_processed_total\"} 9",
        "metrics_series{family=\"lanes\"} 2",
        "metrics_series{family=\"db_pool_connections\"} 4",
        "metrics_series{family=\"wait_seconds\"} 1",
        "metrics_series{family=\"host_info\"} 1",
    ] {
        assert!(text.lines().any(|have| have == line), "{line}\n{text}");
    }
}

#[test]
fn what_is_wrong_is_said_when_it_is_set() {
    let build = |name: &str| Metrics::builder(name, "1");
    assert_eq!(build("").build().unwrap_err(), ConfigError::Empty("name"));
    assert_eq!(Metrics::builder("a", "").build().unwrap_err(), ConfigError::Empty("version"));
    let taken =
        build("a").register(|registry| registry.register("http_requests", "Mine", Counter::<u64>::default()));
    assert_eq!(taken.build().unwrap_err(), ConfigError::DuplicateMetric("http_requests_total".into()));
    let native = Histogram::new_native(NativeHistogramConfig::new(1.1));
    let native = build("a").register(|registry| registry.register("native", "No text", native));
    assert_eq!(native.build().unwrap_err(), ConfigError::Unencodable);

    let metrics = build("a")
        .register(|registry| registry.register("mine", "Mine", Gauge::<i64>::default()))
        .build()
        .unwrap();
    let add = |name: &str, labels: &[(&str, &str)]| metrics.gauge_fn_with(name, "Help.", labels, || 1.0);
    assert_eq!(add("a-b", &[]), Err(ConfigError::InvalidName("a-b".into())));
    assert_eq!(add("a", &[("le", "1")]), Err(ConfigError::InvalidLabel("le".into())));
    assert_eq!(add("a", &[("x", "1"), ("x", "2")]), Err(ConfigError::InvalidLabel("x".into())));
    assert_eq!(add("a_total", &[]), Err(ConfigError::InvalidName("a_total".into())));
    let count = |name: &str| metrics.counter_fn(name, "Help.", &[], || 1);
    assert_eq!(count("count"), Err(ConfigError::InvalidName("count".into())));
    assert_eq!(count("count_total"), Ok(()));
    assert_eq!(add("mine", &[]), Err(ConfigError::DuplicateMetric("mine".into())));
    assert_eq!(add("queue_size", &[]), Err(ConfigError::DuplicateMetric("queue_size".into())));
    assert!(metrics.watch_pool("main", PoolState::default).is_ok() && metrics.pool("other").is_none());
    let again = metrics.watch_pool("main", PoolState::default).unwrap_err();
    assert_eq!(again, ConfigError::DuplicateMetric("db_pool_connections{pool=\"main\"}".into()));
    assert_eq!(add("db_pool_waiting", &[]), Err(ConfigError::DuplicateMetric("db_pool_waiting".into())));
    assert_eq!(add("pool", &[("pool", "a")]), Ok(()));
    assert_eq!(add("pool", &[("pool", "a")]), Err(ConfigError::DuplicateMetric("pool".into())));
    assert_eq!(add("pool", &[("other", "a")]), Err(ConfigError::LabelMismatch("pool".into())));
    assert_eq!(add("pool", &[("pool", "b")]), Ok(()));
}

#[tokio::test]
async fn process_and_runtime_are_measured() {
    let metrics = filled().await;
    let text = metrics.render_text();
    let value = |series: &str| -> f64 {
        let line =
            text.lines().find(|line| line.strip_prefix(series).is_some_and(|rest| rest.starts_with(' ')));
        line.unwrap_or_else(|| panic!("{series} is missing")).rsplit(' ').next().unwrap().parse().unwrap()
    };
    assert!(value("process_resident_memory_bytes") > 1e6);
    assert!(value("process_virtual_memory_bytes") > value("process_resident_memory_bytes"));
    assert!(value("process_cpu_seconds_total") > 0.0);
    assert!(value("process_open_fds") >= 3.0);
    assert!(value("process_max_fds") >= value("process_open_fds"));
    assert!(value("process_threads") >= 1.0);
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs_f64();
    assert!((now - 86_400.0..now + 5.0).contains(&value("process_start_time_seconds")));
    assert_eq!(value("tokio_workers{runtime=\"main\"}"), 1.0);
}

#[test]
fn metrics_are_shared_between_clones_and_threads() {
    fn shared<T: Clone + Send + Sync + 'static>(_: &T) {}
    let metrics = Metrics::builder("a", "1").build().unwrap();
    shared(&metrics);
    shared(&metrics.layer());
    shared(&metrics.ops_layer());
    shared(&metrics.endpoint());
    let observer: Arc<dyn Observer> = Arc::new(metrics.clone());
    observer.rate_limit("auth", RateLimitVerdict::Allowed);
    let guard = metrics.clone().websocket_opened();
    assert_eq!(metrics.totals().websockets_active, 1);
    let broken = std::thread::spawn(move || {
        let _guard = guard;
        panic!("a bug");
    });
    assert!(broken.join().is_err());
    let totals = metrics.totals();
    assert_eq!((totals.websockets_active, totals.websockets_opened), (0, 1));
    assert!(
        metrics.render_text().contains("rate_limit_decisions_total{tier=\"auth\",decision=\"allowed\"} 1\n")
    );
}
