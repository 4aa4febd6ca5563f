//! Argentina's numbering plan: which national number the digits are, and what kind of number that is.
//!
//! ITU T0202000009 and ENACOM's list of areas, in the reading of libphonenumber. A national number has ten digits: an
//! area code of two to four, a subscriber of eight to six. A mobile has a 9 before them; within the country, a 15 between
//! area and subscriber says the same.

use super::digits::Digits;
use super::table::{AREAS, GEOGRAPHIC, SERVICES};
use super::written::Written;
use super::{Fault, PhoneKind};
use crate::types::ascii::value;

const COUNTRY: &[u8] = b"54";
/// The digits of a national number, and of one with the 9 of a mobile.
const FIXED: usize = 10;
const MOBILE: usize = 11;

/// A valid national number, with the 9 of a mobile.
#[derive(Clone, Copy)]
pub(super) struct National {
    pub(super) digits: Digits,
    pub(super) kind: PhoneKind,
}

/// The number that was written.
pub(super) fn national(written: &Written) -> Result<National, Fault> {
    let digits = significant(written)?;
    match kind(&digits) {
        Some(kind) => Ok(National { digits, kind }),
        None => Err(match digits.len() {
            0..6 | 9 => Fault::TooShort,
            6..=8 => Fault::NoArea,
            10 | 11 => Fault::Unassigned,
            _ => Fault::TooLong,
        }),
    }
}

/// What a number of these digits is, if there are such numbers.
pub(super) fn kind(digits: &[u8]) -> Option<PhoneKind> {
    match digits {
        [b'9', line @ ..] if digits.len() == MOBILE => is_geographic(line).then_some(PhoneKind::Mobile),
        _ if digits.len() == FIXED && is_geographic(digits) => Some(PhoneKind::FixedLine),
        [a, b, c, ..] => {
            let first = value(&[*a, *b, *c]);
            let service =
                SERVICES.iter().find(|(three, length, _)| (*three, *length) == (first, digits.len()));
            service.map(|(_, _, kind)| *kind)
        }
        _ => None,
    }
}

/// The digits of the number without what is dialled before them.
fn significant(written: &Written) -> Result<Digits, Fault> {
    let digits = &*written.digits;
    // Also behind a plus: no country's code begins with a 0, so the plus is one too many.
    let national = if let Some(number) = from_abroad(digits) {
        after_country(number)?
    } else if written.plus {
        after_country(digits)?
    } else {
        match digits.strip_prefix(COUNTRY) {
            // What is shorter would be too short without these two.
            Some(rest) if digits.len() > MOBILE => without_prefix(rest),
            _ => Digits::of(digits),
        }
    };
    let stripped = without_prefix(&national);
    let national = if stripped.len() < FIXED { national } else { stripped };
    if national.len() < 2 { Err(Fault::TooShort) } else { Ok(national) }
}

/// What follows the `00` of a call to another country.
fn from_abroad(digits: &[u8]) -> Option<&[u8]> {
    digits.strip_prefix(b"00").filter(|number| number.first() != Some(&b'0'))
}

/// What follows our country's code.
fn after_country(number: &[u8]) -> Result<Digits, Fault> {
    match number.strip_prefix(COUNTRY) {
        _ if number.len() <= 2 => Err(Fault::TooShort),
        Some(national) => Ok(Digits::of(national)),
        None if number[0] == b'0' => Err(Fault::NotANumber),
        None => Err(Fault::OtherCountry),
    }
}

/// Without the trunk prefix `0`, and with a 9 before the area code in the place of a 15 behind it.
fn without_prefix(digits: &[u8]) -> Digits {
    let local = digits.strip_prefix(b"0").unwrap_or(digits);
    match area_before_15(local) {
        // Complete without it, so this 15 is a part of the number.
        Some(_) if local.len() == FIXED && local.len() == digits.len() => Digits::of(digits),
        Some(area) => {
            let mut mobile = Digits::of(b"9");
            mobile.extend(&local[..area]);
            mobile.extend(&local[area + 2..]);
            mobile
        }
        None => Digits::of(local),
    }
}

/// How many digits the area code has that a 15 follows. No two can fit: a 15 isn't a 5, nor is a 5 a 1.
fn area_before_15(digits: &[u8]) -> Option<usize> {
    (2..=4).find(|&length| {
        digits.get(length..length + 2) == Some(b"15") && is_set(&AREA_BITS, value(&digits[..length]))
    })
}

/// Whether lines begin so; it takes five digits to know.
pub(super) fn is_geographic(prefix: &[u8]) -> bool {
    prefix.get(..5).is_some_and(|five| is_set(&GEOGRAPHIC_BITS, value(five)))
}

/// The areas begin with 1, 2 and 3.
static AREA_BITS: [u64; 63] = bits(AREAS);
static GEOGRAPHIC_BITS: [u64; 625] = bits(GEOGRAPHIC);

/// The numbers of the ranges as a set. A number that is beyond it does not compile.
const fn bits<const WORDS: usize>(ranges: &[(u32, u32)]) -> [u64; WORDS] {
    let mut words = [0; WORDS];
    let mut at = 0;
    while at < ranges.len() {
        let (mut number, last) = ranges[at];
        while number <= last {
            words[number as usize / 64] |= 1 << (number % 64);
            number += 1;
        }
        at += 1;
    }
    words
}

fn is_set(words: &[u64], number: u32) -> bool {
    words.get(number as usize / 64).is_some_and(|word| word >> (number % 64) & 1 == 1)
}
