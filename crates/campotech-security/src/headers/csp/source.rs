//! What a directive holds, checked word by word: what a browser would silently ignore or read as something else is an error.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};

use super::directive::{Directive, Holds, Of};
use crate::ConfigError;

/// The source expression that stands for the answer's nonce.
pub(super) const NONCE: &str = "'nonce'";
pub(super) const STRICT_DYNAMIC: &str = "'strict-dynamic'";
pub(super) const NONE: &str = "'none'";
pub(super) const UNSAFE_INLINE: &str = "'unsafe-inline'";

const SHARED: [&str; 3] = ["self", "none", "report-sample"];
const OF_SCRIPTS_AND_STYLES: [&str; 3] = ["nonce", "unsafe-inline", "unsafe-hashes"];
const OF_SCRIPTS: [&str; 5] =
    ["strict-dynamic", "unsafe-eval", "wasm-unsafe-eval", "inline-speculation-rules", "trusted-types-eval"];
/// Hashes, and how many bytes each has.
const HASHES: [(&str, usize); 3] = [("sha256-", 32), ("sha384-", 48), ("sha512-", 64)];
const SANDBOX: [&str; 13] = [
    "allow-downloads",
    "allow-forms",
    "allow-modals",
    "allow-orientation-lock",
    "allow-pointer-lock",
    "allow-popups",
    "allow-popups-to-escape-sandbox",
    "allow-presentation",
    "allow-same-origin",
    "allow-scripts",
    "allow-storage-access-by-user-activation",
    "allow-top-navigation",
    "allow-top-navigation-by-user-activation",
];

/// The words of a directive.
///
/// # Errors
/// [`ConfigError::Source`] with the word that can't stand there, and why.
pub(super) fn words(directive: Directive, text: &str) -> Result<Vec<String>, ConfigError> {
    let refused = |given: &str, why| {
        Err(ConfigError::Source { directive: directive.name(), given: given.to_owned(), why })
    };
    if text.contains([';', ',']) {
        return refused(text, "`;` and `,` end a directive and a policy");
    }
    if !text.bytes().all(|b| b.is_ascii_graphic() || b == b' ') {
        return refused(text, "it is visible ASCII, separated by spaces");
    }
    let words: Vec<_> = text.split(' ').filter(|word| !word.is_empty()).map(str::to_owned).collect();
    if let Some((word, why)) = words.iter().find_map(|word| wrong(directive, word).map(|why| (word, why))) {
        return refused(word, why);
    }
    let twice = |(at, word): &(usize, &String)| words[..*at].contains(*word);
    if let Some((_, word)) = words.iter().enumerate().find(twice) {
        return refused(word, "it is there twice");
    }
    match (directive.holds(), words.len()) {
        (Holds::Nothing, 1..) => refused(text, "the directive holds nothing"),
        (Holds::Name | Holds::Script, 0 | 2..) => refused(text, "the directive holds one word"),
        (Holds::Sources(_) | Holds::Addresses, 0) => refused(text, "it is empty: write `'none'`"),
        (Holds::Sources(_) | Holds::PolicyNames, 2..) if words.iter().any(|word| word == NONE) => {
            refused(NONE, "it stands alone")
        }
        _ => Ok(words),
    }
}

fn wrong(directive: Directive, word: &str) -> Option<&'static str> {
    match directive.holds() {
        Holds::Sources(of) => source(directive, of, word),
        Holds::SandboxWords => (!SANDBOX.contains(&word)).then_some("it is no word of a sandbox"),
        Holds::Script => (word != "'script'").then_some("it is `'script'` or nothing"),
        Holds::PolicyNames => policy_name(word),
        Holds::Nothing => None,
        Holds::Name => (!is_token(word)).then_some("a name has letters, digits, `-` and `_`"),
        Holds::Addresses => {
            let fine = word.starts_with('/') || word.starts_with("https://");
            (!fine || word.contains('\'')).then_some("it is a path or an https address")
        }
    }
}

