//! The last hour as JSON, for the charts.

use serde_json::{Value, json};

use super::hour::Hour;
use super::text::ENDS;

/// `{"at": [seconds...], "charts": [{"title", "unit", "lines": [{"name", "values": [...]}]}]}`; where nothing is to be said
/// a value is null. A chart of times has `ends`: what is said of values up to the first and from the second.
pub(crate) fn columns(hour: &Hour) -> Value {
    let charts = hour.charts.iter().map(|chart| {
        let lines = chart.lines.iter().map(|line| {
            let values: Vec<_> = line.values().map(|value| value.map(short)).collect();
            json!({"name": line.name, "values": values})
        });
        let mut drawn = json!({"title": chart.title, "unit": chart.unit, "lines": lines.collect::<Vec<_>>()});
        if chart.unit == "ms" {
            drawn["ends"] = json!(ENDS);
        }
        drawn
    });
    json!({"at": hour.at, "charts": charts.collect::<Vec<_>>()})
}

/// Three digits behind the point; more of them are the dearest part of the answer.
fn short(value: f32) -> f64 {
    (f64::from(value) * 1_000.0).round() / 1_000.0
}

#[cfg(test)]
mod tests {
    use super::super::hour::Reading;
    use super::*;

    #[test]
    fn numbers_are_short_and_what_is_unknown_is_null() {
        let mut hour = Hour::default();
        for (at, value) in [(5, Some(0.1)), (10, None), (15, Some(1.0 / 3.0))] {
            let reading = Reading { chart: "Requests".into(), unit: "/s", line: "answered".into(), value };
            hour.push(at, vec![reading]);
        }
        let lines = json!([{"name": "answered", "values": [0.1, null, 0.333]}]);
        let charts = json!([{"title": "Requests", "unit": "/s", "lines": lines}]);
        assert_eq!(columns(&hour), json!({"at": [5, 10, 15], "charts": charts}));
    }

    #[test]
    fn a_chart_of_times_has_ends() {
        let mut hour = Hour::default();
        let reading = Reading { chart: "Time".into(), unit: "ms", line: "p50".into(), value: Some(10.0) };
        hour.push(5, vec![reading]);
        assert_eq!(columns(&hour)["charts"][0]["ends"], json!([[10.0, "< 10 ms"], [5_000.0, "> 5 s"]]));
    }
}
