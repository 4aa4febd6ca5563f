//! The last hour as JSON, for the charts.

use serde_json::{Value, json};

use super::hour::Hour;

/// `{"at": [seconds...], "charts": [{"title", "unit", "lines": [{"name", "values": [...]}]}]}`; where nothing is to be said
/// a value is null.
pub(crate) fn columns(hour: &Hour) -> Value {
    let charts = hour.charts.iter().map(|chart| {
        let lines = chart.lines.iter().map(|line| {
            let values: Vec<_> = line.values().map(|value| value.map(short)).collect();
            json!({"name": line.name, "values": values})
        });
        json!({"title": chart.title, "unit": chart.unit, "lines": lines.collect::<Vec<_>>()})
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
}
