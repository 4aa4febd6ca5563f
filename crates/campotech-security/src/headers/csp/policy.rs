//! A policy, directive by directive.

use super::directive::{Directive, Holds};
use super::rendered::RenderedPolicy;
use super::source::{self, NONCE, NONE, STRICT_DYNAMIC, UNSAFE_INLINE};
use crate::ConfigError;

/// A policy, directive by directive, checked where it is written: an unknown directive, one that is there twice, a keyword, nonce or
/// hash without its quotes, a source that browsers would ignore, and a policy without `default-src` are errors.
///
/// The source `'nonce'` stands for the answer's [`CspNonce`](crate::headers::CspNonce). In an answer without one it is left out, and so
/// is an `'unsafe-inline'` beside it, which browsers that know nonces obey only where there is none; a directive that is then empty
/// (or holds `'strict-dynamic'` alone) says `'none'`.
///
/// ```
/// use campotech_security::headers::{ContentSecurityPolicy, Directive};
///
/// # fn main() -> Result<(), campotech_security::ConfigError> {
/// let policy = ContentSecurityPolicy::html()
///     .with_replaced(Directive::ImgSrc, "'self' https://tiles.example.com")?
///     .with(Directive::WorkerSrc, "'self'")?;
/// assert!(policy.to_string().contains(";worker-src 'self'"));
/// assert!(ContentSecurityPolicy::api().with(Directive::ImgSrc, "self").is_err());
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub struct ContentSecurityPolicy(Vec<(Directive, Vec<String>)>);

impl ContentSecurityPolicy {
    /// A policy of `default-src` alone.
    ///
    /// # Errors
    /// [`ConfigError::Source`].
    pub fn new(default_src: &str) -> Result<Self, ConfigError> {
        Self(Vec::new()).with(Directive::DefaultSrc, default_src)
    }

    /// Reads a policy such as `default-src 'self'; img-src *`.
    ///
    /// # Errors
    /// [`ConfigError::Directive`], [`ConfigError::DuplicateDirective`], [`ConfigError::Source`], and
    /// [`ConfigError::MissingDefaultSrc`].
    pub fn parse(text: &str) -> Result<Self, ConfigError> {
        let mut policy = Self(Vec::new());
        for directive in text.split(';').map(str::trim).filter(|directive| !directive.is_empty()) {
            let (name, sources) = directive.split_once(' ').unwrap_or((directive, ""));
            policy = policy.with(Directive::parse(name)?, sources)?;
        }
        if policy.sources(Directive::DefaultSrc).is_some() {
            Ok(policy)
        } else {
            Err(ConfigError::MissingDefaultSrc)
        }
    }

    /// For answers that are no documents: nothing may be loaded, framed or sent.
    pub fn api() -> Self {
        Self::fixed(&[
            (Directive::DefaultSrc, "'none'"),
            (Directive::BaseUri, "'none'"),
            (Directive::FormAction, "'none'"),
            (Directive::FrameAncestors, "'none'"),
        ])
    }

    /// For pages: scripts and styles with the answer's nonce only, images, fonts and requests from here only, and no text that becomes
    /// HTML or code without a Trusted Types policy of the page's scripts.
    pub fn html() -> Self {
        Self::fixed(&[
            (Directive::DefaultSrc, "'none'"),
            (Directive::ScriptSrc, "'nonce' 'strict-dynamic'"),
            (Directive::StyleSrc, "'nonce'"),
            (Directive::ImgSrc, "'self' data:"),
            (Directive::ConnectSrc, "'self'"),
            (Directive::FontSrc, "'self'"),
            (Directive::BaseUri, "'none'"),
            (Directive::FormAction, "'self'"),
            (Directive::FrameAncestors, "'none'"),
            (Directive::RequireTrustedTypesFor, "'script'"),
        ])
    }

    /// Adds a directive with what it holds, separated by spaces.
    ///
    /// # Errors
    /// [`ConfigError::DuplicateDirective`] where it is there already (browsers obey the first and ignore the second), and
    /// [`ConfigError::Source`].
    pub fn with(mut self, directive: Directive, sources: &str) -> Result<Self, ConfigError> {
        if self.sources(directive).is_some() {
            return Err(ConfigError::DuplicateDirective(directive.name()));
        }
        self.0.push((directive, source::words(directive, sources)?));
        Ok(self)
    }

    /// Sets what a directive holds, whether it is there or not.
    ///
    /// # Errors
    /// [`ConfigError::Source`].
    pub fn with_replaced(mut self, directive: Directive, sources: &str) -> Result<Self, ConfigError> {
        let words = source::words(directive, sources)?;
        match self.0.iter_mut().find(|(known, _)| *known == directive) {
            Some(known) => known.1 = words,
            None => self.0.push((directive, words)),
        }
        Ok(self)
    }

    /// Takes a directive away.
    ///
    /// # Errors
    /// [`ConfigError::MissingDefaultSrc`]: without `default-src`, everything that no other directive names is allowed.
    pub fn without(mut self, directive: Directive) -> Result<Self, ConfigError> {
        if directive == Directive::DefaultSrc {
            return Err(ConfigError::MissingDefaultSrc);
        }
        self.0.retain(|(known, _)| *known != directive);
        Ok(self)
    }

    /// What a directive holds.
    #[must_use]
    pub fn sources(&self, directive: Directive) -> Option<&[String]> {
        self.0.iter().find(|(known, _)| *known == directive).map(|(_, sources)| &**sources)
    }

    fn fixed(directives: &[(Directive, &str)]) -> Self {
        let words = |text: &str| text.split(' ').map(str::to_owned).collect();
        Self(directives.iter().map(|(directive, sources)| (*directive, words(sources))).collect())
    }

