//! `Forwarded` (RFC 7239).
//!
//! It is read from the right, like the walk goes: a client that opens a quote and leaves it open must not be able to
//! swallow the entry that the proxy appended.

use std::borrow::Cow;

use http::header::FORWARDED;
use http::{HeaderMap, HeaderValue};

use super::walk::{Hop, address, port};
use super::x_forwarded::is_https;

/// The elements of one line, last first; a comma inside a quoted string separates nothing.
struct Elements<'a>(Option<&'a [u8]>);

/// The elements of all `Forwarded` lines, nearest first.
pub(super) fn hops(headers: &HeaderMap) -> impl Iterator<Item = Hop<'_>> {
    let lines = headers.get_all(FORWARDED).iter().rev();
    lines.map(HeaderValue::as_bytes).flat_map(|line| Elements(Some(line))).map(hop)
}

impl<'a> Iterator for Elements<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let line = self.0.take()?;
        let Some(comma) = last_outside_quotes(line, b',') else { return Some(line) };
        self.0 = Some(&line[..comma]);
        Some(&line[comma + 1..])
    }
}

/// The position of the last `wanted` that no quoted string contains.
fn last_outside_quotes(text: &[u8], wanted: u8) -> Option<usize> {
    let mut quoted = false;
    for (at, byte) in text.iter().enumerate().rev() {
        if *byte == b'"' {
            let backslashes = text[..at].iter().rev().take_while(|b| **b == b'\\').count();
            // A backslash escapes only inside a quoted string, and an opening quote follows `=`.
            if backslashes % 2 == 0 {
                quoted = !quoted;
            }
        } else if *byte == wanted && !quoted {
            return Some(at);
        }
    }
    None
}

/// What one element says; nothing where any part of it is malformed.
fn hop(element: &[u8]) -> Hop<'_> {
    pairs(element).unwrap_or(Hop { ip: None, https: None, host: None })
}

fn pairs(element: &[u8]) -> Option<Hop<'_>> {
    let mut rest = Some(element.trim_ascii());
    let (mut node, mut proto, mut host) = (None, None, None);
    while let Some(text) = rest {
        let (pair, before) = match last_outside_quotes(text, b';') {
            Some(at) => (&text[at + 1..], Some(&text[..at])),
            None => (text, None),
        };
        rest = before;
        let equals = pair.iter().position(|b| *b == b'=')?;
        let name = pair[..equals].trim_ascii_start();
        let value = value(pair[equals + 1..].trim_ascii_end())?;
        if name.is_empty() || !name.iter().copied().all(is_token) {
            return None;
        }
        let slot = if name.eq_ignore_ascii_case(b"for") {
            &mut node
        } else if name.eq_ignore_ascii_case(b"proto") {
            &mut proto
        } else if name.eq_ignore_ascii_case(b"host") {
            &mut host
        } else {
            continue;
        };
        // No parameter may be there twice (section 4).
        if slot.replace(value).is_some() {
            return None;
        }
    }
    let https = proto.map(|proto| is_https(&proto));
    Some(Hop { ip: node.and_then(|node| address(&node, node_port)), https, host })
}

/// A token or a quoted string. Tokens may hold `:[]`, which many proxies leave unquoted.
fn value(text: &[u8]) -> Option<Cow<'_, [u8]>> {
    let Some(inside) = text.strip_prefix(b"\"") else {
        let fine = |b: &u8| is_token(*b) || matches!(b, b':' | b'[' | b']');
        return (!text.is_empty() && text.iter().all(fine)).then_some(Cow::Borrowed(text));
    };
    let inside = inside.strip_suffix(b"\"")?;
    if !inside.contains(&b'\\') {
        return (!inside.contains(&b'"')).then_some(Cow::Borrowed(inside));
    }
    let mut plain = Vec::with_capacity(inside.len());
    let mut bytes = inside.iter();
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' => return None,
            b'\\' => plain.push(*bytes.next()?),
            byte => plain.push(*byte),
        }
    }
    Some(Cow::Owned(plain))
}

/// A port, or an obfuscated one (section 6.2).
fn node_port(text: &[u8]) -> bool {
    let obfuscated = |rest: &[u8]| {
        !rest.is_empty() && rest.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'))
    };
    port(text) || text.strip_prefix(b"_").is_some_and(obfuscated)
}

const fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(
            byte,
            b'!' | b'#'
                | b'$'
                | b'%'
                | b'&'
                | b'\''
                | b'*'
                | b'+'
                | b'-'
                | b'.'
                | b'^'
                | b'_'
                | b'`'
                | b'|'
                | b'~'
        )
}
