//! `name=value` pairs of queries and forms (URL Standard, section 5.1), decoded strictly.

use std::borrow::Cow;

use super::percent::{self, PercentFault};

/// The pairs as they are written: name, value.
pub(super) fn pairs(text: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    text.split(|b| *b == b'&').filter(|pair| !pair.is_empty()).map(|pair| {
        let at = pair.iter().position(|b| *b == b'=');
        at.map_or((pair, &[][..]), |at| (&pair[..at], &pair[at + 1..]))
    })
}

/// A name or a value with `+` and its escapes undone.
pub(super) fn decoded(raw: &[u8]) -> Result<Cow<'_, [u8]>, PercentFault> {
    if !raw.iter().any(|b| matches!(b, b'%' | b'+')) {
        return Ok(Cow::Borrowed(raw));
    }
    let spaced: Vec<u8> = raw.iter().map(|b| if *b == b'+' { b' ' } else { *b }).collect();
    percent::decode(&spaced).map(Cow::Owned)
}

/// Whether a name is there twice.
pub(super) fn has_duplicates<'a>(names: impl Iterator<Item = Cow<'a, [u8]>>) -> bool {
    let mut names: Vec<_> = names.collect();
    // Sorted, not hashed: nobody can aim names at one bucket.
    names.sort_unstable();
    names.windows(2).any(|pair| pair[0] == pair[1])
}
