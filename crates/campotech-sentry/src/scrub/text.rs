//! What a text gives away, found by its form.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::Regex;

use super::encoded::scrub_encoded;
use super::forms::scrub_forms;
use super::meter;
use super::numbers::scrub_numbers;

/// What stands where something was taken out.
pub const FILTERED: &str = "[Filtered]";

/// Longer texts are cut here: nobody reads on, and what a stranger sent must not cost more.
pub(super) const LONGEST: usize = 64 * 1024;

/// What is left out before the cut, where half a secret could stand and not look like one.
const EDGE: usize = 512;

/// A text changes at most so often; one that goes on is filtered whole.
const ROUNDS: usize = 6;

/// What looks like a token and is none: ids of requests, of traces next to their name, and where the compiler's own
/// sources lie.
static ID: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"\b[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}\b|\btrace(?:_?id|parent)?\W{1,4}(?:00-)?[0-9a-f]{32}\b(?:-[0-9a-f]{16}-[0-9a-f]{2}\b)?|/rustc/[0-9a-f]{40}/",
    )
});

static UUID: LazyLock<Regex> = LazyLock::new(|| {
    regex(r"\b[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}\b")
});

/// The text with addresses, phones, CUITs, DNIs, CBUs, cards, credentials and tokens replaced by [`FILTERED`]; borrowed
/// where there were none. UUIDs, versions and times stay. What is percent-encoded, form-encoded or JSON is looked into.
/// A text of more than 64 KiB is cut.
#[must_use]
pub fn scrub_text(text: &str) -> Cow<'_, str> {
    scrub_up_to(text, LONGEST)
}

/// [`scrub_text`] with a limit of its own for what is kept.
pub(super) fn scrub_up_to(text: &str, longest: usize) -> Cow<'_, str> {
    if text.len() <= longest {
        return settle(text);
    }
    let clean = settle(&text[..text.floor_char_boundary(longest)]).into_owned();
    // Measured from the end of what was looked at: the beginning may have become shorter.
    let end = clean.floor_char_boundary(clean.len().saturating_sub(EDGE));
    Cow::Owned(settle(&format!("{}[cut]", &clean[..end])).into_owned())
}

/// Whether the whole text is one UUID.
pub(super) fn is_uuid(text: &str) -> bool {
    UUID.find(text).is_some_and(|found| found.len() == text.len())
}

/// Until nothing more changes, so that scrubbing twice is scrubbing once.
fn settle(text: &str) -> Cow<'_, str> {
    let Some(_within) = meter::enter(text) else { return Cow::Borrowed(FILTERED) };
    let mut clean = Cow::Borrowed(text);
    for _ in 0..ROUNDS {
        match once(&clean, 0) {
            Some(changed) => clean = Cow::Owned(changed),
            None => return clean,
        }
    }
    Cow::Borrowed(FILTERED)
}

/// One round; `depth` is how often the text was decoded.
pub(super) fn once(text: &str, depth: usize) -> Option<String> {
    if !meter::pay(text) {
        return Some(FILTERED.to_owned());
    }
    let plain = around_ids(text);
    let encoded = scrub_encoded(plain.as_deref().unwrap_or(text), depth);
    encoded.or(plain)
}

/// Ids would look like tokens and phones; what stands between them is looked at piece by piece.
fn around_ids(text: &str) -> Option<String> {
    let (mut clean, mut from, mut changed) = (String::new(), 0, false);
    let mut piece = |clean: &mut String, part: &str| match scrub_piece(part) {
        Cow::Owned(part) => {
            changed = true;
            clean.push_str(&part);
        }
        Cow::Borrowed(part) => clean.push_str(part),
    };
    for id in ID.find_iter(text) {
        // The name part of an address is no id.
        if text[id.end()..].starts_with(['@', '%']) {
            continue;
        }
        piece(&mut clean, &text[from..id.start()]);
        clean.push_str(id.as_str());
        from = id.end();
    }
    piece(&mut clean, &text[from..]);
    changed.then_some(clean)
}

fn scrub_piece(text: &str) -> Cow<'_, str> {
    match scrub_forms(text) {
        Cow::Borrowed(text) => scrub_numbers(text),
        Cow::Owned(text) => Cow::Owned(scrub_numbers(&text).into_owned()),
    }
}

pub(super) fn regex(pattern: &str) -> Regex {
    // The patterns are constants and a test builds them all; one that could not be built must filter everything.
    Regex::new(pattern).unwrap_or_else(|_| Regex::new("(?s).+").unwrap_or_else(|_| unreachable!()))
}

#[cfg(test)]
mod tests;
