//! Business metrics: every series from the start, none that a client could add, names that nobody has yet.
#![allow(clippy::unwrap_used, reason = "what goes wrong in a helper of a test fails the test")]

use std::time::Duration;

use campotech_metrics::{
    ConfigError, CounterFamily, DurationFamily, GaugeFamily, HistogramFamily, Label, Metrics,
};

campotech_metrics::labels! {
    /// How an invoice is paid.
    enum Payment = "payment" { Card = "card", Transfer = "transfer" }
    /// What came of it.
    enum Outcome = "outcome" { Paid = "paid", Refused = "refused", Late = "a \"late\" one" }
    /// Not a label's name.
    enum Bad = "le" { One = "1" }
    /// Two values that are not told apart.
    enum Same = "same" { One = "1", Other = "1" }
}

/// A label whose values are elsewhere than they say.
#[derive(Clone, Copy)]
struct Lies;

impl Label for Lies {
    const NAME: &'static str = "lies";
    const ALL: &'static [Self] = &[Self];

    fn as_str(self) -> &'static str {
        "lies"
    }

    fn index(self) -> usize {
        7
    }
}

fn metrics() -> Metrics {
    Metrics::builder("billing", "1").without_process().build().unwrap()
}

#[test]
fn every_combination_is_there_from_the_start_and_counts_for_itself() {
    let metrics = metrics();
    let invoices: CounterFamily<(Payment, Outcome)> = metrics.counter("invoices_total", "Invoices.").unwrap();
    let open: GaugeFamily<()> = metrics.gauge("invoices_open", "Invoices that are open.").unwrap();
    let bounds = [10, 500].map(Duration::from_millis);
    let took: DurationFamily<Payment> =
        metrics.durations("payment_seconds", "Time of a payment.", &bounds).unwrap();
    let sizes: HistogramFamily<()> = metrics.histogram("invoice_lines", "Lines.", &[1, 10]).unwrap();
    invoices.inc((Payment::Transfer, Outcome::Late));
    invoices.clone().inc_by((Payment::Transfer, Outcome::Late), 2);
    open.set((), 5);
    open.add((), -7);
    took.observe(Payment::Card, Duration::from_millis(10));
    took.observe(Payment::Card, Duration::from_secs(1));
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
    let same = metrics.gauge::<Same>("d", "Help.").map(|_| ());
    assert_eq!(same, Err(ConfigError::InvalidLabel("same".into())));
    let lies = metrics.gauge::<(Payment, Lies)>("d", "Help.").map(|_| ());
    assert_eq!(lies, Err(ConfigError::InvalidLabel("lies".into())));
    let many: Vec<u64> = (1..=21).collect();
    // The last two are the same number once they are shown.
    for bounds in [&[][..], &[0, 1], &[2, 1], &[1, 1], &many, &[1 << 53, (1 << 53) + 1]] {
        let made = metrics.histogram::<()>("e", "Help.", bounds).map(|_| ());
        assert_eq!(made, Err(ConfigError::InvalidBounds("e".into())));
    }
    assert!(metrics.histogram::<()>("e", "Help.", &many[..20]).is_ok());
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
