//! Tax identifiers of Argentina.

use std::fmt;

use crate::input::ParseText;
use crate::report::{Violation, codes};
use crate::schema::{Definitions, Schema};

/// The weights of the ten digits before the last one.
const WEIGHTS: [u32; 10] = [5, 4, 3, 2, 7, 6, 5, 4, 3, 2];

/// A CUIT or CUIL: eleven digits, written with or without hyphens (`20-05536168-2`).
///
/// The first two are 20, 23, 24, 27 (persons; they say nothing about gender, RG conjunta AFIP-ANSES 5007/2021), 30, 33,
/// 34 (companies), 50, 51, 55 (foreign); the last is a check digit modulo 11, and a number whose check digit would be
/// ten does not exist: the issuer gives another prefix instead, so `30-71545076-9`, which some libraries take, is refused.
/// Normal form: the digits alone.
///
/// ```
/// use campotech_validate::Cuit;
///
/// let cuit: Cuit = "20-05536168-2".parse()?;
/// assert_eq!((cuit.as_str(), cuit.hyphenated().as_str()), ("20055361682", "20-05536168-2"));
/// assert_eq!("30-71545076-9".parse::<Cuit>().unwrap_err().code().name, "cuit.check");
/// # Ok::<(), campotech_validate::Violation>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Cuit([u8; 11]);

impl Cuit {
    /// The digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// As it is printed: `20-05536168-2`.
    #[must_use]
    pub fn hyphenated(&self) -> String {
        let digits = self.as_str();
        format!("{}-{}-{}", &digits[..2], &digits[2..10], &digits[10..])
    }
}

impl ParseText for Cuit {
    fn parse_text(text: &str) -> Result<Self, Violation> {
        let format = || Violation::new(&codes::CUIT_FORMAT);
        let bytes = text.as_bytes();
        let digits: [u8; 11] = match bytes {
            [a, b, b'-', middle @ .., b'-', last] if middle.len() == 8 => {
                let mut digits = [*a, *b, 0, 0, 0, 0, 0, 0, 0, 0, *last];
                digits[2..10].copy_from_slice(middle);
                digits
            }
            _ => bytes.try_into().map_err(|_| format())?,
        };
        if !digits.iter().all(u8::is_ascii_digit) {
            return Err(format());
        }
        if !matches!(
            &digits[..2],
            b"20" | b"23" | b"24" | b"27" | b"30" | b"33" | b"34" | b"50" | b"51" | b"55"
        ) {
            return Err(Violation::new(&codes::CUIT_PREFIX));
        }
        let value = |digit: u8| u32::from(digit - b'0');
        let sum: u32 = WEIGHTS.iter().zip(digits).map(|(weight, digit)| weight * value(digit)).sum();
        // 11 - (sum mod 11), where 11 counts as 0 and 10 as nothing at all.
        if (11 - sum % 11) % 11 == value(digits[10]) {
            Ok(Self(digits))
        } else {
            Err(Violation::new(&codes::CUIT_CHECK))
        }
    }

    fn text_schema(_: &mut Definitions) -> Schema {
        let form = "^(20|23|24|27|30|33|34|50|51|55)([0-9]{9}|-[0-9]{8}-[0-9])$";
        Schema::string().with("pattern", form).with("examples", vec!["20-05536168-2"])
    }
}

impl fmt::Display for Cuit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Masked, so that it may stand in a log: `Cuit(***2)`.
impl fmt::Debug for Cuit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Cuit(***{})", &self.as_str()[10..])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vectors() {
        for text in ["20-05536168-2", "20055361682", "33-69345023-9"] {
            assert!(text.parse::<Cuit>().is_ok(), "{text}");
        }
        let cuit: Cuit = "20-05536168-2".parse().unwrap();
        assert_eq!((cuit.as_str(), &*cuit.hyphenated()), ("20055361682", "20-05536168-2"));
        assert_eq!(format!("{cuit:?}"), "Cuit(***2)");
        for (text, expected) in [
            ("20-26756539-2", "cuit.check"),
            // Its check digit would be ten.
            ("30-71545076-9", "cuit.check"),
            ("21055361682", "cuit.prefix"),
            ("2005536168", "cuit.format"),
            ("20-055361682", "cuit.format"),
            ("20-0553616-82", "cuit.format"),
            ("20 05536168 2", "cuit.format"),
            ("٢٠٠٥٥٣٦١٦٨٢", "cuit.format"),
            ("", "cuit.format"),
        ] {
            assert_eq!(text.parse::<Cuit>().unwrap_err().code().name, expected, "{text}");
        }
    }

    #[test]
    fn one_wrong_digit_is_always_found() {
        use proptest::prelude::*;
        proptest!(|(body in 0_u32..100_000_000, at in 2_usize..10, other in 0_u8..10)| {
            for check in 0..10 {
                let text = format!("20{body:08}{check}");
                if text.parse::<Cuit>().is_ok() {
                    let mut wrong = text.clone().into_bytes();
                    wrong[at] = b'0' + other;
                    let wrong = String::from_utf8(wrong).unwrap();
                    prop_assert_eq!(wrong.parse::<Cuit>().is_ok(), wrong == text);
                }
            }
        });
    }
}
