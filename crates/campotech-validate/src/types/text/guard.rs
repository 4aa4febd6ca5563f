//! Which characters are no text: controls, writing direction, invisible ones, noncharacters, heaps of marks.
//!
//! CVE-2021-42574 (Trojan Source) for the direction, Unicode 16 chapter 23 for the rest.

use std::borrow::Cow;

use unicode_normalization::char::is_combining_mark;
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

use crate::report::{Code, Violation, codes};

/// How many marks a letter may carry; written languages need far fewer.
const MARKS: usize = 8;

/// The text in its normal form: NFC, without space around it, `\n` for every line break of several.
pub(super) fn normal(text: Cow<'_, str>, max: usize, multiline: bool) -> Result<String, Violation> {
    let too_long = || Violation::new(&codes::LENGTH_MAX).with("max", max);
    // NFC shortens a text to a third at most, so what is longer than this needn't be looked at.
    let bounded = |text: &str| text.len() <= max.saturating_mul(12).saturating_add(64);
    let fits = |text: &str| text.len() <= max || text.chars().count() <= max;
    if bounded(&text) && is_latin(&text, multiline) {
        let trimmed = trimmed(&text);
        return match fits(trimmed) {
            true if trimmed.len() == text.len() => Ok(text.into_owned()),
            true => Ok(trimmed.to_owned()),
            false => Err(too_long()),
        };
    }
    let text = if multiline { unix(text) } else { text };
    if !bounded(&text) {
        return Err(too_long());
    }
    let text = trimmed(&text);
    check(text, multiline)?;
    let normal = nfc(text).into_owned();
    if fits(&normal) { Ok(normal) } else { Err(too_long()) }
}

/// The text with `\n` for every line break of several.
pub(super) fn unix(text: Cow<'_, str>) -> Cow<'_, str> {
    if text.contains('\r') { Cow::Owned(text.replace("\r\n", "\n").replace('\r', "\n")) } else { text }
}

/// The text in NFC.
pub(super) fn nfc(text: &str) -> Cow<'_, str> {
    match is_nfc_quick(text.chars()) {
        IsNormalized::Yes => text.into(),
        _ => text.nfc().collect::<String>().into(),
    }
}

fn trimmed(text: &str) -> &str {
    text.trim_matches(|c: char| c.is_whitespace())
}

/// Whether all is text.
pub(crate) fn check(text: &str, multiline: bool) -> Result<(), Violation> {
    if is_latin(text, multiline) { Ok(()) } else { check_chars(text, multiline) }
}

/// Whether a text has characters below U+0300 only, and no controls: no more is to be looked at then, since the first mark
/// and the first character that NFC changes stand there. Without a branch, so that many bytes are looked at together.
fn is_latin(text: &str, multiline: bool) -> bool {
    let bytes = text.as_bytes();
    // A control, or what U+0300 and later begin with.
    let line = |byte: u8| (byte < b' ') | (byte == 0x7f) | (byte >= 0xcc);
    let lines = |byte: u8| line(byte) & (byte != b'\n') & (byte != b'\t');
    if if multiline { any(bytes, lines) } else { any(bytes, line) } {
        return false;
    }
    // U+0080 to U+009F.
    let pairs = || bytes.iter().zip(bytes.get(1..).unwrap_or_default());
    !any(bytes, |byte| byte == 0xc2)
        || !pairs().fold(false, |any, (first, second)| any | ((*first == 0xc2) & (*second < 0xa0)))
}

fn any(bytes: &[u8], is_it: impl Fn(u8) -> bool) -> bool {
    bytes.iter().fold(false, |any, byte| any | is_it(*byte))
}

fn check_chars(text: &str, multiline: bool) -> Result<(), Violation> {
    let (mut before, mut marks) = (None, 0);
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        if matches!(c, ' '..='~' | '\u{a0}'..='\u{2ff}') {
            (before, marks) = (Some(c), 0);
            continue;
        }
        // Emoji and several scripts are joined by these two; between letters of ours they only hide.
        let joins = matches!(c, '\u{200c}' | '\u{200d}');
        let joined = |neighbour: Option<char>| neighbour.is_some_and(|n| n > '\u{2ff}');
        if !(joins && joined(before) && joined(chars.peek().copied()))
            && let Some(code) = forbidden(c, multiline)
        {
            return Err(Violation::new(code));
        }
        marks = if is_combining_mark(c) { marks + 1 } else { 0 };
        if marks > MARKS {
            return Err(Violation::new(&codes::TEXT_MARKS).with("max", MARKS));
        }
        before = Some(c);
    }
    Ok(())
}

/// Why a character is no text, if it isn't.
pub(in crate::types) fn forbidden(c: char, multiline: bool) -> Option<&'static Code> {
    Some(match c {
        '\n' | '\t' if multiline => return None,
        '\n' | '\r' | '\u{2028}' | '\u{2029}' => &codes::TEXT_LINE,
        c if c.is_control() => &codes::TEXT_CONTROL,
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
            &codes::TEXT_BIDI
        }
        '\u{180e}'
        | '\u{200b}'..='\u{200d}'
        | '\u{2060}'..='\u{2065}'
        | '\u{206a}'..='\u{206f}'
        | '\u{feff}'
        | '\u{fff9}'..='\u{fffb}'
        | '\u{e0000}'..='\u{e007f}' => &codes::TEXT_INVISIBLE,
        '\u{fdd0}'..='\u{fdef}' => &codes::TEXT_NONCHARACTER,
        c if (c as u32) & 0xfffe == 0xfffe => &codes::TEXT_NONCHARACTER,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn latin_text_is_what_each_of_its_characters_says(
            text in "([ -\u{2ff}]{0,24}|[\0-\u{310}]{0,4}|.{0,24})",
            multiline: bool,
        ) {
            let low = text.chars().all(|c| c < '\u{300}');
            let fine = low && check_chars(&text, multiline).is_ok();
            prop_assert_eq!(is_latin(&text, multiline), fine);
            prop_assert!(!fine || text.nfc().eq(text.chars()));
        }
    }
}
