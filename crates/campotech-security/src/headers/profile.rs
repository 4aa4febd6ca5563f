//! What a kind of answer says about itself.

use std::sync::Arc;

use http::header::{
    CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY_REPORT_ONLY, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderMap, HeaderName, HeaderValue};

use super::csp::RenderedPolicy;
use super::{
    ContentSecurityPolicy, CspNonce, EmbedderPolicy, OpenerPolicy, PermissionsPolicy, ReferrerPolicy,
    ReportingEndpoint, ResourcePolicy,
};

const EMBEDDER_POLICY: HeaderName = HeaderName::from_static("cross-origin-embedder-policy");
const OPENER_POLICY: HeaderName = HeaderName::from_static("cross-origin-opener-policy");
const ORIGIN_AGENT_CLUSTER: HeaderName = HeaderName::from_static("origin-agent-cluster");
const PERMISSIONS_POLICY: HeaderName = HeaderName::from_static("permissions-policy");
const REPORTING_ENDPOINTS: HeaderName = HeaderName::from_static("reporting-endpoints");
const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");

/// The headers of one kind of answer. Cloning copies nothing.
///
/// A policy that is only tried out stands beside the one that is enforced ([`with_report_only_policy`](Self::with_report_only_policy)).
#[derive(Debug, Clone)]
#[must_use]
pub struct HeaderProfile(Arc<Parts>);

#[derive(Debug, Clone, Default)]
struct Parts {
    policy: Option<ContentSecurityPolicy>,
    report_only: Option<ContentSecurityPolicy>,
    endpoint: Option<ReportingEndpoint>,
    fixed: Vec<(HeaderName, HeaderValue)>,
    /// What is sent over http, and what over https.
    ready: [Ready; 2],
}

/// All of a profile, as it is sent.
#[derive(Debug, Clone, Default)]
struct Ready {
    /// In an answer without a nonce.
    plain: Vec<(HeaderName, HeaderValue)>,
    policies: Vec<(HeaderName, RenderedPolicy)>,
}

impl HeaderProfile {
    /// A profile without a header.
    pub fn empty() -> Self {
        Self(Arc::default())
    }

