//! Path, query and headers.

use http::header::{CONTENT_LENGTH, HOST, TRANSFER_ENCODING};
use http::request::Parts;
use http::{HeaderMap, Uri, Version};

use super::finding::Finding;
use super::layer::DuplicateParameters;
use super::percent::{self, PercentFault};

/// How often an escape may be hidden in an escape and still be seen through.
const DECODES: usize = 3;

/// The first finding in a request's head.
pub(super) fn check(parts: &Parts, max_uri: usize, duplicates: DuplicateParameters) -> Result<(), Finding> {
    if uri_length(&parts.uri) > max_uri {
        return Err(Finding::UriLength);
    }
    check_path(parts.uri.path().as_bytes())?;
    if let Some(query) = parts.uri.query() {
        check_query(query.as_bytes())?;
        if duplicates == DuplicateParameters::Refuse && has_duplicates(query) {
            return Err(Finding::QueryDuplicate);
        }
    }
    check_headers(&parts.headers)?;
    // RFC 9112, section 3.2, also where the target has the host.
    if parts.version == Version::HTTP_11 && !parts.headers.contains_key(HOST) {
        return Err(Finding::HeaderHost);
    }
    Ok(())
}

fn uri_length(uri: &Uri) -> usize {
    uri.path().len() + uri.query().map_or(0, |query| query.len() + 1)
}

fn check_path(path: &[u8]) -> Result<(), Finding> {
    if has_dot_segment(path, Place::Path) {
        return Err(Finding::PathTraversal);
    }
    if path.iter().all(|b| b.is_ascii_graphic() && !matches!(b, b'%' | b'\\')) {
        return Ok(());
    }
    let decoded = percent::decode(path).map_err(|fault| match fault {
        PercentFault::Malformed => Finding::PathPercent,
        PercentFault::PercentU => Finding::PathPercentU,
    })?;
    if is_hidden_traversal(&decoded, Place::Path) {
        return Err(Finding::PathTraversal);
    }
    if decoded.iter().any(u8::is_ascii_control) {
        return Err(Finding::PathControl);
    }
    if std::str::from_utf8(&decoded).is_err() {
        return Err(Finding::PathUtf8);
    }
    if percent::has_escape(&decoded) {
        return Err(Finding::PathDoubleEncoding);
    }
    let escaped = path.windows(3).filter(|window| window[0] == b'%');
    let hidden = escaped
        .map(|window| window[1..].to_ascii_lowercase())
        .any(|hex| matches!(&*hex, b"2f" | b"5c" | b"2e"));
    if hidden || path.contains(&b'\\') {
        return Err(Finding::PathSeparator);
    }
    Ok(())
}

fn check_query(query: &[u8]) -> Result<(), Finding> {
    if has_dot_segment(query, Place::Query) {
        return Err(Finding::QueryTraversal);
    }
    if query.iter().all(|b| b.is_ascii_graphic() && *b != b'%') {
        return Ok(());
    }
    let decoded = percent::decode(query).map_err(|fault| match fault {
        PercentFault::Malformed => Finding::QueryPercent,
        PercentFault::PercentU => Finding::QueryPercentU,
    })?;
    if is_hidden_traversal(&decoded, Place::Query) {
        return Err(Finding::QueryTraversal);
    }
    if decoded.iter().any(u8::is_ascii_control) {
        return Err(Finding::QueryControl);
    }
    std::str::from_utf8(&decoded).map(drop).map_err(|_| Finding::QueryUtf8)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Path,
    Query,
}

/// Dot segments in what was decoded once, and in what further decoding makes of it.
fn is_hidden_traversal(decoded: &[u8], place: Place) -> bool {
    if has_dot_segment(decoded, place) {
        return true;
    }
    let mut text = decoded.to_vec();
    for _ in 1..DECODES {
        if !percent::has_escape(&text) {
            return false;
        }
        text = percent::decode_leniently(&text);
        if has_dot_segment(&text, place) {
            return true;
        }
    }
    false
}

/// `..` as a whole segment (in paths `.` too). In a query, where two dots may be text, only beside a separator.
fn has_dot_segment(text: &[u8], place: Place) -> bool {
    let separator = |b: Option<&u8>| matches!(b, Some(b'/' | b'\\'));
    match place {
        Place::Path => text.split(|b| matches!(b, b'/' | b'\\')).any(|segment| {
            // `..;x` is `..` to servers that know path parameters.
            matches!(segment.split(|b| *b == b';').next(), Some(b"." | b".."))
        }),
        Place::Query => text.windows(2).enumerate().filter(|(_, pair)| *pair == b"..").any(|(at, _)| {
            let before = at.checked_sub(1).and_then(|at| text.get(at));
            let after = text.get(at + 2);
            let bound = |b: Option<&u8>| separator(b) || matches!(b, None | Some(b'=' | b'&' | b';'));
            bound(before) && bound(after) && (separator(before) || separator(after))
        }),
    }
}

