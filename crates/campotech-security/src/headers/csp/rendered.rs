//! A policy as it is sent.

use http::HeaderValue;

use super::ContentSecurityPolicy;
use crate::headers::CspNonce;

/// A policy that is ready to be sent, over https or not.
#[derive(Debug, Clone)]
pub(in crate::headers) struct RenderedPolicy {
    plain: HeaderValue,
    /// What stands between the nonces; one part if the policy has none.
    parts: Vec<String>,
}

impl RenderedPolicy {
    pub(super) fn new(policy: &ContentSecurityPolicy, https: bool) -> Self {
        // A mark that no policy can hold, as sources are visible ASCII.
        let parts = policy.text(Some("\0"), https).split('\0').map(str::to_owned).collect();
        Self { plain: value(policy.text(None, https)), parts }
    }

    /// In an answer without a nonce.
    pub(in crate::headers) const fn plain(&self) -> &HeaderValue {
        &self.plain
    }

    /// In an answer with one; none where the policy asks for none.
    pub(in crate::headers) fn with_nonce(&self, nonce: &CspNonce) -> Option<HeaderValue> {
        (self.parts.len() > 1).then(|| value(self.parts.join(nonce.as_str())))
    }
}

fn value(text: String) -> HeaderValue {
    // Directives and nonces are visible ASCII; were one not, nothing is what may be loaded.
    HeaderValue::try_from(text).unwrap_or_else(|_| HeaderValue::from_static("default-src 'none'"))
}
