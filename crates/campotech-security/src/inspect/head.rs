//! Path, query and headers.

use http::header::{CONTENT_LENGTH, COOKIE, HOST, REFERER, TRANSFER_ENCODING, USER_AGENT};
use http::{HeaderMap, Request, Uri, Version};

use super::detect::{
    ANGLE, BRACE, BRACKET, CLASSES, DISGUISE, DOT, EQUALS, HIGH, Makeup, OPERATOR, QUOTE, SEPARATOR, SHELL,
    SPACE,
};
use super::detection::{Examination, Source};
use super::fields::{decoded, has_duplicates, pairs};
use super::finding::Finding;
use super::layer::DuplicateParameters;
use super::percent::{self, PercentFault};

/// How often an escape may be hidden in an escape and still be seen through.
const DECODES: usize = 3;

/// What is in a head for detection to look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct HeadMakeup {
    path: bool,
    query: bool,
}

impl HeadMakeup {
    /// Whether there is nothing.
    pub(super) const fn is_idle(self) -> bool {
        !self.path && !self.query
    }
}

/// The first finding in a request's head.
pub(super) fn check<B>(
    request: &Request<B>,
    max_uri: usize,
    duplicates: DuplicateParameters,
) -> Result<HeadMakeup, Finding> {
    let uri = request.uri();
    if uri_length(uri) > max_uri {
        return Err(Finding::UriLength);
    }
    let path = check_path(uri.path().as_bytes())?;
    let query = match uri.query() {
        Some(query) => {
            check_query(query.as_bytes())?;
            let names = pairs(query.as_bytes()).map(|(name, _)| decoded(name).unwrap_or_default());
            if duplicates == DuplicateParameters::Refuse && has_duplicates(names) {
                return Err(Finding::QueryDuplicate);
            }
            !query.is_empty()
        }
        None => false,
    };
    check_headers(request.headers(), request.version())?;
    Ok(HeadMakeup { path, query })
}

/// Shows detection what there is.
pub(super) fn examine<B>(request: &Request<B>, makeup: HeadMakeup, examination: &mut Examination<'_>) {
    if makeup.path {
        for segment in request.uri().path().as_bytes().split(|b| *b == b'/') {
            examination.unnamed(Source::Path, &percent::decode_leniently(segment));
        }
    }
    if makeup.query {
        for (name, value) in pairs(request.uri().query().unwrap_or_default().as_bytes()) {
            // What can't be decoded was refused, or passed in a mode that only reports.
            let (Ok(name), Ok(value)) = (decoded(name), decoded(value)) else { continue };
            examination.field(Source::Query, &name, &value);
        }
    }
    if examination.wants_headers() {
        for (name, text) in [(USER_AGENT, "user-agent"), (REFERER, "referer"), (COOKIE, "cookie")] {
            for value in request.headers().get_all(name) {
                examination.field(Source::Header, text.as_bytes(), value.as_bytes());
            }
        }
    }
}

fn uri_length(uri: &Uri) -> usize {
    uri.path().len() + uri.query().map_or(0, |query| query.len() + 1)
}

/// Whether there is anything but letters, digits and the marks of ordinary paths in it.
fn check_path(path: &[u8]) -> Result<bool, Finding> {
    let mut classes = 0;
    let mut hidden = false;
    let mut last = SEPARATOR;
    for byte in path {
        let class = CLASSES[usize::from(*byte)];
        classes |= class;
        hidden |= last & SEPARATOR != 0 && class & DOT != 0;
        last = class;
    }
    if hidden && has_dot_segment(path, Place::Path) {
        return Err(Finding::PathTraversal);
    }
    if classes & (DISGUISE | SPACE | HIGH) != 0 {
        check_odd_path(path)?;
    }
    Ok(classes & (QUOTE | ANGLE | BRACKET | BRACE | SHELL | OPERATOR | EQUALS | DISGUISE) != 0)
}

/// With escapes, backslashes or what is no visible ASCII.
#[cold]
fn check_odd_path(path: &[u8]) -> Result<(), Finding> {
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
        .map(|window| [window[1], window[2].to_ascii_lowercase()])
        .any(|hex| matches!(&hex, b"2f" | b"5c" | b"2e"));
    if hidden || path.contains(&b'\\') {
        return Err(Finding::PathSeparator);
    }
    Ok(())
}

fn check_query(query: &[u8]) -> Result<(), Finding> {
    let makeup = Makeup::of(query);
    if makeup.has_pair(DOT) && has_dot_segment(query, Place::Query) {
        return Err(Finding::QueryTraversal);
    }
    if !makeup.has(DISGUISE | SPACE | HIGH) {
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

// That no value holds a control character is the work of `HeaderValue`.
fn check_headers(headers: &HeaderMap, version: Version) -> Result<(), Finding> {
    let mut hosts = headers.get_all(HOST).iter();
    match (hosts.next(), hosts.next()) {
        (_, Some(_)) => return Err(Finding::HeaderDuplicate("host")),
        // RFC 9112, section 3.2, also where the target has the host.
        (None, None) if version == Version::HTTP_11 => return Err(Finding::HeaderHost),
        _ => {}
    }
    let mut lengths = headers.get_all(CONTENT_LENGTH).iter();
    if lengths.next().is_none() {
        return Ok(());
    }
    if lengths.next().is_some() {
        return Err(Finding::HeaderDuplicate("content-length"));
    }
    // RFC 9112, section 6.1: two lengths are an attempt to smuggle. (hyper drops the first before anybody sees it.)
    if headers.contains_key(TRANSFER_ENCODING) {
        return Err(Finding::HeaderFraming);
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
            assert!(check_path(path.as_bytes()).is_ok(), "{path}");
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
        let twice = |query: &str| {
            has_duplicates(pairs(query.as_bytes()).map(|(name, _)| decoded(name).unwrap_or_default()))
        };
        assert!(twice("a=1&b=2&a=3") && twice("a=1&%61=2") && twice("a+b&a%20b"));
        assert!(!twice("a=1&b=1") && !twice(""));
    }
}