fn has_duplicates(query: &str) -> bool {
    let mut names: Vec<_> = url::form_urlencoded::parse(query.as_bytes()).map(|(name, _)| name).collect();
    names.sort_unstable();
    names.windows(2).any(|pair| pair[0] == pair[1])
}

fn check_headers(headers: &HeaderMap) -> Result<(), Finding> {
    for (name, text) in [(HOST, "host"), (CONTENT_LENGTH, "content-length")] {
        if headers.get_all(name).iter().nth(1).is_some() {
            return Err(Finding::HeaderDuplicate(text));
        }
    }
    // RFC 9112, section 6.1: two lengths are an attempt to smuggle. (hyper drops the first before anybody sees it.)
    if headers.contains_key(CONTENT_LENGTH) && headers.contains_key(TRANSFER_ENCODING) {
        return Err(Finding::HeaderFraming);
    }
    // A tab is white space (RFC 9110, section 5.5).
    let control = |b: &u8| b.is_ascii_control() && *b != b'\t';
    if headers.values().any(|value| value.as_bytes().iter().any(control)) {
        return Err(Finding::HeaderControl);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_paths_and_queries_pass() {
        for path in [
            "/",
            "/api/v1/jobs/0190",
            "/a.b/c..d/...x",
            "/caf%C3%A9",
            "/a%20b",
            "/100%25",
            "/a;v=1",
            "*",
            "",
            "/~x/@y",
        ] {
            assert_eq!(check_path(path.as_bytes()), Ok(()), "{path}");
        }
        for query in [
            "",
            "a=1&b=2",
            "q=caf%C3%A9+con+leche",
            "q=wait...",
            "q=a..b",
            "url=https%3A%2F%2Fx.y%2Fz",
            "q=100%25",
            "r=1..2",
            "q=..",
            "q=%2541",
            "a[]=1&a[]=2",
            "q=x../y",
        ] {
            assert_eq!(check_query(query.as_bytes()), Ok(()), "{query}");
        }
    }

    #[test]
    fn what_is_found_in_a_path() {
        for (path, finding) in [
            ("/a%", Finding::PathPercent),
            ("/%zz", Finding::PathPercent),
            ("/%u002e", Finding::PathPercentU),
            ("/%ff", Finding::PathUtf8),
            ("/%c0%ae%c0%ae/x", Finding::PathUtf8),
            ("/%ed%a0%80", Finding::PathUtf8),
            ("/a%00", Finding::PathControl),
            ("/a%0d%0ab", Finding::PathControl),
            ("/a%7f", Finding::PathControl),
            ("/../x", Finding::PathTraversal),
            ("/a/./b", Finding::PathTraversal),
            ("/a/..", Finding::PathTraversal),
            ("/..;/x", Finding::PathTraversal),
            ("/%2e%2e%2fetc", Finding::PathTraversal),
            ("/..%5cx", Finding::PathTraversal),
            ("/%252e%252e/x", Finding::PathTraversal),
            ("/%25252e%25252e%25252fx", Finding::PathTraversal),
            ("/%2541", Finding::PathDoubleEncoding),
            ("/a%2Fb", Finding::PathSeparator),
            ("/a%5Cb", Finding::PathSeparator),
            ("/a%2Eb", Finding::PathSeparator),
            ("/a\\b", Finding::PathSeparator),
        ] {
            assert_eq!(check_path(path.as_bytes()), Err(finding), "{path}");
        }
    }

    #[test]
    fn what_is_found_in_a_query() {
        for (query, finding) in [
            ("q=%", Finding::QueryPercent),
            ("q=%u0041", Finding::QueryPercentU),
            ("q=%ff", Finding::QueryUtf8),
            ("q=%00", Finding::QueryControl),
            ("q=a%1bb", Finding::QueryControl),
            ("f=../../etc/passwd", Finding::QueryTraversal),
            ("f=/x/..", Finding::QueryTraversal),
            ("f=..%2f..%2fetc", Finding::QueryTraversal),
            ("f=%2e%2e%5cx", Finding::QueryTraversal),
            ("f=%252e%252e%252fetc", Finding::QueryTraversal),
            ("f=%25252e%25252e%25252fetc", Finding::QueryTraversal),
        ] {
            assert_eq!(check_query(query.as_bytes()), Err(finding), "{query}");
        }
    }

    #[test]
    fn parameters_are_compared_decoded() {
        assert!(has_duplicates("a=1&b=2&a=3") && has_duplicates("a=1&%61=2") && has_duplicates("a+b&a%20b"));
        assert!(!has_duplicates("a=1&b=1") && !has_duplicates(""));
    }
}
