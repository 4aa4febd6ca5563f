//! Signatures for demos and tests, as the senders make them.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::time::{Duration, SystemTime};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use campotech_core::Clock;
use http::{HeaderMap, HeaderName, HeaderValue};

use super::check::tag;
use super::header::{Tag, is_name};
use super::reading::{Content, DELIVERY, ID, REQUEST_ID, TIMESTAMP};
use super::scheme::Scheme;
use super::verifier::WebhookVerifier;
use crate::ConfigError;

impl<R, C: Clock> WebhookVerifier<R, C> {
    /// The headers of a request with this `body`, signed now with the current secret.
    ///
    /// `id` is GitHub's delivery and the id of Standard Webhooks; of `MercadoPago` it is both `data.id`, which belongs into the
    /// query, and the request id. Meta and Stripe have none.
    ///
    /// # Errors
    /// [`ConfigError::EmptySecret`] without a secret, [`ConfigError::Header`] for an id that the scheme can't carry.
    pub fn sign(&self, id: &str, body: &[u8]) -> Result<HeaderMap, ConfigError> {
        let key = &self.keys.as_ref().ok_or(ConfigError::EmptySecret("webhook secret"))?.current;
        let since = self.clock.wall().duration_since(SystemTime::UNIX_EPOCH).unwrap_or(Duration::ZERO);
        let time = since.as_secs().to_string();
        let named = |separator| {
            if is_name(id, separator) { Ok(id) } else { Err(ConfigError::Header(id.to_owned())) }
        };
        let content = match self.scheme {
            Scheme::Meta | Scheme::GitHub => Content::Body,
            Scheme::Stripe => Content::Stamped { id: None, time: &time },
            Scheme::StandardWebhooks => Content::Stamped { id: Some(named(b'.')?), time: &time },
            Scheme::MercadoPago => Content::Identifiers {
                data_id: Cow::Owned(named(b';')?.to_ascii_lowercase()),
                request_id: Some(id),
                time: &time,
            },
        };
        let tag = tag(key, &content, body);
        let signature = match self.scheme {
            Scheme::Meta | Scheme::GitHub => format!("sha256={}", hex(&tag)),
            Scheme::MercadoPago => format!("ts={time},v1={}", hex(&tag)),
            Scheme::Stripe => format!("t={time},v1={}", hex(&tag)),
            Scheme::StandardWebhooks => format!("v1,{}", STANDARD.encode(tag)),
        };
        let beside: &[(HeaderName, &str)] = match self.scheme {
            Scheme::Meta | Scheme::Stripe => &[],
            Scheme::GitHub => &[(DELIVERY, named(b' ')?)],
            Scheme::MercadoPago => &[(REQUEST_ID, id)],
            Scheme::StandardWebhooks => &[(ID, id), (TIMESTAMP, &time)],
        };
        let all = beside.iter().map(|(name, value)| (name.clone(), *value));
        let mut headers = HeaderMap::new();
        for (name, value) in all.chain([(self.scheme.signature_header(), signature.as_str())]) {
            let value = HeaderValue::from_str(value).map_err(|_| ConfigError::Header(value.to_owned()))?;
            headers.insert(name, value);
        }
        Ok(headers)
    }
}

fn hex(tag: &Tag) -> String {
    tag.iter().fold(String::with_capacity(64), |mut text, byte| {
        // Writing to a String can't fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
