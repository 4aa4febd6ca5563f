//! Which of the two media types a client prefers (RFC 9110, section 12.5.1).

use campotech_core::preference::preferences;
use http::HeaderMap;
use http::header::ACCEPT;

/// Whether `application/health+json` is asked for by name, and no less than `application/json` is.
pub(super) fn prefers_health_json(headers: &HeaderMap) -> bool {
    let (mut ours, mut plain) = (0, 0);
    for range in preferences(headers, ACCEPT) {
        if range.is("application/health+json") {
            ours = ours.max(range.weight);
        } else if range.is("application/json") {
            plain = plain.max(range.weight);
        }
    }
    ours > 0 && ours >= plain
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn it_has_to_be_named() {
        let prefers = |accept: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT, HeaderValue::from_str(accept).unwrap());
            prefers_health_json(&headers)
        };
        for accept in [
            "application/health+json",
            "Application/Health+JSON;q=0.5, */*",
            "text/html, application/health+json; q=0.9, application/json;q=0.8",
        ] {
            assert!(prefers(accept), "{accept}");
        }
        for accept in [
            "",
            "*/*",
            "application/*",
            "application/json",
            "application/health+json;q=0",
            "application/health+json;q=nan",
            "application/health+json;q=0.5,application/json",
            ";;,,q=1",
        ] {
            assert!(!prefers(accept), "{accept}");
        }
        assert!(!prefers_health_json(&HeaderMap::new()));
    }
}
