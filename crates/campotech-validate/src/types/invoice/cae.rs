//! Authorisations of invoices.

use std::fmt;

use crate::input::ParseText;
use crate::report::{Violation, codes};
use crate::schema::{Definitions, Schema};
use crate::types::ascii;

/// A CAE, the code of fourteen digits by which ARCA authorises an invoice (RG 4291/2018). It has no check digit.
///
/// Normal form: the digits.
///
/// ```
/// use campotech_validate::Cae;
///
/// let cae: Cae = "71234567890123".parse()?;
/// assert_eq!(cae.as_str(), "71234567890123");
/// assert_eq!("7123456789012".parse::<Cae>().unwrap_err().code().name, "cae.format");
/// # Ok::<(), campotech_validate::Violation>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Cae([u8; 14]);

impl Cae {
    /// The digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        ascii::text(&self.0)
    }
}

impl ParseText for Cae {
    fn parse_text(text: &str) -> Result<Self, Violation> {
        ascii::digits(text).map(Self).ok_or_else(|| Violation::new(&codes::CAE_FORMAT))
    }

    fn text_schema(_: &mut Definitions) -> Schema {
        let schema = Schema::string().with("pattern", "^[0-9]{14}$").with("maxLength", 14);
        schema.with("examples", vec!["71234567890123"])
    }
}

impl fmt::Display for Cae {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Masked, so that it may stand in a log: `Cae(***23)`.
impl fmt::Debug for Cae {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Cae(***{})", &self.as_str()[12..])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fourteen_digits_and_nothing_else() {
        assert_eq!(format!("{:?}", "71234567890123".parse::<Cae>().unwrap()), "Cae(***23)");
        for bad in
            ["", "7123456789012", "712345678901234", "7123456789012a", "71234567890 12", "٧١٢٣٤٥٦٧٨٩٠١٢٣"]
        {
            assert_eq!(bad.parse::<Cae>().unwrap_err().code().name, "cae.format", "{bad}");
        }
    }
}
