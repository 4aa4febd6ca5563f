//! The layer that puts security headers on answers.

use std::sync::Arc;
use std::time::Duration;

use http::header::{CACHE_CONTROL, STRICT_TRANSPORT_SECURITY};
use http::{HeaderName, HeaderValue};
use tower_layer::Layer;

use super::disclosing::DISCLOSING;
use super::watch::Watch;
use super::{HeaderProfile, SecurityHeadersService};

/// Puts security headers on every answer, where the handler didn't set them by itself, and takes those away that disclose something.
///
/// The profile is chosen by the answer's `Content-Type` (`text/html` and `application/xhtml+xml` are pages, all else is not), or by a
/// [`HeaderOverride`](super::HeaderOverride) in the response's extensions. There is no [`Mode`](campotech_core::Mode): nothing is refused here.
/// What can be tried out is a content security policy ([`HeaderProfile::with_report_only_policy`]).
///
/// # Defaults
/// [`HeaderProfile::api`] and [`HeaderProfile::html`]; `Strict-Transport-Security: max-age=31536000; includeSubDomains`, only if
/// [`ClientIp::https`](campotech_core::ClientIp::https); `Cache-Control: no-store` where the request had `Authorization` or `Cookie` and the handler
/// set none, and wherever a nonce was used; headers that name products, versions, hosts, traces and debuggers removed (`Server`,
/// `X-Powered-By` and their kin).
#[derive(Debug, Clone)]
#[must_use]
pub struct SecurityHeadersLayer(Arc<Settings>);

#[derive(Debug, Clone)]
pub(super) struct Settings {
    pub(super) api: HeaderProfile,
    pub(super) html: HeaderProfile,
    pub(super) hsts: Option<HeaderValue>,
    kept: Vec<HeaderName>,
    removed: Vec<HeaderName>,
    /// Every name that the layer sets or takes away.
    pub(super) watch: Watch,
}

impl SecurityHeadersLayer {
    /// The layer.
    pub fn new() -> Self {
        let (api, html) = (HeaderProfile::api(), HeaderProfile::html());
        let hsts = Some(HeaderValue::from_static("max-age=31536000; includeSubDomains"));
        let watch = Watch::of(std::iter::empty());
        let settings = Settings { api, html, hsts, kept: Vec::new(), removed: Vec::new(), watch };
        Self(Arc::new(settings)).changed(|_| {})
    }

    /// Uses this profile for answers that are no pages.
    pub fn with_api(self, profile: HeaderProfile) -> Self {
        self.changed(|settings| settings.api = profile)
    }

    /// Uses this profile for pages.
    pub fn with_html(self, profile: HeaderProfile) -> Self {
        self.changed(|settings| settings.html = profile)
    }

    /// Makes browsers use https for this long (whole seconds), for subdomains too if said so.
    pub fn with_hsts(self, max_age: Duration, subdomains: bool) -> Self {
        let tail = if subdomains { "; includeSubDomains" } else { "" };
        // Digits and letters are always a header's value.
        let value = HeaderValue::try_from(format!("max-age={}{tail}", max_age.as_secs())).ok();
        self.changed(|settings| settings.hsts = value)
    }

    /// Sends no `Strict-Transport-Security`.
    pub fn without_hsts(self) -> Self {
        self.changed(|settings| settings.hsts = None)
    }

    /// Removes this header from answers too.
    pub fn with_removed(self, name: HeaderName) -> Self {
        self.changed(|settings| {
            settings.kept.retain(|kept| *kept != name);
            settings.removed.push(name);
        })
    }

    /// Leaves this header on answers, though it discloses something.
    pub fn with_kept(self, name: HeaderName) -> Self {
        self.changed(|settings| {
            settings.removed.retain(|removed| *removed != name);
            settings.kept.push(name);
        })
    }

    fn changed(mut self, change: impl FnOnce(&mut Settings)) -> Self {
        let settings = Arc::make_mut(&mut self.0);
        change(settings);
        settings.watch = settings.watched();
        self
    }
}

impl Settings {
    fn watched(&self) -> Watch {
        let own = [STRICT_TRANSPORT_SECURITY, CACHE_CONTROL];
        let own = own.iter().chain(&self.removed).map(HeaderName::as_str);
        let profiles = self.api.names().chain(self.html.names());
        Watch::of(own.chain(profiles).chain(DISCLOSING.iter().copied()))
    }

    pub(super) fn removes(&self, name: &HeaderName) -> bool {
        let disclosing = || DISCLOSING.binary_search(&name.as_str()).is_ok() && !self.kept.contains(name);
        self.removed.contains(name) || disclosing()
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
