//! Words in bytes, whatever the case of their letters.

/// Whether `text` begins with `word`.
pub(super) fn starts(text: &[u8], word: &[u8]) -> bool {
    text.get(..word.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(word))
}

/// Whether `word`, which begins with a lower-case letter or a mark, is anywhere in `text`.
pub(super) fn has(text: &[u8], word: &[u8]) -> bool {
    let Some((first, rest)) = word.split_first() else { return true };
    let mut at = 0;
    while let Some(found) =
        text.get(at..).and_then(|text| text.iter().position(|b| b.to_ascii_lowercase() == *first))
    {
        at += found + 1;
        if starts(&text[at..], rest) {
            return true;
        }
    }
    false
}

/// Whether any of `words` begins where a word or a mark of `text` does.
pub(super) fn has_word(text: &[u8], words: &[&[u8]]) -> bool {
    let mut before = b' ';
    text.iter().enumerate().any(|(at, byte)| {
        let begins = !before.is_ascii_alphanumeric();
        before = *byte;
        let first = byte.to_ascii_lowercase();
        begins && words.iter().any(|word| word.first() == Some(&first) && starts(&text[at..], word))
    })
}
