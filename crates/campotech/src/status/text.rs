//! Numbers and times as people read them.

use std::time::{Duration, SystemTime};

use jiff::Timestamp;
use maud::{Markup, html};

/// In milliseconds: up to the first bucket and beyond the last one the histogram tells no more.
pub(super) const ENDS: [(f64, &str); 2] = [(10.0, "< 10 ms"), (5_000.0, "> 5 s")];

/// `4`, `0.25`, `4.2`, `1234`: no more digits than are read. With its unit, if it has one.
pub(super) fn number(value: f64, unit: &str) -> String {
    let scale = match value.abs() {
        100.0.. => 1.0,
        1.0.. => 10.0,
        _ => 100.0,
    };
    let space = if unit.is_empty() { "" } else { " " };
    format!("{}{space}{unit}", (value * scale).round() / scale)
}

/// What is said of a value: [`number`], but of a time no more than its bucket tells.
pub(super) fn said(value: f64, unit: &str) -> String {
    ends(unit, value).map_or_else(|| number(value, unit), str::to_owned)
}

/// `4 to 12 /s`, `always 4 /s`.
pub(super) fn range(lowest: f64, highest: f64, unit: &str) -> String {
    let (lowest_said, highest_said) = (said(lowest, unit), said(highest, unit));
    if lowest_said == highest_said {
        return format!("always {highest_said}");
    }
    let from = ends(unit, lowest).map_or_else(|| number(lowest, ""), str::to_owned);
    format!("{from} to {highest_said}")
}

fn ends(unit: &str, value: f64) -> Option<&'static str> {
    let [(least, below), (most, beyond)] = ENDS;
    match unit {
        "ms" if value <= least => Some(below),
        "ms" if value >= most => Some(beyond),
        _ => None,
    }
}

pub(super) fn milliseconds(time: Option<Duration>) -> String {
    time.map_or_else(|| "–".to_owned(), |time| said((time.as_secs_f64() * 1_000.0).round(), "ms"))
}

pub(super) fn duration(time: Duration) -> String {
    let time = time.as_secs();
    match time {
        0..60 => format!("{time} s"),
        60..3_600 => format!("{} min", time / 60),
        3_600..86_400 => format!("{} h {} min", time / 3_600, time % 3_600 / 60),
        _ => format!("{} d {} h", time / 86_400, time % 86_400 / 3_600),
    }
}

/// `3 min ago`, and the time of day in UTC.
pub(super) fn ago(at: SystemTime, passed: Duration) -> Markup {
    let at = Timestamp::try_from(at).unwrap_or_default();
    html! {
        time datetime=(at.strftime("%Y-%m-%dT%H:%M:%SZ")) { (at.strftime("%H:%M:%S")) }
        " " small { (duration(passed)) " ago" }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_the_digits_that_are_read() {
        for (value, text) in
            [(0.0, "0"), (4.0, "4"), (0.256, "0.26"), (4.24, "4.2"), (4.001, "4"), (1_234.4, "1234")]
        {
            assert_eq!(number(value, ""), text);
        }
        assert_eq!(number(4.0, "ms"), "4 ms");
    }

    #[test]
    fn of_a_time_no_more_is_said_than_is_known() {
        for (value, text) in [(0.2, "< 10 ms"), (10.0, "< 10 ms"), (10.4, "10.4 ms"), (5_000.0, "> 5 s")] {
            assert_eq!(said(value, "ms"), text);
        }
        assert_eq!((said(0.2, "/s"), said(6_000.0, "")), ("0.2 /s".to_owned(), "6000".to_owned()));
        assert_eq!(range(10.0, 300.0, "ms"), "< 10 ms to 300 ms");
        assert_eq!(range(1.0, 3.0, "/s"), "1 to 3 /s");
        assert_eq!(range(1.0, 3.0, "ms"), "always < 10 ms");
    }

    #[test]
    fn the_ends_are_those_of_the_histogram() {
        let totals = campotech_metrics::Metrics::builder("a", "1").build().unwrap().totals();
        let bounds: Vec<_> = totals.latency.buckets().map(|(bound, _)| bound * 1_000.0).collect();
        assert_eq!(ENDS.map(|(bound, _)| bound), [bounds[0], bounds[bounds.len() - 2]]);
    }

    #[test]
    fn durations_have_two_units_at_most() {
        for (seconds, text) in
            [(0, "0 s"), (59, "59 s"), (60, "1 min"), (3_660, "1 h 1 min"), (90_000, "1 d 1 h")]
        {
            assert_eq!(duration(Duration::from_secs(seconds)), text);
        }
    }

    #[test]
    fn a_time_is_told_to_people_and_to_machines() {
        let at = SystemTime::UNIX_EPOCH + Duration::from_secs(3_661);
        assert_eq!(
            ago(at, Duration::from_secs(90)).into_string(),
            r#"<time datetime="1970-01-01T01:01:01Z">01:01:01</time> <small>1 min ago</small>"#
        );
    }
}
