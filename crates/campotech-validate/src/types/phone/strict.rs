//! Numbers without anything else.

/// The longest that is written: `+54 (9) 2966 - 42 - 34 - 56` and the like.
const LONGEST: usize = 32;

/// Whether a text is a number: an optional `+`, digits, single signs between them, and one pair of parentheses around some.
pub(super) fn is_number(text: &str) -> bool {
    let text = text.trim_matches(' ');
    let digits = text.strip_prefix('+').unwrap_or(text);
    text.len() <= LONGEST && digits.ends_with(|c: char| c.is_ascii_digit()) && is_grouped(digits.as_bytes())
}

fn is_grouped(digits: &[u8]) -> bool {
    // Whether the last that isn't a space is a digit or the end of a pair.
    let (mut joined, mut open, mut pairs) = (false, false, 0);
    for byte in digits {
        match byte {
            b' ' => {}
            b'0'..=b'9' => joined = true,
            b'-' | b'.' | b'/' if joined => joined = false,
            b'(' if pairs == 0 => (joined, open, pairs) = (false, true, 1),
            b')' if open && joined => open = false,
            _ => return false,
        }
    }
    !open
}