    /// For answers that are no pages: the strictest policy, `nosniff`, no referrer, no embedding by other origins.
    ///
    /// There is no `X-Frame-Options`: `frame-ancestors` says it, and every browser in use obeys that one first.
    pub fn api() -> Self {
        Self::empty()
            .with_policy(&ContentSecurityPolicy::api())
            .with_header(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"))
            .with_referrer_policy(ReferrerPolicy::NoReferrer)
            .with_resource_policy(ResourcePolicy::SameOrigin)
    }

    /// For pages: a policy with nonces, the same as for other answers, a group of windows and a process of their own, and no powerful
    /// feature. There is no `Cross-Origin-Embedder-Policy`: it breaks what pages embed.
    pub fn html() -> Self {
        Self::api()
            .with_policy(&ContentSecurityPolicy::html())
            .with_opener_policy(OpenerPolicy::SameOrigin)
            .with_header(ORIGIN_AGENT_CLUSTER, HeaderValue::from_static("?1"))
            .with_permissions_policy(&PermissionsPolicy::nobody())
    }

    /// Sends this `Content-Security-Policy`.
    pub fn with_policy(self, policy: &ContentSecurityPolicy) -> Self {
        self.without_header(&CONTENT_SECURITY_POLICY).changed(|parts| parts.policy = Some(policy.clone()))
    }

    /// Sends this policy as `Content-Security-Policy-Report-Only` too, to try it out beside the one that is enforced.
    pub fn with_report_only_policy(self, policy: &ContentSecurityPolicy) -> Self {
        self.without_header(&CONTENT_SECURITY_POLICY_REPORT_ONLY)
            .changed(|parts| parts.report_only = Some(policy.clone()))
    }

    /// Has violations of both policies reported here: `Reporting-Endpoints`, and `report-to` in those policies that have none.
    pub fn with_reports(self, endpoint: &ReportingEndpoint) -> Self {
        self.without_header(&REPORTING_ENDPOINTS).changed(|parts| parts.endpoint = Some(endpoint.clone()))
    }

    /// Sets `Permissions-Policy`; one that names nothing is not sent.
    pub fn with_permissions_policy(self, policy: &PermissionsPolicy) -> Self {
        match policy.value() {
            Some(value) => self.with_header(PERMISSIONS_POLICY, value),
            None => self.without_header(&PERMISSIONS_POLICY),
        }
    }

    /// Sets `Referrer-Policy`.
    pub fn with_referrer_policy(self, policy: ReferrerPolicy) -> Self {
        self.with_header(REFERRER_POLICY, policy.value())
    }

    /// Sets `Cross-Origin-Resource-Policy`.
    pub fn with_resource_policy(self, policy: ResourcePolicy) -> Self {
        self.with_header(RESOURCE_POLICY, policy.value())
    }

    /// Sets `Cross-Origin-Opener-Policy`.
    pub fn with_opener_policy(self, policy: OpenerPolicy) -> Self {
        self.with_header(OPENER_POLICY, policy.value())
    }

    /// Sets `Cross-Origin-Embedder-Policy`.
    pub fn with_embedder_policy(self, policy: EmbedderPolicy) -> Self {
        self.with_header(EMBEDDER_POLICY, policy.value())
    }

    /// Sets a header, in the place of the profile's own value.
    pub fn with_header(self, name: HeaderName, value: HeaderValue) -> Self {
        self.without_header(&name).changed(|parts| parts.fixed.push((name, value)))
    }

    /// Leaves a header out.
    pub fn without_header(self, name: &HeaderName) -> Self {
        self.changed(|parts| {
            if *name == CONTENT_SECURITY_POLICY {
                parts.policy = None;
            } else if *name == CONTENT_SECURITY_POLICY_REPORT_ONLY {
                parts.report_only = None;
            } else if *name == REPORTING_ENDPOINTS {
                parts.endpoint = None;
            }
            parts.fixed.retain(|(known, _)| known != name);
        })
    }

    fn changed(mut self, change: impl FnOnce(&mut Parts)) -> Self {
        let parts = Arc::make_mut(&mut self.0);
        change(parts);
        parts.ready = [parts.ready(false), parts.ready(true)];
        self
    }

    /// Every name that may be set.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.ready.iter().flat_map(|ready| &ready.plain).map(|(name, _)| name.as_str())
    }

    /// Adds all of it to an answer that has none of its names, and leaves room for so many more.
    pub(super) fn put(&self, headers: &mut HeaderMap, https: bool, more: usize) {
        let plain = &self.0.ready[usize::from(https)].plain;
        // No more than that: one too many may have the whole map grown.
        headers.reserve(plain.len() + more);
        for (name, value) in plain {
            // As `insert`, which would hand back what was there.
            headers.append(name, value.clone());
        }
    }

    /// Adds what the answer doesn't say by itself.
    pub(super) fn complete(&self, headers: &mut HeaderMap, https: bool, nonce: Option<&CspNonce>) {
        let Ready { plain, policies } = &self.0.ready[usize::from(https)];
        for (name, policy) in policies {
            if let Some(value) = nonce.and_then(|nonce| policy.with_nonce(nonce)) {
                headers.entry(name).or_insert(value);
            }
        }
        for (name, value) in plain {
            headers.entry(name).or_insert_with(|| value.clone());
        }
    }
}

impl Parts {
    fn ready(&self, https: bool) -> Ready {
        let to = |policy: &ContentSecurityPolicy| match &self.endpoint {
            Some(endpoint) => policy.reporting_to(endpoint.name()).render(https),
            None => policy.render(https),
        };
        let policies: Vec<_> = [
            (CONTENT_SECURITY_POLICY, &self.policy),
            (CONTENT_SECURITY_POLICY_REPORT_ONLY, &self.report_only),
        ]
        .into_iter()
        .filter_map(|(name, policy)| policy.as_ref().map(|policy| (name, to(policy))))
        .collect();
        let endpoint = self.endpoint.as_ref().and_then(ReportingEndpoint::value);
        let mut plain: Vec<_> =
            policies.iter().map(|(name, policy)| (name.clone(), policy.plain().clone())).collect();
        plain.extend(endpoint.map(|value| (REPORTING_ENDPOINTS, value)));
        plain.extend(self.fixed.iter().cloned());
        Ready { plain, policies }
    }
}
