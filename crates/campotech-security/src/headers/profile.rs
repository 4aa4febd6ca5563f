//! What a kind of answer says about itself.

use std::sync::Arc;

use http::header::{
    CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY_REPORT_ONLY, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderMap, HeaderName, HeaderValue};

use super::csp::RenderedPolicy;
use super::{ContentSecurityPolicy, CspNonce};

const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");
const OPENER_POLICY: HeaderName = HeaderName::from_static("cross-origin-opener-policy");
const PERMISSIONS_POLICY: HeaderName = HeaderName::from_static("permissions-policy");

/// The headers of one kind of answer. Cloning copies nothing.
#[derive(Debug, Clone)]
#[must_use]
pub struct HeaderProfile(Arc<Parts>);

#[derive(Debug, Clone)]
struct Parts {
    policy: Option<RenderedPolicy>,
    report_only: Option<RenderedPolicy>,
    fixed: Vec<(HeaderName, HeaderValue)>,
}

/// A response extension: the headers of this answer are other ones than its content type's.
///
/// The answer's own headers win as always; `Strict-Transport-Security` and `Cache-Control` are not the profile's, and stay.
#[derive(Debug, Clone)]
#[must_use]
pub struct HeaderOverride(Option<HeaderProfile>);

impl HeaderProfile {
    /// For answers that are no pages: the strictest policy, `nosniff`, no referrer, no embedding by other origins.
    ///
    /// There is no `X-Frame-Options`: `frame-ancestors` says it, and every browser in use obeys that one first.
    pub fn api() -> Self {
        Self(Arc::new(Parts {
            policy: Some(ContentSecurityPolicy::api().render()),
            report_only: None,
            fixed: vec![
                (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
                (REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
                (RESOURCE_POLICY, HeaderValue::from_static("same-origin")),
            ],
        }))
    }

    /// For pages: a policy with nonces, the same as for other answers, an opener group of their own, and no powerful feature.
    pub fn html() -> Self {
        let features = "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()";
        let mut profile = Self::api().with_policy(&ContentSecurityPolicy::html());
        let fixed = &mut Arc::make_mut(&mut profile.0).fixed;
        fixed.push((OPENER_POLICY, HeaderValue::from_static("same-origin")));
        fixed.push((PERMISSIONS_POLICY, HeaderValue::from_static(features)));
        profile
    }

    /// Sends this `Content-Security-Policy`.
    pub fn with_policy(mut self, policy: &ContentSecurityPolicy) -> Self {
        Arc::make_mut(&mut self.0).policy = Some(policy.render());
        self
    }

    /// Sends this policy as `Content-Security-Policy-Report-Only` too, to try it out beside the one that is enforced.
    pub fn with_report_only_policy(mut self, policy: &ContentSecurityPolicy) -> Self {
        Arc::make_mut(&mut self.0).report_only = Some(policy.render());
        self
    }

    /// Sets a header, in the place of the profile's own value.
    pub fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self = self.without_header(&name);
        Arc::make_mut(&mut self.0).fixed.push((name, value));
        self
    }

    /// Leaves a header out.
    pub fn without_header(mut self, name: &HeaderName) -> Self {
        let parts = Arc::make_mut(&mut self.0);
        if *name == CONTENT_SECURITY_POLICY {
            parts.policy = None;
        } else if *name == CONTENT_SECURITY_POLICY_REPORT_ONLY {
            parts.report_only = None;
        }
        parts.fixed.retain(|(known, _)| known != name);
        self
    }

    /// Adds what the answer doesn't say by itself.
    pub(super) fn apply(&self, headers: &mut HeaderMap, nonce: Option<&CspNonce>) {
        let parts = &*self.0;
        headers.reserve(parts.fixed.len() + 2);
        if let Some(policy) = &parts.policy {
            headers.entry(CONTENT_SECURITY_POLICY).or_insert_with(|| policy.value(nonce));
        }
        if let Some(policy) = &parts.report_only {
            headers.entry(CONTENT_SECURITY_POLICY_REPORT_ONLY).or_insert_with(|| policy.value(nonce));
        }
        for (name, value) in &parts.fixed {
            headers.entry(name).or_insert_with(|| value.clone());
        }
    }
}

impl HeaderOverride {
    /// This profile, whatever the content type.
    pub const fn profile(profile: HeaderProfile) -> Self {
        Self(Some(profile))
    }

    /// No profile: the handler sets what it needs.
    pub const fn skip() -> Self {
        Self(None)
    }

    pub(super) const fn get(&self) -> Option<&HeaderProfile> {
        self.0.as_ref()
    }
}
