//! Where a list goes on: a token that only the service can make.

use std::fmt;
use std::time::{Duration, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use campotech_core::{Clock, SystemClock};
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::Sha256;

use crate::input::ParseText;
use crate::report::{Rejection, Violation, codes};
use crate::schema::{Definitions, Schema};

/// The longest token, in bytes of its text.
const LONGEST: usize = 512;
const VERSION: u8 = 1;
const TAG: usize = 32;
/// Version and expiry.
const HEAD: usize = 9;
const KEY: usize = 32;

/// A cursor as it travels: opaque text of up to 512 characters of base64url.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Cursor(String);

/// Seals and opens cursors with HMAC-SHA-256 (RFC 2104); older keys still open what they sealed.
///
/// The token is the base64url of version, expiry, key and tag. The tag also covers a *scope*: whatever else has to be the
/// same on the next page (the user, the filter, the order), so that a cursor opens nowhere else.
///
/// ```
/// use std::time::Duration;
/// use campotech_validate::CursorKeys;
///
/// let keys = CursorKeys::new(b"an example of a key of 32 bytes.")?;
/// let cursor = keys.seal(&("2026-01-02", 7), "jobs of user 1", Duration::from_secs(3600))?;
/// assert_eq!(keys.open::<(String, u32)>(&cursor, "jobs of user 1")?.1, 7);
/// assert!(keys.open::<(String, u32)>(&cursor, "jobs of user 2").is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct CursorKeys<C = SystemClock> {
    current: Hmac<Sha256>,
    previous: Vec<Hmac<Sha256>>,
    clock: C,
}

/// What is wrong with a set of keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CursorKeysError {
    /// A key is too short to be one.
    #[error("a cursor key has fewer than 32 bytes")]
    ShortKey,
}

/// Why there is no cursor, or why it doesn't open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CursorError {
    /// It isn't one of ours, or not for this list.
    #[error("the cursor is not valid")]
    Invalid,
    /// It is one of ours and too old.
    #[error("the cursor has expired")]
    Expired,
    /// The key that should be sealed is too large, or can't be written as JSON.
    #[error("the key does not fit into a cursor")]
    Key,
}

impl CursorKeys {
    /// Keys with one that seals and opens, of 32 bytes or more.
    ///
    /// # Errors
    /// A short key.
    pub fn new(key: &[u8]) -> Result<Self, CursorKeysError> {
        Ok(Self { current: mac(key)?, previous: Vec::new(), clock: SystemClock })
    }
}

impl<C: Clock> CursorKeys<C> {
    /// Adds a key that opens only: the one that sealed before.
    ///
    /// # Errors
    /// A short key.
    pub fn with_previous(mut self, key: &[u8]) -> Result<Self, CursorKeysError> {
        self.previous.push(mac(key)?);
        Ok(self)
    }

    /// Takes the time from `clock`.
    #[must_use]
    pub fn with_clock<D: Clock>(self, clock: D) -> CursorKeys<D> {
        CursorKeys { current: self.current, previous: self.previous, clock }
    }

    /// A cursor at `key` that opens for `scope` until `lifetime` is over.
    ///
    /// # Errors
    /// [`CursorError::Key`] where the key is too large or isn't JSON.
    pub fn seal<K: Serialize>(
        &self,
        key: &K,
        scope: &str,
        lifetime: Duration,
    ) -> Result<Cursor, CursorError> {
        let expiry = self.now().saturating_add(lifetime.as_secs());
        let mut bytes = vec![VERSION];
        bytes.extend_from_slice(&expiry.to_be_bytes());
        serde_json::to_writer(&mut bytes, key).map_err(|_| CursorError::Key)?;
        let tag = signed(&self.current, &bytes, scope).finalize().into_bytes();
        bytes.extend_from_slice(&tag);
        let text = URL_SAFE_NO_PAD.encode(bytes);
        if text.len() > LONGEST { Err(CursorError::Key) } else { Ok(Cursor(text)) }
    }

    /// The key of a cursor that was sealed for `scope`.
    ///
    /// # Errors
    /// [`CursorError::Invalid`] or [`CursorError::Expired`]; [`CursorError::rejection`] makes a refusal of it.
    pub fn open<K: DeserializeOwned>(&self, cursor: &Cursor, scope: &str) -> Result<K, CursorError> {
        let bytes = URL_SAFE_NO_PAD.decode(&cursor.0).map_err(|_| CursorError::Invalid)?;
        let (signed_part, tag) = bytes
            .split_last_chunk::<TAG>()
            .filter(|(signed_part, _)| signed_part.len() > HEAD && signed_part[0] == VERSION)
            .ok_or(CursorError::Invalid)?;
        // `verify` compares in constant time.
        let genuine = std::iter::once(&self.current)
            .chain(&self.previous)
            .any(|key| signed(key, signed_part, scope).verify(tag.into()).is_ok());
        if !genuine {
            return Err(CursorError::Invalid);
        }
        let mut expiry = [0; 8];
        expiry.copy_from_slice(&signed_part[1..HEAD]);
        if self.now() >= u64::from_be_bytes(expiry) {
            return Err(CursorError::Expired);
        }
        serde_json::from_slice(&signed_part[HEAD..]).map_err(|_| CursorError::Invalid)
    }

