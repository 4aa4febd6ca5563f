//! The id of one request.

use std::fmt;

use http::HeaderValue;
use uuid::Uuid;

/// A request's id: a UUIDv7 of ours, or a trusted peer's of 1 to 128 characters `[A-Za-z0-9_-]`.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct RequestId(HeaderValue);

const LONGEST: usize = 128;

impl RequestId {
    /// A new UUIDv7, hyphenated and in lower case (RFC 9562).
    #[must_use]
    pub fn generate() -> Self {
        let mut buffer = [0; uuid::fmt::Hyphenated::LENGTH];
        let text = Uuid::now_v7().hyphenated().encode_lower(&mut buffer);
        // A UUID's text holds visible ASCII only, so the fallback is never reached.
        Self(HeaderValue::from_str(text).unwrap_or_else(|_| HeaderValue::from_static("unknown")))
    }

    /// Takes over an id that came in, if it is well-formed.
    #[must_use]
    pub fn adopt(value: &HeaderValue) -> Option<Self> {
        let bytes = value.as_bytes();
        let fine = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-');
        let well_formed = (1..=LONGEST).contains(&bytes.len()) && bytes.iter().all(fine);
        well_formed.then(|| Self(value.clone()))
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.to_str().unwrap_or("unknown")
    }

    /// The id as a header's value; cloning it copies nothing.
    #[must_use]
    pub const fn header_value(&self) -> &HeaderValue {
        &self.0
    }
}

impl fmt::Debug for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RequestId({self})")
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn generated_ids_are_version_7_and_differ() {
        let (a, b) = (RequestId::generate(), RequestId::generate());
        assert_eq!(Uuid::parse_str(a.as_str()).unwrap().get_version_num(), 7);
        assert_ne!(a, b);
    }

    #[test]
    fn only_a_well_formed_id_is_adopted() {
        for fine in ["a", "Ab_9-x", &"x".repeat(128)] {
            assert!(RequestId::adopt(&HeaderValue::from_str(fine).unwrap()).is_some(), "{fine}");
        }
        for bad in ["", "a b", "a.b", "a\tb", "é", &"x".repeat(129)] {
            let value = HeaderValue::from_bytes(bad.as_bytes()).unwrap();
            assert!(RequestId::adopt(&value).is_none(), "{bad}");
        }
    }
}
