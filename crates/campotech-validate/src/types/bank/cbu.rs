//! Bank accounts.

use std::fmt;

use crate::input::ParseText;
use crate::report::{Violation, codes};
use crate::schema::{Definitions, Schema};
use crate::types::ascii;

/// The weights of the digits before a check digit, from the right on.
const WEIGHTS: [u32; 4] = [3, 1, 7, 9];

/// A CBU: twenty-two digits, perhaps with single spaces or hyphens between them.
///
/// Three digits of the bank, four of the branch and a check digit; thirteen of the account and another (BCRA, texto
/// ordenado "Sistema Nacional de Pagos", clave bancaria uniforme). Transfers go to a CVU in the same way, so one is taken
/// here, too: [`is_cvu`](Self::is_cvu). Normal form: the digits alone.
///
/// ```
/// use campotech_validate::Cbu;
///
/// let cbu: Cbu = "28505909 40090418135201".parse()?;
/// assert_eq!((cbu.as_str(), cbu.bank()), ("2850590940090418135201", "285"));
/// assert_eq!("2810590940090418135201".parse::<Cbu>().unwrap_err().code().name, "cbu.check");
/// # Ok::<(), campotech_validate::Violation>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Cbu([u8; 22]);

impl Cbu {
    /// The digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        ascii::text(&self.0)
    }

    /// The bank's three digits.
    #[must_use]
    pub fn bank(&self) -> &str {
        &self.as_str()[..3]
    }

    /// The branch's four digits.
    #[must_use]
    pub fn branch(&self) -> &str {
        &self.as_str()[3..7]
    }

    /// Whether it is an account of a payment provider: no bank has the number 000.
    #[must_use]
    pub fn is_cvu(&self) -> bool {
        self.0.starts_with(b"000")
    }
}

impl ParseText for Cbu {
    fn parse_text(text: &str) -> Result<Self, Violation> {
        let digits = match ascii::upper::<22>(text) {
            Some((digits, 22)) if digits.iter().all(u8::is_ascii_digit) => digits,
            _ => return Err(Violation::new(&codes::CBU_FORMAT)),
        };
        let (branch, account) = digits.split_at(8);
        if is_checked(branch) && is_checked(account) {
            Ok(Self(digits))
        } else {
            Err(Violation::new(&codes::CBU_CHECK))
        }
    }

    fn text_schema(_: &mut Definitions) -> Schema {
        let schema = Schema::string().with("pattern", "^[0-9]([ -]?[0-9]){21}$").with("maxLength", 43);
        schema.with("examples", vec!["2850590940090418135201"])
    }
}

/// Whether the last digit is the check digit of the others.
fn is_checked(block: &[u8]) -> bool {
    let Some((check, digits)) = block.split_last() else { return false };
    let weighted = digits.iter().rev().zip(WEIGHTS.iter().cycle());
    let sum: u32 = weighted.map(|(digit, weight)| weight * u32::from(digit - b'0')).sum();
    (10 - sum % 10) % 10 == u32::from(check - b'0')
}

impl fmt::Display for Cbu {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Masked, so that it may stand in a log: `Cbu(***01)`.
impl fmt::Debug for Cbu {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Cbu(***{})", &self.as_str()[20..])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vectors() {
        let cbu: Cbu = "2850590940090418135201".parse().unwrap();
        assert_eq!((cbu.bank(), cbu.branch(), cbu.is_cvu()), ("285", "0590", false));
        assert_eq!(format!("{cbu:?}"), "Cbu(***01)");
        assert_eq!("285-0590-9-4009041813520-1".parse(), Ok(cbu));
        assert!("0000003110001234567898".parse::<Cbu>().unwrap().is_cvu());
        for (text, expected) in [
            ("2810590940090418135201", "cbu.check"),
            // Published as an example, and wrong in both blocks.
            ("0170025700000001234567", "cbu.check"),
            ("285059094009041813520", "cbu.format"),
            ("28505909400904181352011", "cbu.format"),
            ("285059094009041813520A", "cbu.format"),
            ("2850590--940090418135201", "cbu.format"),
            ("2850590940090418135201-", "cbu.format"),
            ("", "cbu.format"),
        ] {
            assert_eq!(text.parse::<Cbu>().unwrap_err().code().name, expected, "{text}");
        }
    }

    #[test]
    fn one_wrong_digit_is_always_found() {
        for at in 0..22 {
            for digit in b'0'..=b'9' {
                let mut digits = *b"2850590940090418135201";
                let same = digits[at] == digit;
                digits[at] = digit;
                assert_eq!(ascii::text(&digits).parse::<Cbu>().is_ok(), same, "{at} {digit}");
            }
        }
    }
}
