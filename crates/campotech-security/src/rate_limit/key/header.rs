//! A credential in a header.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use http::HeaderName;
use http::header::AUTHORIZATION;
use sha2::Sha256;

use super::{Key, KeyValue};
use crate::ConfigError;
use crate::rate_limit::view::RequestView;

/// The digest of a header's value, such as an API key: 15 bytes of its HMAC-SHA-256.
///
/// Stores, logs and Redis never see the credential, and nobody without the secret can tell whose counts are whose. Replicas
/// that share a store need the same secret. The first line of the header counts; one that is empty is none. That a credential
/// is a real one is for others to say: in front of them, use [`or`](Key::or) or a second tier by network, since
/// whoever makes credentials up has a new key each time.
#[derive(Clone)]
pub struct HeaderKey {
    header: HeaderName,
    mac: Hmac<Sha256>,
}

impl HeaderKey {
    /// Of `header`, by `secret`.
    ///
    /// # Errors
    /// [`ConfigError::EmptySecret`].
    pub fn new(header: HeaderName, secret: impl AsRef<[u8]>) -> Result<Self, ConfigError> {
        let empty = ConfigError::EmptySecret("secret of a key for limits");
        if secret.as_ref().is_empty() {
            return Err(empty);
        }
        let mac = Hmac::new_from_slice(secret.as_ref()).map_err(|_| empty)?;
        Ok(Self { header, mac })
    }

    /// Of `Authorization`, scheme included.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn authorization(secret: impl AsRef<[u8]>) -> Result<Self, ConfigError> {
        Self::new(AUTHORIZATION, secret)
    }
}

impl Key for HeaderKey {
    fn key(&self, request: &RequestView<'_>) -> Option<KeyValue> {
        let value = request.headers().get(&self.header).filter(|value| !value.is_empty())?;
        let mut mac = self.mac.clone();
        mac.update(value.as_bytes());
        Some(KeyValue::digest(mac.finalize().into_bytes().as_slice()))
    }
}

// Without the secret.
impl fmt::Debug for HeaderKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HeaderKey").field("header", &self.header).finish_non_exhaustive()
    }
}
