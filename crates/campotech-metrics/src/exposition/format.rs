//! The formats of an answer, and which one a client wants.

use campotech_core::preference::{Preference, preferences};
use http::HeaderMap;
use http::header::ACCEPT;

/// What an answer is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Format {
    /// Prometheus' text format, version 0.0.4.
    #[default]
    Text,
    /// OpenMetrics, version 1.0.0: exemplars, too.
    OpenMetrics,
    /// Prometheus' protocol buffers, each `io.prometheus.client.MetricFamily` behind its length: exemplars and native histograms, too.
    Protobuf,
}

impl Format {
    /// The value of `Content-Type`.
    #[must_use]
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Text => "text/plain; version=0.0.4; charset=utf-8",
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
            Self::Protobuf => {
                "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited"
            }
        }
    }

    /// The format that `Accept` prefers, by its weights (RFC 9110, section 12.5.1), of equals the one named first; the text format where it
    /// has no preference, or none that is written here.
    #[must_use]
    pub fn accepted(headers: &HeaderMap) -> Self {
        let mut best = (Self::Text, 0);
        for range in preferences(headers, ACCEPT) {
            if range.weight > best.1
                && let Some(format) = Self::wanted(&range)
            {
                best = (format, range.weight);
            }
        }
        best.0
    }

    fn wanted(range: &Preference<'_>) -> Option<Self> {
        let version = range.parameter("version");
        if range.is("application/openmetrics-text") && matches!(version, None | Some("1.0.0")) {
            Some(Self::OpenMetrics)
        } else if range.is("application/vnd.google.protobuf") {
            let families = range.parameter("proto") == Some("io.prometheus.client.MetricFamily");
            (families && range.parameter("encoding") == Some("delimited")).then_some(Self::Protobuf)
        } else if range.is("text/plain") && matches!(version, None | Some("0.0.4")) {
            Some(Self::Text)
        } else {
            ((range.is("text/*") || range.is("*/*")) && version.is_none()).then_some(Self::Text)
        }
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
    fn what_prometheus_sends_is_what_it_prefers() {
        // 2.42, the same with native histograms, and 3.x with UTF-8 names.
        for (value, format) in [
            (
                "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
                Format::OpenMetrics,
            ),
            (
                "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited,application/openmetrics-text;version=1.0.0;q=0.8,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
                Format::Protobuf,
            ),
            (
                "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.5,text/plain;version=0.0.4;q=0.2,*/*;q=0.1",
                Format::OpenMetrics,
            ),
        ] {
            assert_eq!(accepted(&[value]), format, "{value}");
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
    fn protocol_buffers_of_another_kind_are_not_written() {
        for value in [
            "application/vnd.google.protobuf",
            "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=text",
            "application/vnd.google.protobuf;proto=other;encoding=delimited",
        ] {
            assert_eq!(accepted(&[value]), Format::Text, "{value}");
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
