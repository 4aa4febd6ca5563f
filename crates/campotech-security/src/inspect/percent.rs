//! Percent-encoding, read strictly once and leniently after that.

/// What is wrong with an escape.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PercentFault {
    /// `%` without two hexadecimal digits.
    Malformed,
    /// `%uXXXX`, which only some decoders know.
    PercentU,
}

/// Decodes every escape, or says what is wrong with the first bad one.
pub(super) fn decode(text: &[u8]) -> Result<Vec<u8>, PercentFault> {
    let mut decoded = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((byte, after)) = rest.split_first() {
        rest = after;
        if *byte != b'%' {
            decoded.push(*byte);
            continue;
        }
        match escape(after) {
            Some(byte) => decoded.push(byte),
            None if matches!(after.first(), Some(b'u' | b'U')) => return Err(PercentFault::PercentU),
            None => return Err(PercentFault::Malformed),
        }
        rest = &after[2..];
    }
    Ok(decoded)
}

/// Decodes what is an escape and leaves the rest.
pub(super) fn decode_leniently(text: &[u8]) -> Vec<u8> {
    percent_encoding::percent_decode(text).collect()
}

/// Whether there is an escape left.
pub(super) fn has_escape(text: &[u8]) -> bool {
    text.windows(3).any(|window| window[0] == b'%' && escape(&window[1..]).is_some())
}

/// The byte of two hexadecimal digits.
fn escape(digits: &[u8]) -> Option<u8> {
    let digit = |at: usize| digits.get(at).and_then(|byte| char::from(*byte).to_digit(16));
    u8::try_from(digit(0)? * 16 + digit(1)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_read_strictly() {
        assert_eq!(decode(b"a%41%2f%fF").unwrap(), b"aA/\xff");
        for bad in ["%", "%4", "a%4g", "%%41", "%+1", "% 1"] {
            assert_eq!(decode(bad.as_bytes()), Err(PercentFault::Malformed), "{bad}");
        }
        for bad in ["%u0041", "%U002f", "%u"] {
            assert_eq!(decode(bad.as_bytes()), Err(PercentFault::PercentU), "{bad}");
        }
        assert!(has_escape(b"x%41") && !has_escape(b"100%") && !has_escape(b"%4g"));
    }
}
