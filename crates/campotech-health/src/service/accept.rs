//! Which of the two media types a client prefers (RFC 9110, section 12.5.1).

use http::HeaderMap;
use http::header::ACCEPT;

/// Whether `application/health+json` is asked for by name, and no less than `application/json` is.
pub(super) fn prefers_health_json(headers: &HeaderMap) -> bool {
    let (mut ours, mut plain) = (0.0_f32, 0.0_f32);
    for value in headers.get_all(ACCEPT) {
        let Ok(value) = value.to_str() else { continue };
        // Nobody lists more than a few types; a long list is not worth the time.
        for range in value.split(',').take(16) {
            let mut parts = range.split(';').map(str::trim);
            let name = parts.next().unwrap_or("");
            let quality = parts.find_map(|p| p.strip_prefix("q=").or_else(|| p.strip_prefix("Q=")));
            let quality = quality.map_or(1.0, |q| {
                q.trim().parse::<f32>().ok().filter(|q| (0.0..=1.0).contains(q)).unwrap_or(0.0)
            });
            if name.eq_ignore_ascii_case("application/health+json") {
                ours = ours.max(quality);
            } else if name.eq_ignore_ascii_case("application/json") {
                plain = plain.max(quality);
            }
        }
    }
    ours > 0.0 && ours >= plain
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
