//! Opaque bearer tokens: 256 random bits for the client, their SHA-256 for us.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rand::TryRngCore;
use rand::rngs::OsRng;
use sha2::{Digest, Sha256};

use crate::domain::TokenHash;

/// A token on its way to the client; it is shown once and never stored.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

const BYTES: usize = 32;
const CHARACTERS: usize = 43;

impl Token {
    /// A new token from the operating system's random numbers.
    ///
    /// # Errors
    /// When the operating system has none to give.
    pub fn generate() -> std::io::Result<Self> {
        let mut bytes = [0; BYTES];
        OsRng.try_fill_bytes(&mut bytes).map_err(std::io::Error::other)?;
        Ok(Self(URL_SAFE_NO_PAD.encode(bytes)))
    }

    /// The text for the `Authorization` header: 43 characters of base64url.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// What is stored of it.
    #[must_use]
    pub fn hash(&self) -> TokenHash {
        digest(&self.0)
    }

    /// The hash of what a client presented; nothing for what can't be a token of ours. The lookup by
    /// hash needs no constant time: who can't invert SHA-256 learns nothing from where two differ.
    #[must_use]
    pub fn hash_presented(presented: &str) -> Option<TokenHash> {
        let fine = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        (presented.len() == CHARACTERS && presented.bytes().all(fine)).then(|| digest(presented))
    }
}

fn digest(text: &str) -> TokenHash {
    TokenHash::from_bytes(Sha256::digest(text.as_bytes()).into())
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_presented_token_finds_its_hash_and_nothing_else_does() {
        let (token, other) = (Token::generate().unwrap(), Token::generate().unwrap());
        assert_ne!(token, other);
        assert_eq!(Token::hash_presented(token.reveal()), Some(token.hash()));
        assert_ne!(token.hash(), other.hash());
        let (short, long) = (&token.reveal()[1..], format!("{}x", token.reveal()));
        for bad in ["", short, &long, &"=".repeat(CHARACTERS), &"é".repeat(21)] {
            assert_eq!(Token::hash_presented(bad), None, "{bad}");
        }
    }

    #[test]
    fn debug_is_masked() {
        let token = Token::generate().unwrap();
        assert_eq!(format!("{token:?} {:?}", token.hash()), "Token(..) TokenHash(..)");
    }
}