fn source(directive: Directive, of: Of, word: &str) -> Option<&'static str> {
    if let Some(quoted) = word.strip_prefix('\'') {
        let Some(quoted) = quoted.strip_suffix('\'') else { return Some("a quote is missing") };
        return keyword(directive, of, quoted);
    }
    if word.contains('\'') {
        return Some("a quote is missing");
    }
    if is_keyword(word) || word.starts_with("nonce-") || HASHES.iter().any(|(name, _)| word.starts_with(name))
    {
        return Some("without single quotes it is a host");
    }
    place(word)
}

fn is_keyword(word: &str) -> bool {
    let all = SHARED.iter().chain(&OF_SCRIPTS_AND_STYLES).chain(&OF_SCRIPTS);
    all.into_iter().any(|known| known.eq_ignore_ascii_case(word))
}

fn keyword(directive: Directive, of: Of, quoted: &str) -> Option<&'static str> {
    let code = matches!(of, Of::All | Of::Scripts | Of::Styles);
    if quoted.starts_with("nonce-") {
        return Some("a nonce that is the same in two answers is none: write `'nonce'` for the answer's own");
    }
    if let Some((name, bytes)) = HASHES.into_iter().find(|(name, _)| quoted.starts_with(name)) {
        let digest = &quoted[name.len()..];
        let decoded = STANDARD.decode(digest).or_else(|_| URL_SAFE.decode(digest));
        let fine = decoded.is_ok_and(|digest| digest.len() == bytes);
        return match (code, fine) {
            (true, true) => None,
            (true, false) => Some("the hash is not in base64 or of another length"),
            (false, _) => Some("only scripts and styles have hashes"),
        };
    }
    let may_report = matches!(directive.holds(), Holds::Sources(Of::All | Of::Scripts | Of::Styles));
    match quoted {
        "report-sample" if !may_report => Some("only scripts and styles have samples"),
        known if SHARED.contains(&known) => None,
        known if OF_SCRIPTS_AND_STYLES.contains(&known) => {
            (!code).then_some("only scripts and styles have this keyword")
        }
        known if OF_SCRIPTS.contains(&known) => {
            (!matches!(of, Of::All | Of::Scripts)).then_some("only scripts have this keyword")
        }
        _ => Some("it is no keyword"),
    }
}

/// A scheme (`data:`), or a host with what may be around it (`https://*.example.com:8443/path`).
fn place(word: &str) -> Option<&'static str> {
    const WRONG: Option<&str> =
        Some("it is no scheme such as `https:` and no host such as `https://*.example.com`");
    let is_scheme = |text: &str| {
        text.starts_with(|first: char| first.is_ascii_alphabetic())
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.'))
    };
    if let Some(scheme) = word.strip_suffix(':') {
        return if is_scheme(scheme) { None } else { WRONG };
    }
    let authority = match word.split_once("://") {
        Some((scheme, rest)) if is_scheme(scheme) => rest,
        Some(_) => return WRONG,
        None => word,
    };
    let (host, path) = authority.split_at(authority.find('/').unwrap_or(authority.len()));
    if path.contains(['?', '#']) {
        return Some("a source has no query and no fragment");
    }
    let (name, port) = host.split_once(':').unwrap_or((host, "*"));
    let port_fine = port == "*" || port.parse::<u16>().is_ok_and(|port| port > 0);
    let labels = name.strip_prefix("*.").unwrap_or(name);
    let is_label = |label: &str| {
        !label.is_empty() && label.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
    };
    if port_fine && (name == "*" || labels.split('.').all(is_label)) { None } else { WRONG }
}

fn policy_name(word: &str) -> Option<&'static str> {
    let keyword = matches!(word, NONE | "'allow-duplicates'" | "*");
    let named = word.bytes().all(|b| b.is_ascii_alphanumeric() || b"-#=_/@.%".contains(&b));
    (!keyword && !named).then_some("it is no name of a Trusted Types policy")
}

