//! Headers that prove nothing about who sends them.

use http::HeaderName;

/// Whether a page may have this header sent to any site without a preflight (Fetch standard, CORS-safelisted request-headers), or
/// browsers send it by themselves (forbidden request-headers, and what they add).
pub(super) fn is_plain(name: &HeaderName) -> bool {
    const SAFELISTED: [&str; 5] = ["accept", "accept-language", "content-language", "content-type", "range"];
    const SENT_BY_BROWSERS: [&str; 44] = [
        "accept-charset",
        "accept-encoding",
        "alt-used",
        "authorization",
        "available-dictionary",
        "cache-control",
        "connection",
        "content-length",
        "cookie",
        "cookie2",
        "date",
        "device-memory",
        "dictionary-id",
        "dnt",
        "downlink",
        "dpr",
        "ect",
        "expect",
        "host",
        "if-match",
        "if-modified-since",
        "if-none-match",
        "if-range",
        "if-unmodified-since",
        "keep-alive",
        "last-event-id",
        "origin",
        "ping-from",
        "ping-to",
        "pragma",
        "priority",
        "purpose",
        "referer",
        "rtt",
        "save-data",
        "set-cookie",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "upgrade-insecure-requests",
        "user-agent",
        "via",
        "width",
    ];
    const PREFIXES: [&str; 6] =
        ["access-control-", "attribution-reporting-", "proxy-", "sec-", "service-worker", "viewport-"];
    let name = name.as_str();
    SAFELISTED.contains(&name)
        || SENT_BY_BROWSERS.contains(&name)
        || PREFIXES.iter().any(|prefix| name.starts_with(prefix))
}
