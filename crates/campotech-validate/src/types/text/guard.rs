//! Which characters are no text: controls, writing direction, invisible ones, noncharacters, heaps of marks.
//!
//! CVE-2021-42574 (Trojan Source) for the direction, Unicode 16 chapter 23 for the rest.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use crate::report::{Code, Violation, codes};

/// How many marks a letter may carry; written languages need far fewer.
const MARKS: usize = 8;

/// The text in its normal form: NFC, without space around it.
pub(super) fn normal(text: &str, max: usize, multiline: bool) -> Result<String, Violation> {
    let too_long = || Violation::new(&codes::LENGTH_MAX).with("max", max);
    // NFC shortens a text to a third at most, so what is longer than this needn't be looked at.
    if text.len() > max.saturating_mul(12).saturating_add(64) {
        return Err(too_long());
    }
    let text = text.trim_matches(|c: char| c.is_whitespace());
    check(text, multiline)?;
    let normal: String = text.nfc().collect();
    if normal.chars().count() > max { Err(too_long()) } else { Ok(normal) }
}

pub(crate) fn check(text: &str, multiline: bool) -> Result<(), Violation> {
    let (mut before, mut marks) = (None, 0);
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
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
