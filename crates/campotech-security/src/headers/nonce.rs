//! The number that scripts and styles of one page carry.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// The length of 16 bytes in base64 without padding.
const LENGTH: usize = 22;

/// 128 random bits, for the `nonce` attributes of one page and its policy.
///
/// The handler makes one, writes it into the page, and puts it into the *response's* extensions: that is how the layer knows of it,
/// and an answer that needs none costs nothing. Such an answer is never cached (`Cache-Control: no-store`).
///
/// ```
/// use campotech_security::headers::CspNonce;
///
/// let nonce = CspNonce::generate();
/// let mut page = http::Response::new(format!("<style nonce=\"{nonce}\">p {{ color: green }}</style>"));
/// page.headers_mut().insert("content-type", http::HeaderValue::from_static("text/html; charset=utf-8"));
/// page.extensions_mut().insert(nonce);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CspNonce([u8; LENGTH]);

impl CspNonce {
    /// A new one.
    #[must_use]
    pub fn generate() -> Self {
        let mut text = [b'A'; LENGTH];
        let bytes: [u8; 16] = rand::random();
        // The length fits, so the text is always filled.
        let _ = URL_SAFE_NO_PAD.encode_slice(bytes, &mut text);
        Self(text)
    }

    /// The nonce as text: letters, digits, `-` and `_`, so it needs no escaping in HTML.
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl fmt::Display for CspNonce {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nonces_are_128_bits_and_differ() {
        let nonces: std::collections::HashSet<_> =
            (0..1000).map(|_| CspNonce::generate().to_string()).collect();
        assert_eq!(nonces.len(), 1000);
        for nonce in nonces {
            assert_eq!(URL_SAFE_NO_PAD.decode(&nonce).unwrap().len(), 16);
        }
    }
}
