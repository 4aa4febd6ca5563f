//! A logged-in user, known by the hash of a bearer token.

use std::fmt;
use std::time::Duration;

use jiff::Timestamp;
use uuid::Uuid;

/// How long a token is good for.
pub const SESSION_LIFETIME: Duration = Duration::from_secs(12 * 60 * 60);

/// The SHA-256 of a bearer token: what is stored and compared, never the token.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct TokenHash([u8; 32]);

/// One login.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// What the token hashes to.
    pub token_hash: TokenHash,
    /// Whose session it is.
    pub user_id: Uuid,
    /// From here on the token is unknown.
    pub expires_at: Timestamp,
}

impl TokenHash {
    /// Wraps a SHA-256.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The 32 bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl Session {
    /// A session that starts now and lasts [`SESSION_LIFETIME`].
    #[must_use]
    pub fn starting(token_hash: TokenHash, user_id: Uuid, now: Timestamp) -> Self {
        let expires_at = now.checked_add(SESSION_LIFETIME).unwrap_or(Timestamp::MAX);
        Self { token_hash, user_id, expires_at }
    }

    /// Whether the token is still good.
    #[must_use]
    pub fn is_live(&self, now: Timestamp) -> bool {
        now < self.expires_at
    }
}

impl fmt::Debug for TokenHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenHash(..)")
    }
}
