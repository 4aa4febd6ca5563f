//! The formats of an answer, and which one a client wants.

use http::HeaderMap;
use http::header::ACCEPT;

/// What an answer is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Format {
    /// Prometheus' text format, version 0.0.4.
    #[default]
    Text,
    /// OpenMetrics, version 1.0.0.
    OpenMetrics,
}

impl Format {
    /// The value of `Content-Type`.
    #[must_use]
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Text => "text/plain; version=0.0.4; charset=utf-8",
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
        }
    }

    /// The format that `Accept` prefers, by its weights (RFC 9110, section 12.5.1), of equals the one named first; the text format where it
    /// has no preference, or none that is written here.
    #[must_use]
    pub fn accepted(headers: &HeaderMap) -> Self {
        let values = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
        let mut best = (Self::Text, 0);
        for range in values.flat_map(|value| value.split(',')) {
            if let Some((format, weight)) = wanted(range)
                && weight > best.1
            {
                best = (format, weight);
            }
        }
        best.0
    }
}

/// The format of a media range and its weight in thousandths.
fn wanted(range: &str) -> Option<(Format, u16)> {
    let mut parts = range.split(';').map(str::trim);
    let media = parts.next()?;
    let (mut version, mut weight) = (None, 1_000);
    for (name, value) in parts.filter_map(|part| part.split_once('=')) {
        match name.trim_end() {
            name if name.eq_ignore_ascii_case("q") => weight = thousandths(value.trim())?,
            name if name.eq_ignore_ascii_case("version") => version = Some(value.trim().trim_matches('"')),
            _ => {}
        }
    }
    let is = |name: &str| media.eq_ignore_ascii_case(name);
    let format = match version {
        None | Some("1.0.0") if is("application/openmetrics-text") => Format::OpenMetrics,
        None | Some("0.0.4") if is("text/plain") => Format::Text,
        None if is("text/*") || is("*/*") => Format::Text,
        _ => return None,
    };
    Some((format, weight))
}

/// A weight of at most three digits behind the point; none where it is no weight.
fn thousandths(weight: &str) -> Option<u16> {
    let (whole, rest) = weight.split_once('.').unwrap_or((weight, ""));
    if rest.len() > 3 || !rest.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let rest = format!("{rest:0<3}").parse().ok()?;
    match whole {
        "0" => Some(rest),
        "1" if rest == 0 => Some(1_000),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use proptest::prelude::*;

    use super::*;

    fn accepted(values: &[&str]) -> Format {
        let values = values.iter().map(|value| (ACCEPT, HeaderValue::from_str(value).unwrap()));
        let mut headers = HeaderMap::new();
        values.for_each(|(name, value)| {
            headers.append(name, value);
        });
        Format::accepted(&headers)
    }

    #[test]
    fn what_prometheus_sends_is_open_metrics() {
        // 2.42, and 3.x with the protobuf and UTF-8 names that we do not write.
        for value in [
            "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
            "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.6,application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,text/plain;version=0.0.4;q=0.2,*/*;q=0.1",
        ] {
            assert_eq!(accepted(&[value]), Format::OpenMetrics, "{value}");
        }
    }

    #[test]
    fn without_a_preference_it_is_the_text_format() {
        for values in
            [&[][..], &["*/*"], &["text/html, */*;q=0.8"], &["application/json"], &[""], &["text/*"]]
        {
            assert_eq!(accepted(values), Format::Text, "{values:?}");
        }
    }

    #[test]
    fn weights_decide_and_of_equals_the_first() {
        for (value, format) in [
            ("text/plain;version=0.0.4, application/openmetrics-text", Format::Text),
            ("application/openmetrics-text, text/plain;version=0.0.4", Format::OpenMetrics),
            ("application/openmetrics-text;q=0.3, text/plain;q=0.31", Format::Text),
            (
                "Application/OpenMetrics-Text; Version=\"1.0.0\"; Q=1.000, text/plain;q=0.9",
                Format::OpenMetrics,
            ),
            ("application/openmetrics-text;q=0, */*;q=0.001", Format::Text),
            ("application/openmetrics-text;version=0.0.1", Format::Text),
            ("application/openmetrics-text;q=1.001, text/plain;q=0.1", Format::Text),
        ] {
            assert_eq!(accepted(&[value]), format, "{value}");
        }
        assert_eq!(accepted(&["text/plain;q=0.1", "application/openmetrics-text"]), Format::OpenMetrics);
    }

    proptest! {
        #[test]
        fn anything_is_read(value in "[ -~]{0,80}") {
            let _ = accepted(&[&value]);
        }
    }
}
