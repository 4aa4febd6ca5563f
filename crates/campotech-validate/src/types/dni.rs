//! Argentina's national identity document.

use std::fmt;

use super::ascii;
use crate::input::ParseText;
use crate::report::{Violation, codes};
use crate::schema::{Definitions, Schema};

/// A DNI: seven or eight digits, with or without dots (`20.123.456`). It has no check digit.
///
/// Law 17.671; foreigners have numbers from 92 to 95 million. Normal form: the digits alone, without zeros before them.
///
/// ```
/// use campotech_validate::Dni;
///
/// let dni: Dni = "20.123.456".parse()?;
/// assert_eq!(dni.to_string(), "20123456");
/// assert_eq!(dni.dotted(), "20.123.456");
/// assert_eq!("2012345699".parse::<Dni>().unwrap_err().code().name, "dni.format");
/// # Ok::<(), campotech_validate::Violation>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Dni(u32);

impl Dni {
    /// The number.
    #[must_use]
    pub const fn get(self) -> u32 {
        self.0
    }

    /// Whether it is one of those that foreigners have.
    #[must_use]
    pub const fn is_foreign(self) -> bool {
        matches!(self.0, 92_000_000..96_000_000)
    }

    /// As it is printed: `20.123.456`.
    #[must_use]
    pub fn dotted(self) -> String {
        format!("{}.{:03}.{:03}", self.0 / 1_000_000, self.0 / 1000 % 1000, self.0 % 1000)
    }
}

impl ParseText for Dni {
    fn parse_text(text: &str) -> Result<Self, Violation> {
        let mut digits = [b'0'; 8];
        let number = match text.as_bytes() {
            [millions @ .., b'.', a, b, c, b'.', d, e, f] if matches!(millions.len(), 1 | 2) => {
                digits[2 - millions.len()..2].copy_from_slice(millions);
                digits[2..].copy_from_slice(&[*a, *b, *c, *d, *e, *f]);
                ascii::digits::<8>(ascii::text(&digits))
            }
            seven if seven.len() == 7 => {
                digits[1..].copy_from_slice(seven);
                ascii::digits::<8>(ascii::text(&digits))
            }
            _ => ascii::digits::<8>(text),
        };
        let number = number.map(|digits| ascii::value(&digits)).filter(|number| *number >= 1_000_000);
        number.map(Self).ok_or_else(|| Violation::new(&codes::DNI_FORMAT))
    }

    fn text_schema(_: &mut Definitions) -> Schema {
        let form = "^(0?[1-9][0-9]{6}|[1-9][0-9]{7}|(0?[1-9]|[1-9][0-9])[.][0-9]{3}[.][0-9]{3})$";
        let schema = Schema::string().with("pattern", form).with("maxLength", 10);
        schema.with("examples", vec!["20.123.456", "20123456"])
    }
}

impl fmt::Display for Dni {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Masked, so that it may stand in a log: `Dni(***56)`.
impl fmt::Debug for Dni {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Dni(***{:02})", self.0 % 100)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vectors() {
        for (text, number) in [
            ("20.123.456", 20_123_456),
            ("20123456", 20_123_456),
            ("1234567", 1_234_567),
            ("1.234.567", 1_234_567),
            ("01234567", 1_234_567),
        ] {
            let dni: Dni = text.parse().unwrap_or_else(|e| panic!("{text}: {e}"));
            assert_eq!(dni.get(), number, "{text}");
            assert!(!dni.is_foreign());
        }
        assert!("92.000.000".parse::<Dni>().unwrap().is_foreign());
        assert_eq!(format!("{:?}", "20.123.406".parse::<Dni>().unwrap()), "Dni(***06)");
        for bad in [
            "",
            "123456",
            "0123456",
            "2012345699",
            "20.123456",
            "201.23.456",
            "20.123.4567",
            "120.123.456",
            ".123.456",
            "20 123 456",
            "M1234567",
            "-1234567",
            "٢٠١٢٣٤٥٦",
        ] {
            assert_eq!(bad.parse::<Dni>().unwrap_err().code().name, "dni.format", "{bad}");
        }
    }
}
