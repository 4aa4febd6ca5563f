//! Lower-case hex digits, eight at a time.

/// The digits of `bits`, the highest first.
///
/// Each of the eight bytes of a word is made one digit: the nibbles are spread, then moved to `0` to `9` or `a` to `f`.
pub(super) const fn hex(bits: u32) -> [u8; 8] {
    const ONES: u64 = 0x0101_0101_0101_0101;
    let mut word = bits as u64;
    word = (word << 16 | word) & 0x0000_ffff_0000_ffff;
    word = (word << 8 | word) & 0x00ff_00ff_00ff_00ff;
    word = (word << 4 | word) & 0x0f0f_0f0f_0f0f_0f0f;
    let letters = (word + ONES * 6) >> 4 & ONES;
    (word + ONES * b'0' as u64 + letters * (b'a' - b'0' - 10) as u64).to_be_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_those_of_the_standard_library() {
        for bits in [0, 1, 0x0123_4567, 0x89ab_cdef, 0x9a09_a909, u32::MAX] {
            assert_eq!(std::str::from_utf8(&hex(bits)).unwrap(), format!("{bits:08x}"));
        }
        for bits in (0..32).map(|shift| 0x9e37_79b9_u32.rotate_left(shift)) {
            assert_eq!(std::str::from_utf8(&hex(bits)).unwrap(), format!("{bits:08x}"));
        }
    }
}
