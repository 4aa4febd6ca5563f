//! What a text gives away, found by its form.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::{Captures, Regex};

/// What stands where something was taken out.
pub const FILTERED: &str = "[Filtered]";

/// One form: a pattern, and what confirms a match that could be innocent.
struct Form {
    pattern: Regex,
    confirm: fn(&str) -> bool,
    /// Whether the first group of the match stays.
    keep_group: bool,
}

static UUID: LazyLock<Regex> = LazyLock::new(|| {
    regex(r"\b[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}\b")
});

static FORMS: LazyLock<Vec<Form>> = LazyLock::new(|| {
    let always: fn(&str) -> bool = |_| true;
    let form = |pattern: &str, confirm| Form { pattern: regex(pattern), confirm, keep_group: false };
    let keeping = |pattern: &str, confirm| Form { pattern: regex(pattern), confirm, keep_group: true };
    vec![
        // Credentials and parameters of URLs.
        keeping(r"(?i)\b([a-z][a-z0-9+.-]{1,20}://)[^\s/@]+@", always),
        keeping(r#"(?i)\b(https?://[^\s?#"'<>]*)[?#][^\s"'<>]+"#, always),
        form(r"(?i)\b(?:bearer|basic)\s+[A-Za-z0-9._~+/=-]{8,}", |m| {
            m.split_whitespace().nth(1).is_some_and(looks_random)
        }),
        form(r"\beyJ[A-Za-z0-9_-]{5,}\.[A-Za-z0-9_-]{5,}(?:\.[A-Za-z0-9_-]*)?", always),
        keeping(
            r#"(?i)((?:password|passwd|passphrase|contraseña|clave|secret|token|api[_-]?key|authorization|cookie|signature|session[_-]?id)["']?\s*[:=]\s*)(?:"[^"]*"|'[^']*'|[^\s,;&"']+)"#,
            always,
        ),
        form(r"\b(?:sk|pk|rk|gh[opsu]|xox[abprs]|glpat|AKIA|AIza|APP_USR)[-_]?[A-Za-z0-9_-]{14,}", has_digit),
        form(r"(?i)[\p{L}\p{N}._%+'-]+(?:@|%40)(?:[\p{L}\p{N}-]+\.)+\p{L}[\p{L}\p{N}-]*", always),
        form(r"\b[0-9](?:[ -]?[0-9]){12,18}\b", |m| luhn(&digits(m))),
        form(r"\b(?:20|23|24|25|26|27|30|33|34)[-./ ]?[0-9]{2}\.?[0-9]{3}\.?[0-9]{3}[-./ ]?[0-9]\b", |m| {
            cuit(&digits(m))
        }),
        form(r"\+[0-9](?:[\s().-]{0,2}[0-9]){7,14}\b", always),
        form(r"\b549?[ -]?(?:11|[23][0-9]{2,3})[ -]?[0-9]{2,4}[ -]?[0-9]{4}\b", |m| {
            matches!(digits(m).len(), 12 | 13)
        }),
        form(r"\(?\b0?(?:11|[23][0-9]{2,3})\)?[ -]{1,2}(?:15[ -]?)?[0-9]{2,4}[ -]?[0-9]{4}\b", local_phone),
        form(r"\b0?11(?:15)?[0-9]{8}\b|\b0[23][0-9]{9}\b", always),
        form(r"\b[0-9A-Fa-f]{32,}\b", has_digit),
        form(r"[A-Za-z0-9+_-]{24,}={0,2}", looks_random),
    ]
});

/// The text with addresses, phones, CUITs, cards, credentials and tokens replaced by [`FILTERED`]; borrowed where there were
/// none. UUIDs and versions stay.
#[must_use]
pub fn scrub_text(text: &str) -> Cow<'_, str> {
    // Ids would look like tokens and phones; what stands between them is looked at piece by piece.
    let mut pieces: Vec<Cow<'_, str>> = Vec::new();
    let mut from = 0;
    for id in UUID.find_iter(text) {
        // The name part of an address is no id.
        if text[id.end()..].starts_with(['@', '%']) {
            continue;
        }
        pieces.push(scrub_piece(&text[from..id.start()]));
        pieces.push(Cow::Borrowed(id.as_str()));
        from = id.end();
    }
    if pieces.is_empty() {
        return scrub_piece(text);
    }
    pieces.push(scrub_piece(&text[from..]));
    if pieces.iter().all(|piece| matches!(piece, Cow::Borrowed(_))) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(pieces.concat())
}

/// Whether the whole text is one UUID.
pub(super) fn is_uuid(text: &str) -> bool {
    UUID.find(text).is_some_and(|found| found.len() == text.len())
}

fn scrub_piece(text: &str) -> Cow<'_, str> {
    let mut clean = Cow::Borrowed(text);
    for form in &*FORMS {
        let replaced = form.pattern.replace_all(&clean, |found: &Captures<'_>| {
            if !(form.confirm)(&found[0]) {
                return found[0].to_owned();
            }
            match found.get(1) {
                Some(kept) if form.keep_group => format!("{}{FILTERED}", kept.as_str()),
                _ => FILTERED.to_owned(),
            }
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

fn regex(pattern: &str) -> Regex {
    // The patterns are constants and a test builds them all; one that could not be built must filter everything.
    Regex::new(pattern).unwrap_or_else(|_| Regex::new("(?s).+").unwrap_or_else(|_| unreachable!()))
}

fn digits(text: &str) -> Vec<u8> {
    text.bytes().filter(u8::is_ascii_digit).map(|b| b - b'0').collect()
}

fn has_digit(text: &str) -> bool {
    text.bytes().any(|b| b.is_ascii_digit())
}

/// Upper case, lower case and digits together, as in tokens and hardly in names.
fn looks_random(text: &str) -> bool {
    let any = |is: fn(&u8) -> bool| text.as_bytes().iter().any(is);
    any(u8::is_ascii_digit) && any(u8::is_ascii_uppercase) && any(u8::is_ascii_lowercase)
}

/// The check digit of card numbers (ISO/IEC 7812-1, annex B).
fn luhn(digits: &[u8]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(i, &d)| match (i % 2, u32::from(d) * 2) {
            (0, _) => u32::from(d),
            (_, double) => double / 10 + double % 10,
        })
        .sum();
    sum.is_multiple_of(10) && digits.iter().any(|&d| d != 0)
}

/// The check digit of CUIT and CUIL: modulo 11 over ten weighted digits.
fn cuit(digits: &[u8]) -> bool {
    const WEIGHTS: [u32; 10] = [5, 4, 3, 2, 7, 6, 5, 4, 3, 2];
    if digits.len() != 11 {
        return false;
    }
    let sum: u32 = WEIGHTS.iter().zip(digits).map(|(w, &d)| w * u32::from(d)).sum();
    (11 - sum % 11) % 11 == u32::from(digits[10])
}

/// Ten digits behind a trunk zero and the 15 of mobiles.
fn local_phone(text: &str) -> bool {
    let mut number = digits(text);
    if number.first() == Some(&0) {
        number.remove(0);
    }
    number.len() == 10 || number.len() == 12
}

#[cfg(test)]
mod tests;
