//! What the headers of a scheme say, before any of it is believed.

use std::borrow::Cow;
use std::time::SystemTime;

use http::{HeaderMap, HeaderName};
use url::form_urlencoded;

use super::error::WebhookReason;
use super::header::{Tags, base64, hex, is_name, optional, pairs, seconds, seconds_or_millis, single};
use super::scheme::Scheme;

/// A request that claims to be signed.
#[derive(Debug)]
pub(super) struct Reading<'a> {
    pub(super) tags: Tags,
    pub(super) content: Content<'a>,
    pub(super) time: Option<SystemTime>,
    /// What the sender calls this delivery.
    pub(super) delivery: Option<&'a str>,
}

/// What is signed.
#[derive(Debug)]
pub(super) enum Content<'a> {
    /// The body.
    Body,
    /// `time.body`, or `id.time.body`.
    Stamped { id: Option<&'a str>, time: &'a str },
    /// `id:...;request-id:...;ts:...;`
    Identifiers { data_id: Cow<'a, str>, request_id: Option<&'a str>, time: &'a str },
}

pub(super) const DELIVERY: HeaderName = HeaderName::from_static("x-github-delivery");
pub(super) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
pub(super) const ID: HeaderName = HeaderName::from_static("webhook-id");
pub(super) const TIMESTAMP: HeaderName = HeaderName::from_static("webhook-timestamp");
pub(super) const DATA_ID: &str = "data.id";

const LONGEST_QUERY: usize = 4_096;

impl Scheme {
    pub(super) fn read<'a>(
        self,
        headers: &'a HeaderMap,
        query: Option<&'a str>,
    ) -> Result<Reading<'a>, WebhookReason> {
        let value = single(headers, &self.signature_header())?;
        match self {
            Self::Meta => Reading::of_body(value, None),
            Self::GitHub => {
                let delivery = optional(headers, &DELIVERY)?;
                Reading::of_body(value, delivery.filter(|delivery| is_name(delivery, b' ')))
            }
            Self::MercadoPago => Reading::of_identifiers(value, optional(headers, &REQUEST_ID)?, query),
            Self::Stripe => Reading::of_stripe(value),
            Self::StandardWebhooks => {
                Reading::of_standard(value, single(headers, &ID)?, single(headers, &TIMESTAMP)?)
            }
        }
    }
}

impl<'a> Reading<'a> {
    fn of_body(value: &str, delivery: Option<&'a str>) -> Result<Self, WebhookReason> {
        let tags = Tags::one(value.strip_prefix("sha256=").and_then(hex))?;
        Ok(Self { tags, content: Content::Body, time: None, delivery })
    }

    fn of_stripe(value: &'a str) -> Result<Self, WebhookReason> {
        let (mut time, mut tags) = (None, Tags::new());
        for pair in pairs(value) {
            match pair? {
                ("t", text) if time.is_none() => time = Some(text),
                ("t", _) => return Err(WebhookReason::Malformed),
                ("v1", text) => tags.push(hex(text))?,
                _ => {}
            }
        }
        Self::stamped(tags, None, time)
    }

    fn of_standard(value: &'a str, id: &'a str, time: &'a str) -> Result<Self, WebhookReason> {
        if !is_name(id, b'.') {
            return Err(WebhookReason::Malformed);
        }
        let mut tags = Tags::new();
        for signature in value.split(' ').filter(|signature| !signature.is_empty()) {
            if let ("v1", text) = signature.split_once(',').ok_or(WebhookReason::Malformed)? {
                tags.push(base64(text))?;
            }
        }
        Self::stamped(tags, Some(id), Some(time))
    }

    fn stamped(tags: Tags, id: Option<&'a str>, time: Option<&'a str>) -> Result<Self, WebhookReason> {
        let text = time.ok_or(WebhookReason::Malformed)?;
        if tags.all().is_empty() {
            return Err(WebhookReason::Malformed);
        }
        let time = Some(seconds(text)?);
        Ok(Self { tags, content: Content::Stamped { id, time: text }, time, delivery: id })
    }

    fn of_identifiers(
        value: &'a str,
        request_id: Option<&'a str>,
        query: Option<&'a str>,
    ) -> Result<Self, WebhookReason> {
        let (mut time, mut tag) = (None, None);
        for pair in pairs(value) {
            let (slot, text) = match pair? {
                ("ts", text) => (&mut time, text),
                ("v1", text) => (&mut tag, text),
                _ => continue,
            };
            if slot.replace(text).is_some() {
                return Err(WebhookReason::Malformed);
            }
        }
        let text = time.ok_or(WebhookReason::Malformed)?;
        let tags = Tags::one(tag.and_then(hex))?;
        let data_id = data_id(query)?;
        if request_id.is_some_and(|id| !is_name(id, b';')) || !is_name(&data_id, b';') {
            return Err(WebhookReason::Malformed);
        }
        let time = Some(seconds_or_millis(text)?);
        Ok(Self {
            tags,
            content: Content::Identifiers { data_id, request_id, time: text },
            time,
            delivery: None,
        })
    }
}

/// `data.id` of the query, in lower case, as it is signed.
fn data_id(query: Option<&str>) -> Result<Cow<'_, str>, WebhookReason> {
    let query = query.unwrap_or("");
    if query.len() > LONGEST_QUERY {
        return Err(WebhookReason::Malformed);
    }
    let mut ids = form_urlencoded::parse(query.as_bytes()).filter(|(name, _)| name == DATA_ID);
    match (ids.next(), ids.next()) {
        (None, _) => Err(WebhookReason::Missing),
        (Some((_, id)), None) if id.bytes().any(|byte| byte.is_ascii_uppercase()) => {
            Ok(id.to_ascii_lowercase().into())
        }
        (Some((_, id)), None) => Ok(id),
        _ => Err(WebhookReason::Malformed),
    }
}

impl Content<'_> {
    /// Hands on what is signed, piece by piece: the body is never copied.
    pub(super) fn feed(&self, body: &[u8], mut take: impl FnMut(&[u8])) {
        match self {
            Self::Body => take(body),
            Self::Stamped { id, time } => {
                for part in id.iter().chain([time]) {
                    take(part.as_bytes());
                    take(b".");
                }
                take(body);
            }
            Self::Identifiers { data_id, request_id, time } => {
                let parts = [("id:", Some(&**data_id)), ("request-id:", *request_id), ("ts:", Some(*time))];
                for (name, value) in parts {
                    let Some(value) = value else { continue };
                    take(name.as_bytes());
                    take(value.as_bytes());
                    take(b";");
                }
            }
        }
    }
}
