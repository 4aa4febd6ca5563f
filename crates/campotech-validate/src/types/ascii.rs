//! Identifiers of a few ASCII characters.

/// Exactly `N` digits and nothing else.
pub(super) fn digits<const N: usize>(text: &str) -> Option<[u8; N]> {
    let digits: [u8; N] = text.as_bytes().try_into().ok()?;
    digits.iter().all(u8::is_ascii_digit).then_some(digits)
}

/// The number that a few ASCII digits are.
pub(super) fn value(digits: &[u8]) -> u32 {
    digits.iter().fold(0, |value, digit| value * 10 + u32::from(digit - b'0'))
}

/// Bytes that are ASCII as text.
pub(super) fn text(ascii: &[u8]) -> &str {
    std::str::from_utf8(ascii).unwrap_or_default()
}

/// `N` letters and digits in upper case, written together or with single spaces or hyphens between them; what is free
/// behind a shorter text is zero.
pub(super) fn upper<const N: usize>(text: &str) -> Option<([u8; N], usize)> {
    let (mut ascii, mut len, mut joined) = ([0; N], 0, false);
    for byte in text.bytes() {
        if matches!(byte, b' ' | b'-') && joined {
            joined = false;
            continue;
        }
        *ascii.get_mut(len).filter(|_| byte.is_ascii_alphanumeric())? = byte.to_ascii_uppercase();
        (len, joined) = (len + 1, true);
    }
    joined.then_some((ascii, len))
}

/// Whether letters stand where the shape has `A`, and digits where it has `0`.
pub(super) fn has_shape(ascii: &[u8], shape: &[u8]) -> bool {
    ascii.len() == shape.len()
        && ascii.iter().zip(shape).all(|(byte, shape)| match shape {
            b'0' => byte.is_ascii_digit(),
            _ => byte.is_ascii_uppercase(),
        })
}
