//! Numbers and times as people read them.

use std::time::{Duration, SystemTime};

use jiff::Timestamp;
use maud::{Markup, html};

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

pub(super) fn milliseconds(time: Option<Duration>) -> String {
    time.map_or_else(|| "–".to_owned(), |time| format!("{:.0} ms", time.as_secs_f64() * 1_000.0))
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
pub(super) fn ago(at: SystemTime) -> Markup {
    let passed = SystemTime::now().duration_since(at).unwrap_or_default();
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
    fn durations_have_two_units_at_most() {
        for (seconds, text) in
            [(0, "0 s"), (59, "59 s"), (60, "1 min"), (3_660, "1 h 1 min"), (90_000, "1 d 1 h")]
        {
            assert_eq!(duration(Duration::from_secs(seconds)), text);
        }
    }

    #[test]
    fn a_time_is_told_to_people_and_to_machines() {
        let text = ago(SystemTime::UNIX_EPOCH + Duration::from_secs(3_661)).into_string();
        assert!(
            text.starts_with(r#"<time datetime="1970-01-01T01:01:01Z">01:01:01</time> <small>"#),
            "{text}"
        );
    }
}
