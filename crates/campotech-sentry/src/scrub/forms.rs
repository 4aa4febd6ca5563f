//! Addresses, credentials and tokens, by pattern.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::{Captures, Regex};

use super::checks::{has_digit, looks_like_credentials, looks_random};
use super::text::{FILTERED, regex};

/// One form: a pattern, what confirms a match that could be innocent, and whether the first group of the match stays.
pub(super) struct Form {
    pub(super) pattern: Regex,
    confirm: fn(&str) -> bool,
    keep_group: bool,
}

/// Names whose values never stand in a text, in English and in Spanish.
const SECRETS: &str = r"password|passwd|passphrase|contrase[ñn]?a|clave|\bpwd|\bpass|secret|secreto|token|api[_-]?key|access[_-]?key|private[_-]?key|signature|firma|session[_-]?id|\bsid|\bpin|\botp|\bcvv2?|\bcvc|c[oó]digo de seguridad|credential(?:e?s)?|credencial(?:es)?";

pub(super) static FORMS: LazyLock<Vec<Form>> = LazyLock::new(|| {
    let always: fn(&str) -> bool = |_| true;
    let form = |pattern: &str, confirm| Form { pattern: regex(pattern), confirm, keep_group: false };
    let keeping = |pattern: &str, confirm| Form { pattern: regex(pattern), confirm, keep_group: true };
    vec![
        form(r"-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|\z)", always),
        // Credentials and parameters of URLs; a password may hold what a URL may not.
        keeping(r#"(?i)\b([a-z][a-z0-9+.-]{1,20}://)[^\s/@"'<>]*:[^\s"'<>]*@"#, always),
        keeping(r"(?i)\b([a-z][a-z0-9+.-]{1,20}://)[^\s/@]+@", always),
        keeping(r#"(?i)\b(https?://[^\s?#"'<>]*)[?#][^\s"'<>]+"#, always),
        // A header to the end of its line.
        keeping(
            r#"(?i)((?:authorization|cookie|x-hub-signature-256)\\*["']?\s*[:=]\s*\\*["']?)[^\r\n"']+"#,
            always,
        ),
        form(r"(?i)\b(?:bearer|basic|digest)\s+[A-Za-z0-9._~+/=-]{8,}", looks_like_credentials),
        form(r"\beyJ[A-Za-z0-9_-]{5,}\.[A-Za-z0-9_-]{5,}(?:\.[A-Za-z0-9_-]*)*", always),
        keeping(
            &format!(
                r#"(?i)((?:{SECRETS})[a-z0-9_-]{{0,16}}\\*["']?\s*(?:[:=]|=>)\s*)(?:\\*"(?:[^"\\]|\\[^"])*\\*"|\\*'[^']*'|[^\s,;&"']+)"#
            ),
            always,
        ),
        // Said in a sentence: "la clave es hunter2".
        keeping(
            r"(?i)\b((?:password|passphrase|contrase[ñn]?a|clave|token|pin)\s+(?:is|es|era|was)\s+)\S+",
            |m| m.split_whitespace().last().is_some_and(has_digit),
        ),
        form(
            r"\b(?:sk|pk|rk|gh[opsur]|github_pat|xox[abeprs]|glpat|AKIA|ASIA|AIza|APP_USR|TEST|EAA|SG|npm|hf|whsec|sntry[su]|shpat|dop_v1|ya29)[-_.]?[A-Za-z0-9._-]{14,}",
            has_digit,
        ),
        form(
            r"(?i)[\p{L}\p{N}._%+'-]+(?:@|%40|\s?[(\[]at[)\]]\s?)(?:[\p{L}\p{N}-]+\.)+\p{L}[\p{L}\p{N}-]*",
            always,
        ),
        form(r"(?i)\b[0-9a-f]{32,}\b", has_digit),
        form(r"[A-Za-z0-9+/_-]{20,}={0,2}", looks_random),
    ]
});

/// The text without what matches a form.
pub(super) fn scrub_forms(text: &str) -> Cow<'_, str> {
    let mut clean = Cow::Borrowed(text);
    for form in &*FORMS {
        let replaced = form.pattern.replace_all(&clean, |found: &Captures<'_>| {
            let kept = found.get(1).filter(|_| form.keep_group).map_or("", |group| group.as_str());
            let taken = &found[0][kept.len()..];
            // What was taken out before stays as it is.
            if taken.trim_matches(['\\', '"', '\'']).starts_with(FILTERED) || !(form.confirm)(&found[0]) {
                return found[0].to_owned();
            }
            format!("{kept}{FILTERED}")
        });
        // `replace_all` also owns what was replaced by itself.
        if let Cow::Owned(replaced) = replaced
            && replaced != clean
        {
            clean = Cow::Owned(replaced);
        }
    }
    clean
}
