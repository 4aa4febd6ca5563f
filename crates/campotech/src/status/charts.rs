//! The last hour as columns, for charts.

use std::time::{Duration, SystemTime};

use serde_json::{Value, json};

use super::history::{History, Point};

/// A chart: its title, its unit, and its lines.
type Chart = (&'static str, &'static str, &'static [(&'static str, fn(&Point) -> Option<f64>)]);

#[expect(clippy::cast_precision_loss, reason = "connections of one server")]
const CHARTS: &[Chart] = &[
    ("Requests per second", "/s", &[("requests", |point| Some(point.rates.requests_per_second))]),
    ("Server errors", "%", &[("share of answers", |point| Some(point.rates.error_share * 100.0))]),
    (
        "Time to answer",
        "ms",
        &[("p50", |point| milliseconds(point.rates.p50)), ("p95", |point| milliseconds(point.rates.p95))],
    ),
    (
        "At work",
        "",
        &[
            ("requests in flight", |point| Some(point.in_flight as f64)),
            ("WebSockets", |point| Some(point.websockets as f64)),
        ],
    ),
];

/// `{"at": [seconds...], "charts": [{"title", "unit", "lines": [{"name", "values": [...]}]}]}`; a missing value is null.
pub(crate) fn columns(history: &History) -> Value {
    let hour = history.hour();
    let at: Vec<u64> = hour.iter().map(|point| seconds(point.at)).collect();
    let mut charts: Vec<Value> = CHARTS
        .iter()
        .map(|(title, unit, lines)| {
            let lines: Vec<Value> = lines
                .iter()
                .map(|(name, value)| json!({"name": name, "values": hour.iter().map(value).collect::<Vec<_>>()}))
                .collect();
            json!({"title": title, "unit": unit, "lines": lines})
        })
        .collect();
    for (i, fact) in history.facts().iter().enumerate() {
        let values: Vec<Option<f64>> =
            hour.iter().map(|point| point.facts.get(i).copied().flatten()).collect();
        if values.iter().any(Option::is_some) {
            let line = json!({"name": fact.name, "values": values});
            charts.push(json!({"title": fact.name, "unit": "", "lines": [line]}));
        }
    }
    json!({"at": at, "charts": charts})
}

fn milliseconds(time: Option<Duration>) -> Option<f64> {
    time.map(|time| time.as_secs_f64() * 1_000.0)
}

fn seconds(at: SystemTime) -> u64 {
    at.duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs())
}
