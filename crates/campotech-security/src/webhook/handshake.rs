//! Meta's handshake: `GET ?hub.mode=subscribe&hub.verify_token=...&hub.challenge=...`.

use std::fmt;

use campotech_core::{Problem, kinds};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use url::form_urlencoded;

use crate::ConfigError;

const LONGEST_CHALLENGE: usize = 256;

/// The token that was entered beside the webhook's address in Meta's console.
#[derive(Clone)]
#[must_use]
pub struct VerifyToken([u8; 32]);

/// Why a handshake was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum HandshakeError {
    /// The query isn't a handshake: a parameter is missing or there twice, or the mode isn't `subscribe`.
    #[error("the query is not a webhook handshake")]
    NotAHandshake,
    /// The token is another one.
    #[error("the verify token does not match")]
    Token,
    /// The challenge isn't visible ASCII, or too long to be one.
    #[error("the challenge is not visible ASCII of a sane length")]
    Challenge,
}

impl VerifyToken {
    /// Accepts this token.
    ///
    /// # Errors
    /// [`ConfigError::EmptySecret`].
    pub fn new(token: impl AsRef<[u8]>) -> Result<Self, ConfigError> {
        match token.as_ref() {
            [] => Err(ConfigError::EmptySecret("verify token")),
            token => Ok(Self(Sha256::digest(token).into())),
        }
    }

    /// The challenge of a handshake's query string, to be answered with 200 and `text/plain`.
    ///
    /// Tokens are compared in constant time by their hashes, so that not even the length shows.
    ///
    /// # Errors
    /// [`HandshakeError`], to be answered with its [`problem`](HandshakeError::problem).
    pub fn handshake(&self, query: Option<&str>) -> Result<String, HandshakeError> {
        let (mut mode, mut token, mut challenge) = (None, None, None);
        for (name, value) in form_urlencoded::parse(query.unwrap_or("").as_bytes()) {
            let slot = match &*name {
                "hub.mode" => &mut mode,
                "hub.verify_token" => &mut token,
                "hub.challenge" => &mut challenge,
                _ => continue,
            };
            if slot.replace(value).is_some() {
                return Err(HandshakeError::NotAHandshake);
            }
        }
        let (Some(mode), Some(token), Some(challenge)) = (mode, token, challenge) else {
            return Err(HandshakeError::NotAHandshake);
        };
        if mode != "subscribe" {
            return Err(HandshakeError::NotAHandshake);
        }
        let given: [u8; 32] = Sha256::digest(token.as_bytes()).into();
        if !bool::from(given.ct_eq(&self.0)) {
            return Err(HandshakeError::Token);
        }
        let fine = (1..=LONGEST_CHALLENGE).contains(&challenge.len())
            && challenge.bytes().all(|b| b.is_ascii_graphic());
        if fine { Ok(challenge.into_owned()) } else { Err(HandshakeError::Challenge) }
    }
}

impl fmt::Debug for VerifyToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("VerifyToken(***)")
    }
}

impl HandshakeError {
    /// A stable code: `not_a_handshake`, `token`, `challenge`.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::NotAHandshake => "not_a_handshake",
            Self::Token => "token",
            Self::Challenge => "challenge",
        }
    }

    /// 403 for a wrong token, else 400.
    #[must_use]
    pub fn problem(self) -> Problem {
        match self {
            Self::Token => Problem::new(&kinds::FORBIDDEN),
            Self::NotAHandshake | Self::Challenge => Problem::new(&kinds::BAD_REQUEST),
        }
    }
}
