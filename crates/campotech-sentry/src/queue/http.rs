//! Envelopes over HTTP, and what the receiver says about coming back.

use std::time::Duration;

use http::StatusCode;
use sentry::client_report::Reason;
use sentry::protocol::{EnvelopeItem, ItemContainer};
use sentry::transports::{RateLimiter, RateLimitingCategory as Category};
use sentry::{Envelope, TransportOptions};

/// A receiver's answer is read up to here, so that its connection can be used again; nobody looks at it.
const ANSWER: u64 = 64 * 1024;

/// How long a receiver has for one envelope: one that accepts and says nothing would hold the rest for ever.
const PATIENCE: Duration = Duration::from_secs(10);

/// The way to one receiver.
pub(super) struct Sender {
    agent: ureq::Agent,
    url: String,
    auth: String,
    limits: RateLimiter,
}

impl Sender {
    pub(super) fn new(options: &TransportOptions) -> Self {
        let tls = ureq::tls::TlsConfig::builder().provider(ureq::tls::TlsProvider::Rustls).build();
        let agent = ureq::Agent::config_builder()
            .tls_config(tls)
            .proxy(None)
            .http_status_as_error(false)
            .max_redirects(0)
            .timeout_global(Some(PATIENCE))
            .build()
            .new_agent();
        Self {
            agent,
            url: options.dsn.envelope_api_url().to_string(),
            auth: options.dsn.to_auth(Some(&options.user_agent)).to_string(),
            limits: RateLimiter::new(),
        }
    }

    /// Sends, or says why not; a receiver that said 429 has counted the loss itself.
    pub(super) fn send(&mut self, envelope: &Envelope) -> Result<(), Option<Reason>> {
        if envelope.items().any(|item| self.limits.is_disabled(category(item)).is_some()) {
            return Err(Some(Reason::RatelimitBackoff));
        }
        let mut body = Vec::new();
        envelope.to_writer(&mut body).map_err(|_| Some(Reason::InternalError))?;
        let mut answer = self
            .agent
            .post(&self.url)
            .header("x-sentry-auth", &self.auth)
            .content_type("application/x-sentry-envelope")
            .send(&body)
            .map_err(|_| Some(Reason::NetworkError))?;
        let header = |name: &str| answer.headers().get(name).and_then(|value| value.to_str().ok());
        match (header("x-sentry-rate-limits"), header("retry-after")) {
            (Some(limits), _) => self.limits.update_from_sentry_header(limits),
            (None, Some(after)) => self.limits.update_from_retry_after(after),
            (None, None) if answer.status() == 429 => self.limits.update_from_429(),
            (None, None) => {}
        }
        let _ = answer.body_mut().with_config().limit(ANSWER).read_to_vec();
        match answer.status() {
            status if status.is_success() => Ok(()),
            StatusCode::TOO_MANY_REQUESTS => Err(None),
            _ => Err(Some(Reason::SendError)),
        }
    }
}

fn category(item: &EnvelopeItem) -> Category {
    match item {
        EnvelopeItem::Event(_) => Category::Error,
        EnvelopeItem::SessionUpdate(_) | EnvelopeItem::SessionAggregates(_) => Category::Session,
        EnvelopeItem::Transaction(_) => Category::Transaction,
        EnvelopeItem::Attachment(_) => Category::Attachment,
        EnvelopeItem::ItemContainer(ItemContainer::Logs(_)) => Category::LogItem,
        EnvelopeItem::ItemContainer(ItemContainer::Metrics(_)) => Category::TraceMetric,
        _ => Category::Any,
    }
}
