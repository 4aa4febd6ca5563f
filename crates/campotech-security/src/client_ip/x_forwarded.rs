//! `X-Forwarded-For`, `X-Forwarded-Proto` and `X-Forwarded-Host`.

use http::{HeaderMap, HeaderName, HeaderValue};

use super::walk::{Hop, address, port};

pub(super) static FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
static PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
static HOST: HeaderName = HeaderName::from_static("x-forwarded-host");

/// What is told of a hop beside its address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Told<'a> {
    Nothing,
    Value(&'a [u8]),
    /// There are values, and none of them is this hop's.
    Unclear,
}

/// The entries of all `X-Forwarded-For` lines, nearest first.
pub(super) fn hops(headers: &HeaderMap) -> impl Iterator<Item = Hop<'_>> {
    entries(headers, &FOR).map(|entry| Hop { ip: address(entry, port), https: None, host: None })
}

/// Whether the hop at `depth` from the right came by https, where a trusted proxy says so.
pub(super) fn https(headers: &HeaderMap, depth: usize) -> Option<bool> {
    match told(headers, &PROTO, depth) {
        Told::Nothing => None,
        Told::Value(value) => Some(is_https(value)),
        Told::Unclear => Some(false),
    }
}

/// The host that the hop at `depth` from the right asked for, where a trusted proxy says so.
pub(super) fn host(headers: &HeaderMap, depth: usize) -> Option<&[u8]> {
    match told(headers, &HOST, depth) {
        Told::Value(value) => Some(value),
        Told::Nothing | Told::Unclear => None,
    }
}

pub(super) const fn is_https(proto: &[u8]) -> bool {
    proto.eq_ignore_ascii_case(b"https") || proto.eq_ignore_ascii_case(b"wss")
}

/// A proxy either appends what it saw, beside its `X-Forwarded-For` entry, or one sets a single value for the chain.
fn told<'a>(headers: &'a HeaderMap, name: &'static HeaderName, depth: usize) -> Told<'a> {
    let mut values = entries(headers, name);
    let Some(nearest) = values.next() else { return Told::Nothing };
    if depth == 0 {
        return Told::Value(nearest);
    }
    match values.nth(depth - 1) {
        Some(value) => Told::Value(value),
        None if entries(headers, name).nth(1).is_none() => Told::Value(nearest),
        None => Told::Unclear,
    }
}

fn entries<'a>(headers: &'a HeaderMap, name: &'static HeaderName) -> impl Iterator<Item = &'a [u8]> {
    let lines = headers.get_all(name).iter().rev();
    lines.map(HeaderValue::as_bytes).flat_map(|line| line.rsplit(|b| *b == b',')).map(<[u8]>::trim_ascii)
}
