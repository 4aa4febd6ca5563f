//! `Content-Security-Policy` (W3C CSP Level 3), written once and rendered per answer only for a nonce.

use http::HeaderValue;

use super::CspNonce;
use crate::ConfigError;

/// The source expression that stands for the answer's nonce.
const NONCE: &str = "'nonce'";

/// A policy, directive by directive.
///
/// The source `'nonce'` stands for the answer's [`CspNonce`]. In an answer without one it is left out, and a directive that
/// is then empty (or holds `'strict-dynamic'` alone) says `'none'`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub struct ContentSecurityPolicy(Vec<(String, Vec<String>)>);

/// A policy that is ready to be sent.
#[derive(Debug, Clone)]
pub(super) struct RenderedPolicy {
    plain: HeaderValue,
    /// What stands between the nonces; one part if the policy has none.
    parts: Vec<String>,
}

impl ContentSecurityPolicy {
    /// For answers that are no documents: nothing may be loaded, framed or sent.
    pub fn api() -> Self {
        Self::fixed(&[
            ("default-src", "'none'"),
            ("base-uri", "'none'"),
            ("form-action", "'none'"),
            ("frame-ancestors", "'none'"),
        ])
    }

    /// For pages: scripts and styles with the answer's nonce only, images, fonts and requests from here only.
    pub fn html() -> Self {
        Self::fixed(&[
            ("default-src", "'none'"),
            ("script-src", "'nonce' 'strict-dynamic'"),
            ("style-src", "'nonce'"),
            ("img-src", "'self' data:"),
            ("connect-src", "'self'"),
            ("font-src", "'self'"),
            ("base-uri", "'none'"),
            ("form-action", "'self'"),
            ("frame-ancestors", "'none'"),
        ])
    }

    /// Sets a directive to these sources, separated by spaces: `with("img-src", "'self' data:")`.
    ///
    /// # Errors
    /// [`ConfigError::Directive`] where the name isn't one, or a source would end the directive.
    pub fn with(mut self, name: &str, sources: &str) -> Result<Self, ConfigError> {
        let named = !name.is_empty() && name.bytes().all(|b| b.is_ascii_lowercase() || b == b'-');
        let fine = |b: u8| (b.is_ascii_graphic() || b == b' ') && !matches!(b, b';' | b',');
        if !named || !sources.bytes().all(fine) {
            return Err(ConfigError::Directive(name.to_owned()));
        }
        self.set(name, sources);
        Ok(self)
    }

    fn fixed(directives: &[(&str, &str)]) -> Self {
        let mut policy = Self(Vec::with_capacity(directives.len()));
        for (name, sources) in directives {
            policy.set(name, sources);
        }
        policy
    }

    fn set(&mut self, name: &str, sources: &str) {
        let sources = sources.split_ascii_whitespace().map(str::to_owned).collect();
        match self.0.iter_mut().find(|(known, _)| known == name) {
            Some(directive) => directive.1 = sources,
            None => self.0.push((name.to_owned(), sources)),
        }
    }

    /// The policy's text, with `nonce` for every `'nonce'`.
    fn text(&self, nonce: Option<&str>) -> String {
        let directives = self.0.iter().map(|(name, sources)| {
            let mut text = name.clone();
            let with_nonce = sources.iter().any(|source| source == NONCE);
            let rest = |source: &&String| *source != NONCE && *source != "'strict-dynamic'";
            if with_nonce && nonce.is_none() && sources.iter().find(rest).is_none() {
                text.push_str(" 'none'");
                return text;
            }
            for source in sources {
                match (source == NONCE, nonce) {
                    (false, _) => text.extend([" ", source]),
                    (true, Some(nonce)) => text.extend([" 'nonce-", nonce, "'"]),
                    (true, None) => {}
                }
            }
            text
        });
        directives.collect::<Vec<_>>().join(";")
    }

    pub(super) fn render(&self) -> RenderedPolicy {
        // A mark that no policy can hold, as sources are visible ASCII.
        let parts = self.text(Some("\0")).split('\0').map(str::to_owned).collect();
        RenderedPolicy { plain: value(self.text(None)), parts }
    }
}

impl RenderedPolicy {
    pub(super) fn value(&self, nonce: Option<&CspNonce>) -> HeaderValue {
        match nonce {
            Some(nonce) if self.parts.len() > 1 => value(self.parts.join(nonce.as_str())),
            _ => self.plain.clone(),
        }
    }
}

fn value(text: String) -> HeaderValue {
    // Directives and nonces are visible ASCII; were one not, nothing is what may be loaded.
    HeaderValue::try_from(text).unwrap_or_else(|_| HeaderValue::from_static("default-src 'none'"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(policy: &ContentSecurityPolicy, nonce: Option<&CspNonce>) -> String {
        policy.render().value(nonce).to_str().unwrap().to_owned()
    }

    #[test]
    fn the_api_policy_forbids_everything() {
        let said = "default-src 'none';base-uri 'none';form-action 'none';frame-ancestors 'none'";
        assert_eq!(text(&ContentSecurityPolicy::api(), None), said);
        assert_eq!(text(&ContentSecurityPolicy::api(), Some(&CspNonce::generate())), said);
    }

    #[test]
    fn a_nonce_stands_in_every_directive_that_asks_for_it() {
        let nonce = CspNonce::generate();
        let said = text(&ContentSecurityPolicy::html(), Some(&nonce));
        assert!(said.contains(&format!(
            ";script-src 'nonce-{nonce}' 'strict-dynamic';style-src 'nonce-{nonce}';img-src"
        )));
        let without = text(&ContentSecurityPolicy::html(), None);
        assert!(without.contains(";script-src 'none';style-src 'none';img-src 'self' data:;"), "{without}");
    }

    #[test]
    fn directives_are_replaced_and_checked() {
        let policy = ContentSecurityPolicy::html().with("style-src", "'self' 'nonce'").unwrap();
        assert!(text(&policy, None).contains("style-src 'self';"));
        let policy = policy.with("upgrade-insecure-requests", "").unwrap();
        assert!(text(&policy, None).ends_with(";upgrade-insecure-requests"));
        for (name, sources) in
            [("", "x"), ("img src", "x"), ("img-src", "a;b"), ("img-src", "a,b"), ("img-src", "a\nb")]
        {
            assert!(ContentSecurityPolicy::api().with(name, sources).is_err(), "{name}: {sources}");
        }
    }
}
