//! The id of one request.

use std::fmt;
use std::time::{SystemTime, UNIX_EPOCH};

use http::HeaderValue;

use super::hex::hex;
use super::source::made;

/// A request's id: a UUIDv7 of ours, or a trusted peer's of 1 to 128 characters `[A-Za-z0-9_-]`.
///
/// A clone copies nothing.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct RequestId(HeaderValue);

const LONGEST: usize = 128;

/// The bytes that an id is made of.
const FINE: [bool; 256] = {
    let mut fine = [false; 256];
    let mut byte = 0_u8;
    while byte < 128 {
        fine[byte as usize] = byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
        byte += 1;
    }
    fine
};

/// The text of a UUIDv7: 48 bits of milliseconds, version, 12 random bits, variant, 62 random bits (RFC 9562, section 5.7).
fn uuid_v7(unix_millis: u64, [a, b]: [u64; 2]) -> [u8; 36] {
    let high = unix_millis << 16 | 0x7000 | a & 0x0fff;
    let low = 1 << 63 | b >> 2;
    let words = [high >> 32, high, low >> 32, low].map(|word| hex(word as u32));
    let mut text = [b'-'; 36];
    text[..8].copy_from_slice(&words[0]);
    text[9..13].copy_from_slice(&words[1][..4]);
    text[14..18].copy_from_slice(&words[1][4..]);
    text[19..23].copy_from_slice(&words[2][..4]);
    text[24..28].copy_from_slice(&words[2][4..]);
    text[28..].copy_from_slice(&words[3]);
    text
}

impl RequestId {
    /// A new UUIDv7, hyphenated and in lower case (RFC 9562).
    #[must_use]
    pub fn generate() -> Self {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let millis = now.as_secs() * 1_000 + u64::from(now.subsec_millis());
        let text = made(|source| {
            let random = [source.bits(), source.bits()];
            source.shared(&uuid_v7(millis, random))
        });
        // A UUID's text holds visible ASCII only, so the fallback is never reached.
        Self(HeaderValue::from_maybe_shared(text).unwrap_or_else(|_| HeaderValue::from_static("unknown")))
    }

    /// Takes over an id that came in, if it is well-formed.
    #[must_use]
    pub fn adopt(value: &HeaderValue) -> Option<Self> {
        let bytes = value.as_bytes();
        let fine = |b: &u8| FINE[usize::from(*b)];
        let well_formed = (1..=LONGEST).contains(&bytes.len()) && bytes.iter().all(fine);
        well_formed.then(|| Self(value.clone()))
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(self.0.as_bytes()).unwrap_or("unknown")
    }

    /// The id as a header's value; cloning it copies nothing.
    #[must_use]
    pub const fn header_value(&self) -> &HeaderValue {
        &self.0
    }
}

impl From<RequestId> for HeaderValue {
    fn from(id: RequestId) -> Self {
        id.0
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
    use uuid::Uuid;

    use super::*;

    #[test]
    fn generated_ids_are_version_7_and_differ() {
        let (a, b) = (RequestId::generate(), RequestId::generate());
        assert_eq!(Uuid::parse_str(a.as_str()).unwrap().get_version_num(), 7);
        assert_ne!(a, b);
    }

    #[test]
    fn a_uuid_holds_the_time_and_the_random_bits() {
        // The example of RFC 9562, appendix A.6.
        let text = uuid_v7(0x017F_22E2_79B0, [0xCC3, 0x18C4_DC0C_0C07_398F << 2]);
        assert_eq!(std::str::from_utf8(&text).unwrap(), "017f22e2-79b0-7cc3-98c4-dc0c0c07398f");
        let uuid = Uuid::parse_str(std::str::from_utf8(&uuid_v7(u64::MAX, [u64::MAX; 2])).unwrap()).unwrap();
        assert_eq!(uuid.get_version_num(), 7);
        assert_eq!(uuid.get_variant(), uuid::Variant::RFC4122);
    }

    #[test]
    fn a_new_id_says_when_it_was_made() {
        let now = || SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
        let (before, id, after) = (now(), RequestId::generate(), now());
        let (seconds, _) = Uuid::parse_str(id.as_str()).unwrap().get_timestamp().unwrap().to_unix();
        assert!((before..=after).contains(&seconds), "{before} {seconds} {after}");
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
