//! `X-Forwarded-For` and `X-Forwarded-Proto`.

use http::{HeaderMap, HeaderValue};

use super::walk::{Hop, address, port};

pub(super) const FOR: &str = "x-forwarded-for";
const PROTO: &str = "x-forwarded-proto";

/// The entries of all `X-Forwarded-For` lines, nearest first.
pub(super) fn hops(headers: &HeaderMap) -> impl Iterator<Item = Hop> {
    entries(headers, FOR).map(|entry| Hop { ip: address(entry, port), https: None })
}

/// Whether the hop at `depth` from the right came by https, where a trusted proxy says so.
///
/// A proxy either appends what it saw, beside its `X-Forwarded-For` entry, or one sets a single value for the chain.
pub(super) fn https(headers: &HeaderMap, depth: usize) -> Option<bool> {
    let mut values = entries(headers, PROTO);
    let nearest = values.next()?;
    let value = match depth {
        0 => nearest,
        _ => match values.nth(depth - 1) {
            Some(value) => value,
            None if entries(headers, PROTO).nth(1).is_none() => nearest,
            None => return Some(false),
        },
    };
    Some(value.eq_ignore_ascii_case(b"https") || value.eq_ignore_ascii_case(b"wss"))
}

fn entries<'a>(headers: &'a HeaderMap, name: &'static str) -> impl Iterator<Item = &'a [u8]> {
    let lines = headers.get_all(name).iter().rev();
    lines.map(HeaderValue::as_bytes).flat_map(|line| line.rsplit(|b| *b == b',')).map(<[u8]>::trim_ascii)
}
