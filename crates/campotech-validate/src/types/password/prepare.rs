//! The one spelling of a password that is hashed.

use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

/// `OpaqueString` of RFC 8265, section 4.2.2: other spaces become U+0020, then NFC. Nothing is trimmed or folded.
///
/// This decides which passwords are the same, so it never changes.
pub(super) fn prepare(text: &str) -> Zeroizing<String> {
    let spaced = text.chars().map(|c| if c != ' ' && is_space_separator(c) { ' ' } else { c });
    // Room for all of it, so that no half-filled buffer is left behind by growing.
    let mut prepared = Zeroizing::new(String::with_capacity(text.len() * 4));
    spaced.nfc().for_each(|c| prepared.push(c));
    prepared
}

/// The category Zs of Unicode.
const fn is_space_separator(c: char) -> bool {
    matches!(c, ' ' | '\u{a0}' | '\u{1680}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}')
}
