//! The layer that puts security headers on answers.

use std::sync::Arc;
use std::time::Duration;

use http::header::SERVER;
use http::{HeaderName, HeaderValue};
use tower_layer::Layer;

use super::{HeaderProfile, SecurityHeadersService};

/// Puts security headers on every answer, where the handler didn't set them by itself.
///
/// The profile is chosen by the answer's `Content-Type` (`text/html` and `application/xhtml+xml` are pages, all else is not), or by a
/// [`HeaderOverride`](super::HeaderOverride) in the response's extensions.
///
/// # Defaults
/// [`HeaderProfile::api`] and [`HeaderProfile::html`]; `Strict-Transport-Security: max-age=31536000; includeSubDomains`, only if
/// [`ClientIp::https`](campotech_core::ClientIp::https); `Cache-Control: no-store` where the request had `Authorization` or `Cookie` and the handler
/// set none, and wherever a nonce was used; `Server` and `X-Powered-By` removed.
#[derive(Debug, Clone)]
#[must_use]
pub struct SecurityHeadersLayer(Arc<Settings>);

#[derive(Debug, Clone)]
pub(super) struct Settings {
    pub(super) api: HeaderProfile,
    pub(super) html: HeaderProfile,
    pub(super) hsts: Option<HeaderValue>,
    pub(super) removed: Vec<HeaderName>,
}

impl SecurityHeadersLayer {
    /// The layer.
    pub fn new() -> Self {
        Self(Arc::new(Settings {
            api: HeaderProfile::api(),
            html: HeaderProfile::html(),
            hsts: Some(HeaderValue::from_static("max-age=31536000; includeSubDomains")),
            removed: vec![SERVER, HeaderName::from_static("x-powered-by")],
        }))
    }

    /// Uses this profile for answers that are no pages.
    pub fn with_api(mut self, profile: HeaderProfile) -> Self {
        self.settings().api = profile;
        self
    }

    /// Uses this profile for pages.
    pub fn with_html(mut self, profile: HeaderProfile) -> Self {
        self.settings().html = profile;
        self
    }

    /// Makes browsers use https for this long (whole seconds), for subdomains too if said so.
    pub fn with_hsts(mut self, max_age: Duration, subdomains: bool) -> Self {
        let tail = if subdomains { "; includeSubDomains" } else { "" };
        // Digits and letters are always a header's value.
        self.settings().hsts = HeaderValue::try_from(format!("max-age={}{tail}", max_age.as_secs())).ok();
        self
    }

    /// Sends no `Strict-Transport-Security`.
    pub fn without_hsts(mut self) -> Self {
        self.settings().hsts = None;
        self
    }

    /// Removes this header from answers too.
    pub fn with_removed(mut self, name: HeaderName) -> Self {
        self.settings().removed.push(name);
        self
    }

    fn settings(&mut self) -> &mut Settings {
        Arc::make_mut(&mut self.0)
    }
}

impl Default for SecurityHeadersLayer {
    fn default() -> Self {
        Self::new()
    }
}

impl<S> Layer<S> for SecurityHeadersLayer {
    type Service = SecurityHeadersService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        SecurityHeadersService::new(inner, Arc::clone(&self.0))
    }
}
