//! Numbers that are a person's: phones, CUIT, DNI, CBU and cards in their usual spellings.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use super::checks::{digits, is_card, is_cbu, is_cuit};
use super::phones;
use super::text::{FILTERED, regex};

/// A number has no more parts than this, and no more digits than a CBU.
const PARTS: usize = 8;
const DIGITS: usize = 22;

/// Digits with what people write between them.
static RUN: LazyLock<Regex> =
    LazyLock::new(|| regex(r"\+?\(?[0-9](?:[\s\u{a0}\u{2010}-\u{2015}./()-]{0,3}[0-9])*"));
static PART: LazyLock<Regex> = LazyLock::new(|| regex("[0-9]+"));

/// What stands before a number that is a person's whatever it looks like.
static NAMED: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"(?i)(?:\b|_)(?:d\.?n\.?i|documento|doc|c[eé]dula|pasaporte|passport|tel[eé]fono|tel|celular|cel|m[oó]vil|phone|mobile|whatsapp|wsp|cuit|cuil|cbu|cvu|tarjeta|card|cvv)(?:\b|_)(?:[^\p{L}\p{N}]|n[°ºo]|\bn\b|\bnro\b|\bn[uú]mero\b|\bnumber\b|\b(?:es|is|de|del|the|la|el|my|mi|su|identidad|titular|cliente|customer)\b)*$",
    )
});
/// The same behind it.
static NAMED_AFTER: LazyLock<Regex> =
    LazyLock::new(|| regex(r"(?i)^[\s(\[,:-]{0,3}(?:d\.?n\.?i\b|cuit\b|cuil\b)"));

/// What stands before a number that is nobody's, though it may look like a phone.
static COUNTED: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"(?i)(?:\b|_)(?:order|orden|pedido|ticket|job|trabajo|factura|invoice|id|ref|build|version|port|puerto|line|pid|size|bytes|offset|took|after|total|count|sum|seq|sequence|at|timestamp|epoch|ts)(?:\b|_)[^\p{L}\p{N}]*$",
    )
});

/// How far a number's name may be from it, in bytes.
const NEAR: usize = 40;

/// A part of a run: its digits, and what stands before it.
pub(super) struct Part<'a> {
    pub(super) digits: &'a str,
    pub(super) between: &'a str,
}

/// The text without numbers that are a person's.
pub(super) fn scrub_numbers(text: &str) -> Cow<'_, str> {
    let mut taken: Vec<Range<usize>> = Vec::new();
    for run in RUN.find_iter(text) {
        in_run(text, run.range(), &mut taken);
    }
    if taken.is_empty() {
        return Cow::Borrowed(text);
    }
    let (mut clean, mut from) = (String::with_capacity(text.len()), 0);
    for range in taken {
        clean.push_str(&text[from..range.start]);
        clean.push_str(FILTERED);
        from = range.end;
    }
    clean.push_str(&text[from..]);
    Cow::Owned(clean)
}

/// Looks for numbers that begin at each part of the run, the longest first.
fn in_run(text: &str, run: Range<usize>, taken: &mut Vec<Range<usize>>) {
    let parts: Vec<Range<usize>> = PART
        .find_iter(&text[run.clone()])
        .map(|part| run.start + part.start()..run.start + part.end())
        .collect();
    let mut first = 0;
    while first < parts.len() {
        let floor = if first == 0 { run.start } else { parts[first - 1].end };
        let start = opening(text, floor, parts[first].start);
        let most = (first + PARTS).min(parts.len());
        let found = (first + 1..=most).rev().find(|&end| {
            is_personal(text, start, &parts[first..end]) && !in_word(text, start, parts[end - 1].end)
        });
        match found {
            Some(end) => {
                taken.push(start..parts[end - 1].end);
                first = end;
            }
            None => first += 1,
        }
    }
}

/// A plus and a bracket belong to the number they open.
fn opening(text: &str, floor: usize, part: usize) -> usize {
    let before = &text[floor..part];
    let kept = before.trim_end_matches(['+', '(']).len();
    floor + kept
}

fn is_personal(text: &str, start: usize, parts: &[Range<usize>]) -> bool {
    let end = parts[parts.len() - 1].end;
    let mut length = 0;
    for part in parts {
        length += part.len();
    }
    if !(6..=DIGITS).contains(&length) {
        return false;
    }
    let number = digits(&text[start..end]);
    if is_cbu(&number) || is_card(&number) || is_cuit(&number) {
        return true;
    }
    let before = &text[text.ceil_char_boundary(start.saturating_sub(NEAR))..start];
    let after = &text[end..text.floor_char_boundary((end + 16).min(text.len()))];
    let spelled: Vec<Part<'_>> = (0..parts.len())
        .map(|i| Part {
            digits: &text[parts[i].clone()],
            between: &text[if i == 0 { start } else { parts[i - 1].end }..parts[i].start],
        })
        .collect();
    if phones::is_spelled(&spelled) {
        return true;
    }
    // A number that goes on behind a point or a comma is an amount, a version or an address.
    let goes_on = |near: Option<char>, next: Option<char>| {
        matches!(near, Some('.' | ',' | ':')) && next.is_some_and(|c| c.is_ascii_digit())
    };
    let mut behind = after.chars();
    let mut ahead = before.chars().rev();
    if goes_on(behind.next(), behind.next()) || goes_on(ahead.next(), ahead.next()) {
        return false;
    }
    let one_piece = spelled.iter().skip(1).all(|part| part.between.trim_matches(['.', '-', ' ']).is_empty());
    (one_piece && length <= 13 && (NAMED.is_match(before) || NAMED_AFTER.is_match(after)))
        || (parts.len() == 1 && phones::is_bare(&number) && !COUNTED.is_match(before))
}

/// Digits within a word are a part of it, such as of a hash.
fn in_word(text: &str, start: usize, end: usize) -> bool {
    let letter = |c: char| c.is_alphanumeric();
    text[..start].chars().next_back().is_some_and(letter) || text[end..].chars().next().is_some_and(letter)
}
