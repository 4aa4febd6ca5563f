//! Texts within texts: percent-encoded, form-encoded, and JSON.

use percent_encoding::percent_decode_str;

use super::json::scrub_inner;
use super::text::{FILTERED, once};

/// How often something may be encoded; what is deeper is filtered whole.
const DEEPEST: usize = 3;

/// Larger JSON within a text is looked at as text only.
const JSON: usize = 32 * 1024;

/// The text with what gives somebody away once it is decoded taken out; none where there is nothing.
pub(super) fn scrub_encoded(text: &str, depth: usize) -> Option<String> {
    json(text).or_else(|| by_word(text, depth))
}

/// JSON from the first bracket to the last, which is how bodies stand in messages.
fn json(text: &str) -> Option<String> {
    let start = text.find(['{', '['])?;
    let end = text.rfind(['}', ']'])? + 1;
    let inner = text.get(start..end).filter(|inner| inner.len() <= JSON && inner.contains('"'))?;
    let clean = scrub_inner(inner).or_else(|| {
        // JSON within a JSON string, as it is printed by `{:?}`.
        let unescaped: String =
            inner.contains("\\\"").then(|| serde_json::from_str(&format!("\"{inner}\"")).ok())??;
        scrub_inner(&unescaped)
    })?;
    Some(format!("{}{clean}{}", &text[..start], &text[end..]))
}

fn by_word(text: &str, depth: usize) -> Option<String> {
    if !text.contains(['%', '+', '=']) {
        return None;
    }
    let (mut clean, mut changed) = (String::with_capacity(text.len()), false);
    for word in text.split_inclusive(char::is_whitespace) {
        let (body, space) = word.split_at(word.trim_end().len());
        match word_clean(body, depth) {
            Some(other) => {
                changed = true;
                clean.push_str(&other);
            }
            None => clean.push_str(body),
        }
        clean.push_str(space);
    }
    changed.then_some(clean)
}

/// The word decoded and scrubbed where that takes something out.
fn word_clean(word: &str, depth: usize) -> Option<String> {
    // Only a form writes spaces so; elsewhere a plus may open a phone.
    let spaced = if word.contains('=') { word.replace('+', " ") } else { word.to_owned() };
    let decoded = percent_decode_str(&spaced).decode_utf8_lossy();
    if decoded == word {
        return None;
    }
    if depth == DEEPEST {
        return Some(FILTERED.to_owned());
    }
    once(&decoded, depth + 1).or_else(|| pairs(&decoded, depth + 1))
}

/// The pairs of a form one by one: what stands before a value is its name.
fn pairs(text: &str, depth: usize) -> Option<String> {
    // The whole was looked at already.
    if !text.contains('&') {
        return None;
    }
    let mut changed = false;
    let parts: Vec<String> = text
        .split('&')
        .map(|part| {
            let clean = once(part, depth);
            changed |= clean.is_some();
            clean.unwrap_or_else(|| part.to_owned())
        })
        .collect();
    changed.then(|| parts.join("&"))
}
