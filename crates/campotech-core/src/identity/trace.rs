//! The trace a request belongs to.

use std::fmt;

use http::HeaderMap;
use uuid::Uuid;

use super::SpanId;

/// A W3C trace id: 16 bytes, not all zero, shown as 32 lower-case hex digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct TraceId([u8; 16]);

impl TraceId {
    /// A new random trace id.
    #[must_use]
    pub fn generate() -> Self {
        Self(Uuid::new_v4().into_bytes())
    }

    /// The trace id of `traceparent` (W3C Trace Context, section 3.2), parsed strictly.
    ///
    /// None where the header is absent, repeated or malformed, or an id in it is all zero.
    #[must_use]
    pub fn from_headers(headers: &HeaderMap) -> Option<Self> {
        let mut values = headers.get_all("traceparent").iter();
        let value = values.next()?;
        if values.next().is_some() {
            return None;
        }
        Self::from_traceparent(value.to_str().ok()?)
    }

    /// The trace id of a `traceparent` value such as `00-<32 hex>-<16 hex>-<2 hex>`.
    #[must_use]
    pub fn from_traceparent(value: &str) -> Option<Self> {
        parse_traceparent(value).map(|(trace, ..)| trace)
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

/// Trace, parent span and flags of a `traceparent` value (W3C Trace Context, section 3.2), strictly.
pub(super) fn parse_traceparent(value: &str) -> Option<(TraceId, SpanId, u8)> {
    let (version, rest) = (value.get(..2)?, value.get(2..)?);
    let lower_hex = |s: &str| s.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    if !lower_hex(version) || version == "ff" {
        return None;
    }
    // A later version may append fields; ours ends after the flags.
    if version == "00" && rest.len() != 53 {
        return None;
    }
    let mut fields = rest.strip_prefix('-')?.split('-');
    let (trace, parent, flags) = (fields.next()?, fields.next()?, fields.next()?);
    if trace.len() != 32 || parent.len() != 16 || flags.len() != 2 {
        return None;
    }
    if !lower_hex(trace) || !lower_hex(parent) || !lower_hex(flags) {
        return None;
    }
    let trace = u128::from_str_radix(trace, 16).ok().filter(|id| *id != 0)?;
    let parent = SpanId::from_bytes(u64::from_str_radix(parent, 16).ok()?.to_be_bytes())?;
    Some((TraceId(trace.to_be_bytes()), parent, u8::from_str_radix(flags, 16).ok()?))
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
            "é0-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        ] {
            assert!(TraceId::from_traceparent(bad).is_none(), "{bad}");
        }
        let later = PARENT.replacen("00", "01", 1) + "-extra";
        assert!(TraceId::from_traceparent(&later).is_some());
    }
}
