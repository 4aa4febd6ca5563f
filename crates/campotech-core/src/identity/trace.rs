//! The trace a request belongs to.

use std::fmt;

use http::{HeaderMap, HeaderName};

use super::SpanId;
use super::source::{Source, made};

pub(crate) const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// A W3C trace id: 16 bytes, not all zero, shown as 32 lower-case hex digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct TraceId([u8; 16]);

impl TraceId {
    /// A new random trace id.
    #[must_use]
    pub fn generate() -> Self {
        Self::of_bits(made(Source::wide_bits))
    }

    /// All zero is one in 2^128, and then it is 1.
    pub(super) fn of_bits(bits: u128) -> Self {
        Self(bits.max(1).to_be_bytes())
    }

    /// The trace id of `traceparent` (W3C Trace Context, section 3.2), parsed strictly.
    ///
    /// None where the header is absent, repeated or malformed, or an id in it is all zero.
    #[must_use]
    pub fn from_headers(headers: &HeaderMap) -> Option<Self> {
        sent_traceparent(headers).map(|(trace, ..)| trace)
    }

    /// The trace id of a `traceparent` value such as `00-<32 hex>-<16 hex>-<2 hex>`.
    #[must_use]
    pub fn from_traceparent(value: &str) -> Option<Self> {
        parse_traceparent(value.as_bytes()).map(|(trace, ..)| trace)
    }

    /// The id of these bytes, unless they are all zero.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 16]) -> Option<Self> {
        (bytes != [0; 16]).then_some(Self(bytes))
    }

    /// The sixteen bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

/// The same of the one `traceparent` header; nothing where there are two.
pub(super) fn sent_traceparent(headers: &HeaderMap) -> Option<(TraceId, SpanId, u8)> {
    static NAME: HeaderName = TRACEPARENT;
    let mut values = headers.get_all(&NAME).iter();
    let value = values.next()?;
    if values.next().is_some() { None } else { parse_traceparent(value.as_bytes()) }
}

/// Trace, parent span and flags of a `traceparent` value (W3C Trace Context, section 3.2), strictly.
pub(super) fn parse_traceparent(value: &[u8]) -> Option<(TraceId, SpanId, u8)> {
    let (known, more) = value.split_first_chunk::<55>()?;
    let version = number(&known[..2])?;
    // A later version may append fields; ours ends after the flags.
    if version == 0xff || !more.is_empty() && (version == 0 || more[0] != b'-') {
        return None;
    }
    if [known[2], known[35], known[52]] != [b'-'; 3] {
        return None;
    }
    let trace = u128::from(number(&known[3..19])?) << 64 | u128::from(number(&known[19..35])?);
    let trace = TraceId::from_bytes(trace.to_be_bytes())?;
    let parent = SpanId::from_bytes(number(&known[36..52])?.to_be_bytes())?;
    Some((trace, parent, number(&known[53..])? as u8))
}

/// What up to 16 lower-case hex digits say.
fn number(digits: &[u8]) -> Option<u64> {
    let mut number = 0;
    for digit in digits {
        let value = match digit {
            b'0'..=b'9' => digit - b'0',
            b'a'..=b'f' => digit - b'a' + 10,
            _ => return None,
        };
        number = number << 4 | u64::from(value);
    }
    Some(number)
}

impl fmt::Debug for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TraceId({self})")
    }
}

impl fmt::Display for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", u128::from_be_bytes(self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    #[test]
    fn the_example_of_the_recommendation_parses() {
        let id = TraceId::from_traceparent(PARENT).unwrap();
        assert_eq!(id.to_string(), "4bf92f3577b34da6a3ce929d0e0e4736");
    }

    #[test]
    fn malformed_values_are_no_trace() {
        for bad in [
            "",
            "00",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-x",
            "00-4bf92f3577b34da6a3ce929d0e0e473-00f067aa0ba902b7-011",
            "000-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-1",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0g",
            "00-4bf92f3577b34da6a3ce929d0e0e4736_00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7_01",
            "00_4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01x",
            "0G-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "é0-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        ] {
            assert!(TraceId::from_traceparent(bad).is_none(), "{bad}");
        }
        let later = PARENT.replacen("00", "01", 1) + "-extra";
        assert!(TraceId::from_traceparent(&later).is_some());
    }
}
