//! Who signs, and how.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit};
use http::HeaderName;
use sha2::Sha256;

use crate::ConfigError;

/// A sender's way to sign: HMAC-SHA256 (RFC 2104), over different things.
///
/// | scheme | header | signed | time | delivery |
/// |---|---|---|---|---|
/// | `Meta` (WhatsApp, Messenger, Instagram) | `X-Hub-Signature-256: sha256=<hex>` | the body | none | |
/// | `GitHub` | `X-Hub-Signature-256: sha256=<hex>` | the body | none | `X-GitHub-Delivery`, not signed |
/// | `MercadoPago` | `X-Signature: ts=<time>,v1=<hex>` | `data.id` of the query in lower case, `X-Request-Id`, time; **not** the body | seconds or milliseconds | |
/// | `Stripe` | `Stripe-Signature: t=<time>,v1=<hex>,...` | time, body | seconds | |
/// | `StandardWebhooks` | `Webhook-Signature: v1,<base64> ...` | `Webhook-Id`, `Webhook-Timestamp`, body | seconds | `Webhook-Id` |
///
/// Signatures of other versions (`v0`, `v1a`) are passed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Scheme {
    /// Meta: WhatsApp, Messenger, Instagram. The secret is the app secret.
    Meta,
    /// GitHub. The secret is the one of the webhook's settings.
    GitHub,
    /// `MercadoPago`. Nothing vouches for the body: fetch what it names from the API.
    MercadoPago,
    /// Stripe. The secret is the endpoint's, as it is written (`whsec_...`).
    Stripe,
    /// [Standard Webhooks](https://www.standardwebhooks.com), symmetric. The secret is base64, with `whsec_` in front or without.
    StandardWebhooks,
}

pub(super) type Key = Hmac<Sha256>;

const HUB: HeaderName = HeaderName::from_static("x-hub-signature-256");
const MERCADO_PAGO: HeaderName = HeaderName::from_static("x-signature");
const STRIPE: HeaderName = HeaderName::from_static("stripe-signature");
const STANDARD_WEBHOOKS: HeaderName = HeaderName::from_static("webhook-signature");

const SECRET: &str = "webhook secret";
const PREFIX: &[u8] = b"whsec_";
/// The least that the specification of Standard Webhooks allows.
const LEAST_SECRET: usize = 24;

impl Scheme {
    /// Every scheme.
    pub const ALL: [Self; 5] =
        [Self::Meta, Self::GitHub, Self::MercadoPago, Self::Stripe, Self::StandardWebhooks];

    /// The header that carries the signature.
    #[must_use]
    pub const fn signature_header(self) -> HeaderName {
        match self {
            Self::Meta | Self::GitHub => HUB,
            Self::MercadoPago => MERCADO_PAGO,
            Self::Stripe => STRIPE,
            Self::StandardWebhooks => STANDARD_WEBHOOKS,
        }
    }

    /// Whether the signature is one of the body.
    #[must_use]
    pub const fn signs_body(self) -> bool {
        !matches!(self, Self::MercadoPago)
    }

    /// Whether the signature covers when it was made.
    #[must_use]
    pub const fn signs_time(self) -> bool {
        !matches!(self, Self::Meta | Self::GitHub)
    }

    /// What `WWW-Authenticate` asks for.
    pub(super) const fn challenge(self) -> &'static str {
        match self {
            Self::Meta | Self::GitHub => "X-Hub-Signature-256",
            Self::MercadoPago => "X-Signature",
            Self::Stripe => "Stripe-Signature",
            Self::StandardWebhooks => "Webhook-Signature",
        }
    }

    pub(super) fn key(self, secret: &[u8]) -> Result<Key, ConfigError> {
        let keyed = |secret: &[u8]| match secret {
            [] => Err(ConfigError::EmptySecret(SECRET)),
            // HMAC takes keys of any length.
            secret => Hmac::new_from_slice(secret).map_err(|_| ConfigError::EmptySecret(SECRET)),
        };
        if self != Self::StandardWebhooks || secret.is_empty() {
            return keyed(secret);
        }
        let text = secret.strip_prefix(PREFIX).unwrap_or(secret);
        let decoded = STANDARD.decode(text).ok().filter(|decoded| decoded.len() >= LEAST_SECRET);
        keyed(&decoded.ok_or(ConfigError::Range(SECRET, "base64 of 24 bytes or more"))?)
    }
}
