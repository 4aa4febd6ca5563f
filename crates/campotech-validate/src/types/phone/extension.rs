//! Extensions at the end of a number: `int. 12`, `ext 12`, `;ext=12`, `,,12`, `-12#`.

use super::written::is_digit;

/// The most digits behind a label that means nothing else, one that does as a rule, a sign that may mean much, and none.
const EXPLICIT: usize = 20;
const LIKELY: usize = 15;
const AMBIGUOUS: usize = 9;
const UNSURE: usize = 6;

/// Where an extension begins that goes on to the end: the longest first.
pub(super) fn starts(text: &str) -> impl Iterator<Item = usize> {
    let digits = text.trim_end_matches('#').ends_with(is_digit);
    let looked_at = if digits { text } else { "" };
    looked_at.char_indices().map(|(at, _)| at).filter(|&at| is_extension(&text[at..]))
}

fn is_extension(text: &str) -> bool {
    let labelled = text.trim_start_matches([' ', '\u{a0}', '\t', ',']);
    let dialled = text.trim_start_matches([' ', '\u{a0}', '\t']);
    let american = text.trim_start_matches(['-', ' ']);
    let commas = dialled.trim_start_matches(',');
    strip(text, ";ext=").is_some_and(|rest| digits(rest, EXPLICIT) == Some(""))
        || explicit(labelled).is_some_and(|rest| ends(behind(rest), EXPLICIT))
        || ambiguous(labelled).is_some_and(|rest| ends(behind(rest), AMBIGUOUS))
        || american.len() < text.len() && digits(american, UNSURE) == Some("#")
        || dialled
            .strip_prefix(";")
            .or(dialled.strip_prefix(",,"))
            .is_some_and(|rest| ends(behind(rest), LIKELY))
        || commas.len() < dialled.len() && ends(behind(commas), AMBIGUOUS)
}

/// `ext`, `extension`, `extensión`, `extn`, without the `e` too; `доб`; `anexo`.
fn explicit(text: &str) -> Option<&str> {
    if let Some(rest) = strip(text, "anexo").or_else(|| strip(text, "доб")) {
        return Some(rest);
    }
    if let Some(rest) = strip(optional(text, "ｅ"), "ｘｔ") {
        return Some(optional(rest, "ｎ"));
    }
    let rest = strip(optional(text, "e"), "xt")?;
    let long = strip(rest, "ensi")
        .and_then(|rest| strip(rest, "ó").or_else(|| strip(rest, "o").map(|rest| optional(rest, "\u{301}"))));
    Some(optional(long.unwrap_or(rest), "n"))
}

fn ambiguous(text: &str) -> Option<&str> {
    ["x", "ｘ", "#", "＃", "~", "～", "int", "ｉｎｔ"].iter().find_map(|label| strip(text, label))
}

/// What is left behind a sign and space.
fn behind(text: &str) -> &str {
    let text = text.strip_prefix([':', '.', '\u{ff0e}']).unwrap_or(text);
    text.trim_start_matches([' ', '\u{a0}', '\t', ',', '-'])
}

/// Digits, perhaps a `#`, and the end.
fn ends(text: &str, most: usize) -> bool {
    matches!(digits(text, most), Some("" | "#"))
}

/// What follows one to `most` digits.
fn digits(text: &str, most: usize) -> Option<&str> {
    let rest = text.trim_start_matches(is_digit);
    let count = text[..text.len() - rest.len()].chars().count();
    (1..=most).contains(&count).then_some(rest)
}

fn optional<'t>(text: &'t str, label: &str) -> &'t str {
    strip(text, label).unwrap_or(text)
}

/// What follows the label, in either case.
fn strip<'t>(text: &'t str, label: &str) -> Option<&'t str> {
    let mut chars = text.chars();
    let same = label.chars().all(|expected| chars.next().is_some_and(|c| c.to_lowercase().eq([expected])));
    same.then_some(chars.as_str())
}
