//! Numbers without anything else.

/// The longest that is written: `+54 (9) 2966 - 42 - 34 - 56` and the like.
const LONGEST: usize = 32;

/// Whether a text is a number: an optional `+`, digits, and single signs between them.
pub(super) fn is_number(text: &str) -> bool {
    let text = text.trim_matches(' ');
    let digits = text.strip_prefix('+').unwrap_or(text);
    text.len() <= LONGEST && digits.ends_with(|c: char| c.is_ascii_digit()) && is_grouped(digits.as_bytes())
}

fn is_grouped(digits: &[u8]) -> bool {
    let (mut open, mut pairs) = (false, 0);
    for byte in digits {
        match byte {
            b'0'..=b'9' | b' ' | b'-' | b'.' | b'/' => {}
            b'(' if !open && pairs == 0 => (open, pairs) = (true, 1),
            b')' if open => open = false,
            _ => return false,
        }
    }
    !open
}
