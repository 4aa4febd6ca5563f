//! Accounts of payment providers.

use std::fmt;

use super::Cbu;
use crate::input::ParseText;
use crate::report::{Violation, codes};
use crate::schema::{Definitions, Schema};

/// A CVU: the twenty-two digits of a payment provider's account, of which the first three are zeros and the next four the
/// provider's.
///
/// BCRA, communication A 6510; its check digits are those of a [`Cbu`], and twenty-two zeros are none. Normal form: the
/// digits alone.
///
/// ```
/// use campotech_validate::Cvu;
///
/// let cvu: Cvu = "0000003110001234567898".parse()?;
/// assert_eq!(cvu.provider(), "0003");
/// assert_eq!("2850590940090418135201".parse::<Cvu>().unwrap_err().code().name, "cvu.prefix");
/// # Ok::<(), campotech_validate::Violation>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Cvu(Cbu);

impl Cvu {
    /// The digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// The digits of the payment provider.
    #[must_use]
    pub fn provider(&self) -> &str {
        self.0.branch()
    }
}

impl TryFrom<Cbu> for Cvu {
    type Error = Violation;

    fn try_from(cbu: Cbu) -> Result<Self, Violation> {
        match cbu.as_str() {
            // What forms are filled with: its check digits are right, and it is nobody's.
            zeros if zeros.bytes().all(|digit| digit == b'0') => Err(Violation::new(&codes::CBU_CHECK)),
            _ if cbu.is_cvu() => Ok(Self(cbu)),
            _ => Err(Violation::new(&codes::CVU_PREFIX)),
        }
    }
}

impl From<Cvu> for Cbu {
    fn from(cvu: Cvu) -> Self {
        cvu.0
    }
}

impl ParseText for Cvu {
    fn parse_text(text: &str) -> Result<Self, Violation> {
        Cbu::parse_text(text)?.try_into()
    }

    fn text_schema(_: &mut Definitions) -> Schema {
        let schema = Schema::string().with("pattern", "^0([ -]?0){2}([ -]?[0-9]){19}$").with("maxLength", 43);
        schema.with("examples", vec!["0000003110001234567898"])
    }
}

impl fmt::Display for Cvu {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Masked, so that it may stand in a log: `Cvu(***98)`.
impl fmt::Debug for Cvu {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Cvu(***{})", &self.as_str()[20..])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vectors() {
        for fine in ["0000003110001234567898", "0000076550000000000128"] {
            let cvu: Cvu = fine.parse().unwrap_or_else(|e| panic!("{fine}: {e}"));
            assert_eq!(Cbu::from(cvu).to_string(), fine);
        }
        for (text, expected) in [
            ("0000003100010000000001", "cbu.check"),
            ("0000000000000000000000", "cbu.check"),
            ("0000000-0 00000000000000", "cbu.check"),
            ("2850590940090418135201", "cvu.prefix"),
            ("000000311000123456789", "cbu.format"),
        ] {
            assert_eq!(text.parse::<Cvu>().unwrap_err().code().name, expected, "{text}");
        }
        assert_eq!(format!("{:?}", "0000003110001234567898".parse::<Cvu>().unwrap()), "Cvu(***98)");
    }
}
