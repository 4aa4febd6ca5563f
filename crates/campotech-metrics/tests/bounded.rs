//! Business metrics: every series from the start, none that a client could add, names that nobody has yet.
#![allow(clippy::unwrap_used, reason = "what goes wrong in a helper of a test fails the test")]

use std::time::Duration;

use campotech_metrics::{Buckets, ConfigError, CounterFamily, GaugeFamily, HistogramFamily, Metrics};

campotech_metrics::labels! {
    /// How an invoice is paid.
    enum Payment = "payment" { Card = "card", Transfer = "transfer" }
    /// What came of it.
    enum Outcome = "outcome" { Paid = "paid", Refused = "refused", Late = "a \"late\" one" }
    /// Not a label's name.
    enum Bad = "le" { One = "1" }
}

fn metrics() -> Metrics {
    Metrics::builder("billing", "1").without_process().build().unwrap()
}

#[test]
fn every_combination_is_there_from_the_start_and_counts_for_itself() {
    let metrics = metrics();
    let invoices: CounterFamily<(Payment, Outcome)> = metrics.counter("invoices_total", "Invoices.").unwrap();
    let open: GaugeFamily<()> = metrics.gauge("invoices_open", "Invoices that are open.").unwrap();
    let buckets = Buckets::durations([10, 500].map(Duration::from_millis));
    let took: HistogramFamily<Payment> =
        metrics.histogram("payment_seconds", "Time of a payment.", &buckets).unwrap();
    let sizes: HistogramFamily<()> =
        metrics.histogram("invoice_lines", "Lines.", &Buckets::wholes([1, 10])).unwrap();
    invoices.inc((Payment::Transfer, Outcome::Late));
    invoices.clone().inc_by((Payment::Transfer, Outcome::Late), 2);
    open.set((), 5);
    open.add((), -7);
    took.observe_time(Payment::Card, Duration::from_millis(10));
    took.observe_time(Payment::Card, Duration::from_secs(1));
    sizes.observe((), 7);
    assert_eq!(invoices.get((Payment::Transfer, Outcome::Late)), 3);
    assert_eq!((open.get(()), took.count(Payment::Card), took.count(Payment::Transfer)), (-2, 2, 0));
    let text = metrics.render_text();
    for line in [
        "invoices_total{payment=\"card\",outcome=\"paid\"} 0",
        "invoices_total{payment=\"transfer\",outcome=\"a \\\"late\\\" one\"} 3",
        "invoices_open -2",
        "payment_seconds_bucket{payment=\"card\",le=\"0.01\"} 1",
        "payment_seconds_bucket{payment=\"card\",le=\"0.5\"} 1",
        "payment_seconds_sum{payment=\"card\"} 1.01",
        "payment_seconds_count{payment=\"transfer\"} 0",
        "invoice_lines_bucket{le=\"10.0\"} 1",
        "metrics_series{family=\"invoices_total\"} 6",
    ] {
        assert!(text.lines().any(|have| have == line), "{line}\n{text}");
    }
}

#[test]
fn counting_allocates_nothing() {
    let invoices: CounterFamily<(Payment, Outcome)> =
        metrics().counter("invoices_total", "Invoices.").unwrap();
    let count = || invoices.inc((Payment::Card, Outcome::Refused));
    assert_eq!(allocation_counter::measure(count).count_total, 0);
}

#[test]
fn what_is_wrong_is_said_when_it_is_made() {
    let metrics = metrics();
    let counter = |name: &str| metrics.counter::<Payment>(name, "Help.").map(|_| ());
    let gauge = |name: &str| metrics.gauge::<()>(name, "Help.").map(|_| ());
    assert_eq!(counter("a"), Err(ConfigError::InvalidName("a".into())));
    assert_eq!(counter("1_total"), Err(ConfigError::InvalidName("1_total".into())));
    assert_eq!(gauge("a_total"), Err(ConfigError::InvalidName("a_total".into())));
    assert_eq!(
        counter("http_requests_total"),
        Err(ConfigError::DuplicateMetric("http_requests_total".into()))
    );
    assert_eq!(counter("a_total"), Ok(()));
    assert_eq!(counter("a_total"), Err(ConfigError::DuplicateMetric("a_total".into())));
    // Nor under a name of a closure, nor the other way round.
    assert_eq!(metrics.gauge_fn("b", "Help.", || 1.0), Ok(()));
    assert_eq!(gauge("b"), Err(ConfigError::DuplicateMetric("b".into())));
    assert_eq!(gauge("c"), Ok(()));
    assert_eq!(metrics.gauge_fn("c", "Help.", || 1.0), Err(ConfigError::DuplicateMetric("c".into())));
    let bad = metrics.gauge::<Bad>("d", "Help.").map(|_| ());
    assert_eq!(bad, Err(ConfigError::InvalidLabel("le".into())));
    let twice = metrics.gauge::<(Payment, Payment)>("d", "Help.").map(|_| ());
    assert_eq!(twice, Err(ConfigError::InvalidLabel("payment".into())));
    for bounds in [vec![], vec![0, 1], vec![2, 1], vec![1, 1], (1..=21).collect()] {
        let made = metrics.histogram::<()>("e", "Help.", &Buckets::wholes(bounds)).map(|_| ());
        assert_eq!(made, Err(ConfigError::InvalidBuckets("e".into())));
    }
    assert!(metrics.histogram::<()>("e", "Help.", &Buckets::wholes(1..=20)).is_ok());
}

#[test]
fn a_websocket_is_open_until_its_guard_goes_and_as_long_as_that() {
    let metrics = metrics();
    let guard = metrics.websocket_opened();
    let broken = metrics.websocket_opened();
    assert!(metrics.render_text().contains("\nwebsocket_connections_active 2\n"));
    drop(guard);
    let panicked = std::thread::spawn(move || {
        let _open = broken;
        panic!("a bug");
    });
    assert!(panicked.join().is_err());
    let text = metrics.render_text();
    for line in [
        "websocket_connections_active 0",
        "websocket_connections_total 2",
        "websocket_connection_duration_seconds_bucket{le=\"1.0\"} 2",
        "websocket_connection_duration_seconds_count 2",
    ] {
        assert!(text.lines().any(|have| have == line), "{line}\n{text}");
    }
}