    /// With reports to this endpoint, if it has none.
    pub(in crate::headers) fn reporting_to(&self, endpoint: &str) -> Self {
        let mut policy = self.clone();
        if policy.sources(Directive::ReportTo).is_none() {
            policy.0.push((Directive::ReportTo, vec![endpoint.to_owned()]));
        }
        policy
    }

    /// The policy's text, with `nonce` for every `'nonce'`.
    pub(super) fn text(&self, nonce: Option<&str>, https: bool) -> String {
        let said =
            self.0.iter().filter(|(directive, _)| https || *directive != Directive::UpgradeInsecureRequests);
        let directives = said.map(|(directive, sources)| {
            let mut text = directive.name().to_owned();
            let bare = nonce.is_none() && sources.iter().any(|source| source == NONCE);
            let dropped =
                |source: &String| bare && (source == NONCE || source.eq_ignore_ascii_case(UNSAFE_INLINE));
            let empty =
                nonce.is_none() && sources.iter().all(|source| source == STRICT_DYNAMIC || dropped(source));
            if empty && matches!(directive.holds(), Holds::Sources(_)) {
                text.extend([" ", NONE]);
                return text;
            }
            for source in sources.iter().filter(|source| !dropped(source)) {
                match nonce.filter(|_| source == NONCE) {
                    Some(nonce) => text.extend([" 'nonce-", nonce, "'"]),
                    None => text.extend([" ", source]),
                }
            }
            text
        });
        directives.collect::<Vec<_>>().join(";")
    }

    pub(in crate::headers) fn render(&self, https: bool) -> RenderedPolicy {
        RenderedPolicy::new(self, https)
    }
}

/// As it is sent over https in an answer without a nonce.
impl std::fmt::Display for ContentSecurityPolicy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text(None, true))
    }
}

impl std::str::FromStr for ContentSecurityPolicy {
    type Err = ConfigError;

    fn from_str(text: &str) -> Result<Self, ConfigError> {
        Self::parse(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::headers::CspNonce;

    fn text(policy: &ContentSecurityPolicy, nonce: Option<&CspNonce>) -> String {
        let rendered = policy.render(true);
        let with_nonce = nonce.and_then(|nonce| rendered.with_nonce(nonce));
        with_nonce.unwrap_or_else(|| rendered.plain().clone()).to_str().unwrap().to_owned()
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
        assert!(without.ends_with(";require-trusted-types-for 'script'"), "{without}");
    }

    #[test]
    fn without_a_nonce_inline_code_is_not_allowed_instead() {
        let policy = ContentSecurityPolicy::parse(
            "default-src 'none'; script-src 'nonce' 'strict-dynamic' 'unsafe-inline'; style-src 'self' 'unsafe-inline' 'nonce'; \
             style-src-attr 'unsafe-inline'",
        );
        let policy = policy.unwrap();
        let nonce = CspNonce::generate();
        assert_eq!(
            text(&policy, Some(&nonce)),
            format!(
                "default-src 'none';script-src 'nonce-{nonce}' 'strict-dynamic' 'unsafe-inline';\
                 style-src 'self' 'unsafe-inline' 'nonce-{nonce}';style-src-attr 'unsafe-inline'"
            )
        );
        assert_eq!(
            text(&policy, None),
            "default-src 'none';script-src 'none';style-src 'self';style-src-attr 'unsafe-inline'"
        );
    }

    #[test]
    fn presets_pass_their_own_checks() {
        for policy in [ContentSecurityPolicy::api(), ContentSecurityPolicy::html()] {
            for (directive, sources) in &policy.0 {
                assert_eq!(source::words(*directive, &sources.join(" ")).as_ref(), Ok(sources));
            }
            assert_eq!(
                ContentSecurityPolicy::parse(&policy.to_string()).unwrap().to_string(),
                policy.to_string()
            );
        }
    }

    #[test]
    fn a_directive_is_there_once() {
        let twice = ContentSecurityPolicy::html().with(Directive::StyleSrc, "'self'");
        assert_eq!(twice, Err(ConfigError::DuplicateDirective("style-src")));
        let policy =
            ContentSecurityPolicy::html().with_replaced(Directive::StyleSrc, "'self' 'nonce'").unwrap();
        assert!(text(&policy, None).contains("style-src 'self';"));
        let policy = policy.without(Directive::StyleSrc).unwrap();
        assert_eq!(policy.sources(Directive::StyleSrc), None);
        assert_eq!(policy.without(Directive::DefaultSrc), Err(ConfigError::MissingDefaultSrc));
    }

    #[test]
    fn upgrades_are_asked_for_over_https_only() {
        let policy = ContentSecurityPolicy::api().with(Directive::UpgradeInsecureRequests, "").unwrap();
        assert!(policy.text(None, true).ends_with(";upgrade-insecure-requests"));
        assert_eq!(policy.text(None, false), ContentSecurityPolicy::api().to_string());
    }

    #[test]
    fn a_policy_is_read_and_what_is_wrong_with_it_is_said() {
        let read = ContentSecurityPolicy::parse(" default-src 'self' ;IMG-SRC  *;; sandbox; ").unwrap();
        assert_eq!(read.to_string(), "default-src 'self';img-src *;sandbox");
        for (text, code) in [
            ("", "missing_default_src"),
            ("img-src *", "missing_default_src"),
            ("default-src 'self'; dflt-src *", "directive"),
            ("default-src 'self'; img-src *; img-src 'self'", "duplicate_directive"),
            ("default-src self", "source"),
            ("default-src", "source"),
        ] {
            assert_eq!(ContentSecurityPolicy::parse(text).unwrap_err().code(), code, "{text}");
        }
    }
}
