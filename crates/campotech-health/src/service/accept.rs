//! Which form a client prefers (RFC 9110, section 12.5.1).

use campotech_core::preference::preferences;
use http::header::ACCEPT;
use http::{HeaderMap, HeaderValue};

/// The forms of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    /// Ours.
    Json,
    /// That of draft-inadarei-api-health-check.
    Draft,
    /// A line for each component.
    Text,
    /// A table for a page.
    Html,
}

impl Format {
    pub(super) const ALL: [Self; 4] = [Self::Json, Self::Draft, Self::Text, Self::Html];

    /// The one that is asked for by name with the most weight; ours where none of them is.
    pub(super) fn of(headers: &HeaderMap) -> Self {
        // What probes send. No header of theirs has a second line.
        let one_line = headers.len() == headers.keys_len();
        if one_line && headers.get(ACCEPT).is_none_or(|accept| accept.as_bytes() == b"*/*") {
            return Self::Json;
        }
        let mut weights = [0; Self::ALL.len()];
        for range in preferences(headers, ACCEPT) {
            for format in Self::ALL {
                if range.is(format.name()) {
                    let weight = &mut weights[format as usize];
                    *weight = range.weight.max(*weight);
                }
            }
        }
        // Of equals the first: who can read the draft's form would not name it for nothing.
        let order = [Self::Draft, Self::Json, Self::Text, Self::Html];
        let best = order.into_iter().rev().max_by_key(|format| weights[*format as usize]);
        best.filter(|format| weights[*format as usize] > 0).unwrap_or(Self::Json)
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Draft => "application/health+json",
            Self::Text => "text/plain",
            Self::Html => "text/html",
        }
    }

    /// The value of `Content-Type`.
    pub(super) const fn media_type(self) -> HeaderValue {
        match self {
            Self::Json => const { HeaderValue::from_static("application/json") },
            Self::Draft => const { HeaderValue::from_static("application/health+json") },
            Self::Text => const { HeaderValue::from_static("text/plain; charset=utf-8") },
            Self::Html => const { HeaderValue::from_static("text/html; charset=utf-8") },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Format::{Draft, Html, Json, Text};
    use super::*;

    #[test]
    fn it_has_to_be_named() {
        let of = |accept: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT, HeaderValue::from_str(accept).unwrap());
            Format::of(&headers)
        };
        for (accept, format) in [
            ("application/health+json", Draft),
            ("Application/Health+JSON;q=0.5, */*", Draft),
            ("application/json, application/health+json", Draft),
            ("application/health+json; q=0.9, application/json;q=0.8", Draft),
            ("application/health+json;q=0.5,application/json", Json),
            ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", Html),
            ("text/plain", Text),
            ("text/plain;q=0.5, application/json;q=0.4", Text),
            ("text/plain, application/json", Json),
            ("text/html, text/plain", Text),
            ("", Json),
            ("*/*", Json),
            ("application/*", Json),
            ("text/*", Json),
            ("application/json", Json),
            ("application/health+json;q=0", Json),
            ("application/health+json;q=nan", Json),
            (";;,,q=1", Json),
        ] {
            assert_eq!(of(accept), format, "{accept}");
        }
        assert_eq!(Format::of(&HeaderMap::new()), Json);
        let mut headers = HeaderMap::new();
        for accept in ["*/*", "text/plain"] {
            headers.append(ACCEPT, HeaderValue::from_static(accept));
        }
        assert_eq!(Format::of(&headers), Text, "every line counts");
    }
}