/// Whether it can be the name of an endpoint.
pub(in crate::headers) fn is_token(word: &str) -> bool {
    !word.is_empty() && word.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHA256: &str = "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='";

    #[test]
    fn what_browsers_understand_is_taken_as_it_is() {
        for (directive, text) in [
            (Directive::DefaultSrc, "'none'"),
            (Directive::ScriptSrc, "'nonce' 'strict-dynamic' 'unsafe-inline' https:"),
            (Directive::ScriptSrc, SHA256),
            (Directive::StyleSrcAttr, "'unsafe-hashes' 'report-sample'"),
            (Directive::ImgSrc, "'self' data: blob: https://*.example.com:8443/a/b cdn.example.com *"),
            (Directive::ConnectSrc, "wss://live.example.com http://127.0.0.1:* localhost:3000"),
            (Directive::FrameAncestors, "'self' https://partner.example.com"),
            (Directive::Sandbox, ""),
            (Directive::Sandbox, "allow-forms allow-scripts"),
            (Directive::RequireTrustedTypesFor, "'script'"),
            (Directive::TrustedTypes, "lit-html page#1 'allow-duplicates'"),
            (Directive::TrustedTypes, "'none'"),
            (Directive::UpgradeInsecureRequests, ""),
            (Directive::ReportTo, "csp-1"),
            (Directive::ReportUri, "/api/v1/reports https://reports.example.com/csp"),
        ] {
            let expected: Vec<_> = text.split_whitespace().map(str::to_owned).collect();
            assert_eq!(words(directive, text), Ok(expected), "{directive:?} {text}");
        }
    }

    #[test]
    fn what_they_would_ignore_or_take_for_something_else_is_an_error() {
        for (directive, text, why) in [
            (Directive::ImgSrc, "'self'; script-src *", "end a directive"),
            (Directive::ImgSrc, "a.com, b.com", "end a directive"),
            (Directive::ImgSrc, "a.com\nb.com", "visible ASCII"),
            (Directive::ImgSrc, "ñandú.example", "visible ASCII"),
            (Directive::ImgSrc, "", "empty"),
            (Directive::ImgSrc, "self", "single quotes"),
            (Directive::ScriptSrc, "Unsafe-Inline", "single quotes"),
            (Directive::ScriptSrc, "nonce-abc", "single quotes"),
            (Directive::ScriptSrc, "sha256-abc", "single quotes"),
            (Directive::ScriptSrc, "'self", "quote is missing"),
            (Directive::ScriptSrc, "self'", "quote is missing"),
            (Directive::ScriptSrc, "'nonce-YWJjZGVmZ2hpamtsbW5vcA=='", "is none"),
            (Directive::ScriptSrc, "'sha256-YWJj'", "another length"),
            (Directive::ScriptSrc, "'sha256-?'", "another length"),
            (Directive::ScriptSrc, "'unsafe-everything'", "no keyword"),
            (Directive::ScriptSrc, "'self' 'self'", "twice"),
            (Directive::ScriptSrc, "'none' 'self'", "alone"),
            (Directive::StyleSrc, "'strict-dynamic'", "only scripts"),
            (Directive::ImgSrc, "'nonce'", "only scripts and styles"),
            (Directive::ImgSrc, "'report-sample'", "samples"),
            (Directive::FrameAncestors, SHA256, "only scripts and styles have hashes"),
            (Directive::FormAction, "'unsafe-inline'", "only scripts and styles"),
            (Directive::ImgSrc, "https://", "no host"),
            (Directive::ImgSrc, "1x:", "no host"),
            (Directive::ImgSrc, "https://*.*.example.com", "no host"),
            (Directive::ImgSrc, "https://a..b", "no host"),
            (Directive::ImgSrc, "a.com:0", "no host"),
            (Directive::ImgSrc, "a.com:99999", "no host"),
            (Directive::ImgSrc, "[::1]", "no host"),
            (Directive::ImgSrc, "a.com/p?q", "no query"),
            (Directive::Sandbox, "allow-everything", "sandbox"),
            (Directive::RequireTrustedTypesFor, "script", "'script'"),
            (Directive::RequireTrustedTypesFor, "", "one word"),
            (Directive::TrustedTypes, "a(b)", "Trusted Types"),
            (Directive::TrustedTypes, "'none' a", "alone"),
            (Directive::UpgradeInsecureRequests, "1", "nothing"),
            (Directive::ReportTo, "a b", "one word"),
            (Directive::ReportTo, "a.b", "a name has"),
            (Directive::ReportUri, "http://a.com/", "https address"),
            (Directive::ReportUri, "", "empty"),
        ] {
            let error = words(directive, text).expect_err(text);
            assert_eq!(error.code(), "source", "{text}");
            assert!(error.to_string().contains(why), "{text}: {error}");
        }
    }
}
