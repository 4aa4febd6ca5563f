//! Telephone numbers as they are written: internationally, and in Argentina.

use super::checks::digits;
use super::numbers::Part;

/// Area codes of three digits (ENACOM, national numbering plan); those of four begin like `2[2-9]` or `3[3-9]`.
const AREAS: [u16; 37] = [
    220, 221, 223, 230, 236, 237, 249, 260, 261, 263, 264, 266, 280, 291, 294, 297, 298, 299, 336, 341, 342,
    343, 345, 348, 351, 353, 358, 362, 364, 370, 376, 379, 380, 381, 383, 385, 387,
];

/// A number whose spelling alone says that it is a phone's.
pub(super) fn is_spelled(parts: &[Part<'_>]) -> bool {
    let number: Vec<u8> = parts.iter().flat_map(|part| digits(part.digits)).collect();
    if parts[0].between.starts_with('+') {
        return (8..=15).contains(&number.len());
    }
    // Lines end where numbers do.
    if parts.len() < 2 || parts.iter().any(|part| part.between.contains(['\n', '\r', '/'])) {
        return false;
    }
    let lengths: Vec<usize> = parts.iter().map(|part| part.digits.len()).collect();
    let mut rest = parts;
    let international = matches!(rest[0].digits, "54" | "0054");
    if international {
        rest = &rest[1..];
    }
    if international && rest.len() > 1 && rest[0].digits == "9" {
        rest = &rest[1..];
    }
    let Some((area, local)) = rest.split_first() else { return false };
    let mobile = local.first().is_some_and(|part| part.digits == "15");
    let local = if mobile { &local[1..] } else { local };
    let national = area.digits.strip_prefix('0').unwrap_or(area.digits);
    let local_lengths: Vec<usize> = local.iter().map(|part| part.digits.len()).collect();
    let shape = matches!(local_lengths[..], [2..=4, 4] | [6..=8] | [2, 2, 2..=4] | [3, 2, 2]);
    let bracketed = area.between.contains('(');
    let total = national.len() + local_lengths.iter().sum::<usize>();
    // A mobile without its area: "15 2345-6789".
    if area.digits == "15" && lengths == [2, 4, 4] {
        return true;
    }
    shape && total == 10 && (is_area(national) || (bracketed && (2..=4).contains(&national.len())))
}

/// A number without anything between its digits, which other things have, too.
pub(super) fn is_bare(number: &[u8]) -> bool {
    match number {
        [0, 0, 5, 4, rest @ ..] | [5, 4, rest @ ..] if is_national(rest) => true,
        [0, rest @ ..] => is_national(rest),
        [1, 1, ..] | [2 | 3, ..] if number.len() == 10 => is_listed(number),
        [1, 1, 1, 5, ..] => number.len() == 12,
        _ => false,
    }
}

/// Ten digits, with the 9 or the 15 of mobiles in its place.
fn is_national(number: &[u8]) -> bool {
    match number {
        [9, rest @ ..] if rest.len() == 10 => matches!(rest, [1, 1, ..] | [2 | 3, ..]),
        [1, 1, 1, 5, ..] => number.len() == 12,
        [1, 1, ..] => number.len() == 10,
        [2 | 3, ..] if number.len() == 12 => number[2..6].windows(2).any(|pair| pair == [1, 5]),
        [2 | 3, ..] => number.len() == 10,
        _ => false,
    }
}

fn is_listed(number: &[u8]) -> bool {
    let three = number[..3].iter().fold(0, |sum, &d| sum * 10 + u16::from(d));
    number.starts_with(&[1, 1]) || AREAS.contains(&three) || three == 388
}

fn is_area(code: &str) -> bool {
    match code.len() {
        2 => code == "11",
        3 => code.parse().is_ok_and(|code: u16| AREAS.contains(&code) || code == 388),
        4 => matches!(code.as_bytes(), [b'2', b'2'..=b'9', ..] | [b'3', b'3'..=b'9', ..]),
        _ => false,
    }
}
