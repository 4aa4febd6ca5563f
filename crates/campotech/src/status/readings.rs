//! What the charts show, read where it is published.

use std::sync::Arc;
use std::time::Duration;

use campotech_metrics::{Metrics, MetricsTotals};

use super::fact::StatusFact;
use super::hour::Reading;
use super::rates::Rates;

/// Requests that each tier refused so far.
#[derive(Debug)]
pub(crate) struct Refusals(Vec<(Arc<str>, u64)>);

impl Refusals {
    /// For tiers of these names.
    pub(crate) fn of<'t>(tiers: impl Iterator<Item = &'t str>) -> Self {
        Self(tiers.map(|tier| (tier.into(), 0)).collect())
    }

    /// Those until now are in no reading.
    pub(crate) fn forget(&mut self, metrics: &Metrics) {
        for (tier, then) in &mut self.0 {
            *then = metrics.limited(tier);
        }
    }

    /// Those in a minute, as they came in `time`, since this was asked last.
    #[expect(clippy::cast_precision_loss, reason = "requests of some seconds")]
    pub(crate) fn readings(&mut self, metrics: &Metrics, time: Duration, readings: &mut Vec<Reading>) {
        for (tier, then) in &mut self.0 {
            let now = metrics.limited(tier);
            let came = now.saturating_sub(std::mem::replace(then, now)) as f64;
            let value = came * 60.0 / time.as_secs_f64();
            readings.push(reading("Refused by rate limits", "/min", tier.to_string(), Some(value)));
        }
    }
}

/// What is the same for every service.
#[expect(clippy::cast_precision_loss, reason = "requests of one server")]
pub(crate) fn of_requests(rates: &Rates, totals: &MetricsTotals, readings: &mut Vec<Reading>) {
    let milliseconds = |time: Option<Duration>| time.map(|time| time.as_secs_f64() * 1_000.0);
    let mut one =
        |chart, unit, line: &str, value| readings.push(reading(chart, unit, line.to_owned(), value));
    one("Requests", "/s", "answered", Some(rates.requests_per_second));
    one("Server errors", "%", "share of answers", Some(rates.error_share * 100.0));
    one("Time to answer", "ms", "p50", milliseconds(rates.p50));
    one("Time to answer", "ms", "p95", milliseconds(rates.p95));
    one("Time to answer", "ms", "p99", milliseconds(rates.p99));
    one("At work", "", "requests in flight", Some(totals.in_flight as f64));
    one("At work", "", "WebSockets", Some(totals.websockets_active as f64));
}

/// Queues.
#[expect(clippy::cast_precision_loss, reason = "messages of one server")]
pub(crate) fn of_levels(metrics: &Metrics, readings: &mut Vec<Reading>) {
    for (queue, state) in metrics.queues() {
        readings.push(reading("Waiting in queues", "", queue.as_str().to_owned(), Some(state.size as f64)));
    }
}

/// Pools: the last ones, as there may be more of them than lines. Asks code of the service.
#[expect(clippy::cast_precision_loss, reason = "connections of one server")]
pub(crate) fn of_pools(metrics: &Metrics, readings: &mut Vec<Reading>) {
    for (name, pool) in metrics.pools() {
        let used = pool.size.saturating_sub(pool.available);
        for (line, value) in [("in use", used), ("at most", pool.max_size), ("waiting for one", pool.waiting)]
        {
            let chart = format!("Connections: {name}");
            readings.push(reading(chart, "", line.to_owned(), Some(value as f64)));
        }
    }
}

/// Those facts that begin with a number. Asks code of the service.
pub(crate) fn of_facts(facts: &[StatusFact], readings: &mut Vec<Reading>) {
    for fact in facts {
        let text = fact.ask();
        if let Some((value, rest)) = text.as_deref().and_then(leading_number) {
            readings.push(reading(fact.name, "", fact.name.to_owned(), Some(value)));
            if let Some((most, _)) = rest.strip_prefix(" of ").and_then(leading_number) {
                readings.push(reading(fact.name, "", "out of".to_owned(), Some(most)));
            }
        }
    }
}

fn reading(
    chart: impl Into<std::borrow::Cow<'static, str>>,
    unit: &'static str,
    line: String,
    value: Option<f64>,
) -> Reading {
    Reading { chart: chart.into(), unit, line: line.into(), value }
}

/// `12 of 20` is 12, and ` of 20`; a word is none.
fn leading_number(text: &str) -> Option<(f64, &str)> {
    let end = text.find(|c: char| c != '.' && !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, rest) = text.split_at(end);
    Some((number.parse().ok()?, rest))
}

#[cfg(test)]
mod tests {
    use campotech_metrics::{PoolState, Queue};

    use super::*;

    fn said(readings: &[Reading]) -> Vec<(&str, &str, f64)> {
        let said = |reading: &'_ Reading| reading.value.unwrap_or(f64::NAN);
        readings.iter().map(|reading| (&*reading.chart, &*reading.line, said(reading))).collect()
    }

    fn fact(text: &'static str) -> StatusFact {
        StatusFact { name: text, value: Arc::new(move || text.to_owned()) }
    }

    #[test]
    fn numbers_at_the_beginning_of_a_fact_are_drawn() {
        let mut readings = Vec::new();
        of_facts(&["3", "12 of 20", "1.5 s", "none", "", "shared by 3"].map(fact), &mut readings);
        assert_eq!(
            said(&readings),
            [
                ("3", "3", 3.0),
                ("12 of 20", "12 of 20", 12.0),
                ("12 of 20", "out of", 20.0),
                ("1.5 s", "1.5 s", 1.5)
            ]
        );
    }

    #[test]
    fn queues_are_there_without_a_pool_and_pools_with_what_they_may_hold() {
        let metrics = Metrics::builder("a", "1").build().unwrap();
        metrics.set_queue(Queue::Voice, 3, Duration::from_secs(1));
        let mut readings = Vec::new();
        of_levels(&metrics, &mut readings);
        let queues = [("Waiting in queues", "jobs", 0.0), ("Waiting in queues", "voice", 3.0)];
        assert_eq!(said(&readings), queues);

        let state = PoolState { max_size: 4, size: 3, available: 1, waiting: 5 };
        metrics.watch_pool("main", move || state).unwrap();
        readings.clear();
        of_pools(&metrics, &mut readings);
        let pool = "Connections: main";
        let expected = [(pool, "in use", 2.0), (pool, "at most", 4.0), (pool, "waiting for one", 5.0)];
        assert_eq!(said(&readings), expected);
    }

    #[test]
    fn refusals_are_those_since_the_last_point() {
        use campotech_core::{Observer, RateLimitVerdict};
        let metrics = Metrics::builder("a", "1").build().unwrap();
        let mut refusals = Refusals::of(["auth", "standard"].into_iter());
        (0..3).for_each(|_| metrics.rate_limit("auth", RateLimitVerdict::Limited));
        let mut told = || {
            let mut readings = Vec::new();
            refusals.readings(&metrics, Duration::from_secs(5), &mut readings);
            said(&readings).iter().map(|(_, tier, value)| format!("{tier} {value}")).collect::<Vec<_>>()
        };
        assert_eq!(told(), ["auth 36", "standard 0"]);
        assert_eq!(told(), ["auth 0", "standard 0"]);
    }
}