    fn now(&self) -> u64 {
        self.clock.wall().duration_since(UNIX_EPOCH).map_or(0, |since: Duration| since.as_secs())
    }
}

fn mac(key: &[u8]) -> Result<Hmac<Sha256>, CursorKeysError> {
    if key.len() < KEY {
        return Err(CursorKeysError::ShortKey);
    }
    Hmac::new_from_slice(key).map_err(|_| CursorKeysError::ShortKey)
}

fn signed(key: &Hmac<Sha256>, part: &[u8], scope: &str) -> Hmac<Sha256> {
    // The length in front keeps the two texts apart.
    let length = u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes();
    key.clone().chain_update(length).chain_update(part).chain_update(scope)
}

impl CursorError {
    /// The refusal of a request with this cursor in its parameter `cursor`: a 400.
    #[must_use]
    pub fn rejection(self) -> Rejection {
        let code = match self {
            Self::Expired => &codes::CURSOR_EXPIRED,
            Self::Invalid | Self::Key => &codes::CURSOR_INVALID,
        };
        Rejection::of_query("cursor", code)
    }
}

impl Cursor {
    /// The text of the token.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl ParseText for Cursor {
    fn parse_text(text: &str) -> Result<Self, Violation> {
        let fine = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
        if (1..=LONGEST).contains(&text.len()) && text.bytes().all(fine) {
            return Ok(Self(text.to_owned()));
        }
        Err(Violation::new(&codes::CURSOR_INVALID))
    }

    fn text_schema(_: &mut Definitions) -> Schema {
        Schema::string().with("maxLength", LONGEST).with("pattern", "^[A-Za-z0-9_-]+$")
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

// A cursor names somebody's rows.
impl fmt::Debug for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Cursor({} bytes)", self.0.len())
    }
}

impl<C> fmt::Debug for CursorKeys<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CursorKeys({})", 1 + self.previous.len())
    }
}

#[cfg(test)]
mod tests {
    use campotech_core::ManualClock;

    use super::*;

    const OLD: &[u8] = &[7; 32];
    const NEW: &[u8] = &[8; 32];
    const HOUR: Duration = Duration::from_secs(3600);

    type Key = (i64, String);

    fn key() -> Key {
        (1_767_333_845, "0190a6c4-7b3e-7cc0-98c4-dc0c0c07398f".into())
    }

    #[test]
    fn keys_rotate() {
        let old = CursorKeys::new(OLD).unwrap();
        let cursor = old.seal(&key(), "jobs", HOUR).unwrap();
        let rotated = CursorKeys::new(NEW).unwrap().with_previous(OLD).unwrap();
        assert_eq!(rotated.open::<Key>(&cursor, "jobs"), Ok(key()));
        let gone = CursorKeys::new(NEW).unwrap();
        assert_eq!(gone.open::<Key>(&cursor, "jobs"), Err(CursorError::Invalid));
        let newer = rotated.seal(&key(), "jobs", HOUR).unwrap();
        assert_eq!(old.open::<Key>(&newer, "jobs"), Err(CursorError::Invalid));
    }

    #[test]
    fn cursors_expire_and_stay_in_their_list() {
        let clock = ManualClock::new();
        let keys = CursorKeys::new(NEW).unwrap().with_clock(clock.clone());
        let cursor = keys.seal(&key(), "jobs", HOUR).unwrap();
        assert_eq!(keys.open::<Key>(&cursor, "customers"), Err(CursorError::Invalid));
        assert_eq!(keys.open::<Key>(&cursor, "jobs"), Ok(key()));
        clock.advance(HOUR + Duration::from_secs(1));
        assert_eq!(keys.open::<Key>(&cursor, "jobs"), Err(CursorError::Expired));
        assert_eq!(CursorError::Expired.rejection().issues()[0].code(), "cursor.expired");
    }

    #[test]
    fn a_changed_cursor_opens_nowhere() {
        use proptest::prelude::*;
        let keys = CursorKeys::new(NEW).unwrap();
        let cursor = keys.seal(&key(), "jobs", HOUR).unwrap();
        proptest!(|(at in any::<prop::sample::Index>(), bit in 0_u8..8)| {
            let mut bytes = URL_SAFE_NO_PAD.decode(cursor.as_str()).unwrap();
            let at = at.index(bytes.len());
            bytes[at] ^= 1 << bit;
            let changed: Cursor = URL_SAFE_NO_PAD.encode(bytes).parse().unwrap();
            prop_assert_eq!(keys.open::<Key>(&changed, "jobs"), Err(CursorError::Invalid));
        });
        for short in ["A", "AQ", "AQAAAAAAAAAA"] {
            assert_eq!(keys.open::<Key>(&short.parse().unwrap(), "jobs"), Err(CursorError::Invalid));
        }
    }

    #[test]
    fn what_does_not_fit_is_an_error() {
        let keys = CursorKeys::new(NEW).unwrap();
        assert_eq!(keys.seal(&"x".repeat(500), "jobs", HOUR), Err(CursorError::Key));
        assert_eq!(CursorKeys::new(&[0; 31]).unwrap_err(), CursorKeysError::ShortKey);
        assert!("x".repeat(513).parse::<Cursor>().is_err());
    }
}
