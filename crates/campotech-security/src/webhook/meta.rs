//! The signature of Meta's webhooks (WhatsApp, Messenger, Instagram): `X-Hub-Signature-256`.
//!
//! HMAC-SHA256 (RFC 2104) with the app secret over the raw body. A body that was parsed and written again has other
//! bytes (Meta escapes what is not ASCII), so verify [`RawBody`](campotech_core::RawBody) or the bytes as they came.

use std::fmt;
use std::fmt::Write as _;
use std::sync::Arc;

use campotech_core::{Decision, Mode, NoObserver, Observer, Problem, kinds};
use hmac::{Hmac, KeyInit, Mac};
use http::header::WWW_AUTHENTICATE;
use http::{HeaderMap, HeaderName, HeaderValue};
use sha2::Sha256;

use crate::ConfigError;

const GUARD: &str = "webhook";

/// Verifies `X-Hub-Signature-256`, in constant time and with two live secrets while one is rotated.
///
/// # Defaults
/// One secret; no observer.
#[derive(Clone)]
#[must_use]
pub struct MetaSignature {
    current: Hmac<Sha256>,
    previous: Option<Hmac<Sha256>>,
    observer: Arc<dyn Observer>,
}

/// Why a signature was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum SignatureError {
    /// There is none.
    #[error("the request carries no signature")]
    Missing,
    /// It isn't `sha256=` with 64 hex digits, or there are several.
    #[error("the signature is malformed")]
    Malformed,
    /// It belongs to other bytes or another secret.
    #[error("the signature does not match the body")]
    Mismatch,
}

impl MetaSignature {
    /// The header that carries the signature.
    pub const HEADER: HeaderName = HeaderName::from_static("x-hub-signature-256");

    /// Verifies with this app secret.
    ///
    /// # Errors
    /// [`ConfigError::EmptySecret`].
    pub fn new(app_secret: impl AsRef<[u8]>) -> Result<Self, ConfigError> {
        let current = keyed(app_secret.as_ref())?;
        Ok(Self { current, previous: None, observer: Arc::new(NoObserver) })
    }

    /// Accepts the secret from before a rotation too.
    ///
    /// # Errors
    /// [`ConfigError::EmptySecret`].
    pub fn with_previous(mut self, app_secret: impl AsRef<[u8]>) -> Result<Self, ConfigError> {
        self.previous = Some(keyed(app_secret.as_ref())?);
        Ok(self)
    }

    /// Reports decisions of the guard `webhook` to `observer`.
    pub fn with_observer(mut self, observer: Arc<dyn Observer>) -> Self {
        self.observer = observer;
        self
    }

    /// Verifies the raw `body` of a request with these headers.
    ///
    /// # Errors
    /// [`SignatureError`], to be answered with its [`problem`](SignatureError::problem).
    pub fn verify(&self, headers: &HeaderMap, body: &[u8]) -> Result<(), SignatureError> {
        let verified = self.check(headers, body);
        self.observer.decision(match verified {
            Ok(()) => Decision::allowed(GUARD),
            Err(error) => Decision::found(GUARD, Mode::Enforce, error.code()),
        });
        verified
    }

    /// The header's value for `body`, under the current secret: for a client in a demo or a test.
    ///
    /// # Panics
    /// Never: hex digits are fine in a header.
    #[must_use]
    #[allow(clippy::expect_used, reason = "hex digits are always a header's value")]
    pub fn sign(&self, body: &[u8]) -> HeaderValue {
        let mut text = String::with_capacity(71);
        text.push_str("sha256=");
        for byte in self.current.clone().chain_update(body).finalize().into_bytes() {
            // Writing to a String can't fail.
            let _ = write!(text, "{byte:02x}");
        }
        HeaderValue::try_from(text).expect("hex digits")
    }

    fn check(&self, headers: &HeaderMap, body: &[u8]) -> Result<(), SignatureError> {
        let mut values = headers.get_all(Self::HEADER).iter();
        let value = values.next().ok_or(SignatureError::Missing)?;
        if values.next().is_some() {
            return Err(SignatureError::Malformed);
        }
        let tag = parse(value.as_bytes()).ok_or(SignatureError::Malformed)?;
        let matches = |key: &Hmac<Sha256>| key.clone().chain_update(body).verify_slice(&tag).is_ok();
        if matches(&self.current) || self.previous.as_ref().is_some_and(matches) {
            Ok(())
        } else {
            Err(SignatureError::Mismatch)
        }
    }
}

impl fmt::Debug for MetaSignature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MetaSignature")
            .field("current", &"***")
            .field("previous", &self.previous.as_ref().map(|_| "***"))
            .finish_non_exhaustive()
    }
}

impl SignatureError {
    /// A stable code: `missing`, `malformed`, `mismatch`.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Malformed => "malformed",
            Self::Mismatch => "mismatch",
        }
    }

    /// 401, the same for every reason.
    #[must_use]
    pub fn problem(self) -> Problem {
        let challenge = HeaderValue::from_static("X-Hub-Signature-256");
        Problem::new(&kinds::UNAUTHORIZED).with_header(WWW_AUTHENTICATE, challenge)
    }
}

fn keyed(secret: &[u8]) -> Result<Hmac<Sha256>, ConfigError> {
    if secret.is_empty() {
        return Err(ConfigError::EmptySecret("app secret"));
    }
    // HMAC takes keys of any length.
    Hmac::new_from_slice(secret).map_err(|_| ConfigError::EmptySecret("app secret"))
}

fn parse(value: &[u8]) -> Option<[u8; 32]> {
    let hex = value.strip_prefix(b"sha256=")?;
    if hex.len() != 64 {
        return None;
    }
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|d| u8::try_from(d).ok());
    let mut tag = [0; 32];
    for (byte, pair) in tag.iter_mut().zip(hex.chunks_exact(2)) {
        *byte = digit(pair[0])? << 4 | digit(pair[1])?;
    }
    Some(tag)
}
