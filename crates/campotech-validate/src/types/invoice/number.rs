//! Numbers of invoices.

use std::fmt;

use crate::input::ParseText;
use crate::report::{Violation, codes};
use crate::schema::{Definitions, Schema};
use crate::types::ascii;

/// The number of an invoice: five digits of the point of sale, a hyphen, eight of the number.
///
/// ARCA, RG 1415/2003 and 4291/2018: points of sale 1 to 99998 (older papers have four digits), numbers from 1 on. Normal
/// form: with all zeros, `00001-00000123`.
///
/// ```
/// use campotech_validate::InvoiceNumber;
///
/// let number: InvoiceNumber = "0001-00000123".parse()?;
/// assert_eq!(number.to_string(), "00001-00000123");
/// assert_eq!((number.point_of_sale(), number.number()), (1, 123));
/// # Ok::<(), campotech_validate::Violation>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct InvoiceNumber {
    point_of_sale: u32,
    number: u32,
}

impl InvoiceNumber {
    /// The point of sale.
    #[must_use]
    pub const fn point_of_sale(self) -> u32 {
        self.point_of_sale
    }

    /// The number within it.
    #[must_use]
    pub const fn number(self) -> u32 {
        self.number
    }
}

impl ParseText for InvoiceNumber {
    fn parse_text(text: &str) -> Result<Self, Violation> {
        let read = |(place, number): (&str, &str)| {
            let point_of_sale = match place.len() {
                4 => ascii::value(&ascii::digits::<4>(place)?),
                _ => ascii::value(&ascii::digits::<5>(place)?),
            };
            let number = ascii::value(&ascii::digits::<8>(number)?);
            (matches!(point_of_sale, 1..=99_998) && number > 0).then_some(Self { point_of_sale, number })
        };
        text.split_once('-').and_then(read).ok_or_else(|| Violation::new(&codes::INVOICE_NUMBER))
    }

    fn text_schema(_: &mut Definitions) -> Schema {
        let schema = Schema::string().with("pattern", "^[0-9]{4,5}-[0-9]{8}$").with("maxLength", 14);
        schema.with("examples", vec!["00001-00000123"])
    }
}

impl fmt::Display for InvoiceNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:05}-{:08}", self.point_of_sale, self.number)
    }
}

/// Masked, so that it may stand in a log: `InvoiceNumber(***23)`.
impl fmt::Debug for InvoiceNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "InvoiceNumber(***{:02})", self.number % 100)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vectors() {
        for (text, normal) in [
            ("00001-00000123", "00001-00000123"),
            ("0001-00000123", "00001-00000123"),
            ("99998-99999999", "99998-99999999"),
        ] {
            assert_eq!(text.parse::<InvoiceNumber>().unwrap().to_string(), normal);
        }
        assert_eq!(
            format!("{:?}", "00001-00000103".parse::<InvoiceNumber>().unwrap()),
            "InvoiceNumber(***03)"
        );
        for bad in [
            "",
            "00000-00000123",
            "99999-00000123",
            "00001-00000000",
            "1-123",
            "00001-0000123",
            "0000100000123",
            "00001-00000123-1",
            "00001-0000012a",
            "000001-00000123",
        ] {
            assert_eq!(bad.parse::<InvoiceNumber>().unwrap_err().code().name, "invoice.number", "{bad}");
        }
    }
}
