//! Types of invoices.

use std::fmt;

use crate::input::ParseText;
use crate::report::{Violation, codes};
use crate::schema::{Definitions, Schema};
use crate::types::ascii;

/// A type of ARCA's table of vouchers that is an invoice, a debit note or a credit note: `6` or `006` is an invoice B.
///
/// 1 to 3 are A, 6 to 8 B, 11 to 13 C, 19 to 21 E, 51 to 53 M, and 201 to 203, 206 to 208, 211 to 213 the electronic credit
/// invoices (FCE) A, B and C. Normal form: three digits.
///
/// ```
/// use campotech_validate::{InvoiceLetter, InvoiceType};
///
/// let kind: InvoiceType = "6".parse()?;
/// assert_eq!((kind.to_string().as_str(), kind.letter(), kind.is_fce()), ("006", InvoiceLetter::B, false));
/// assert_eq!("4".parse::<InvoiceType>().unwrap_err().code().name, "invoice.type");
/// # Ok::<(), campotech_validate::Violation>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct InvoiceType {
    number: u8,
    letter: InvoiceLetter,
}

/// Who an invoice is between.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum InvoiceLetter {
    /// Between those who are registered for VAT.
    A,
    /// To who is not.
    B,
    /// From who is not.
    C,
    /// An export.
    E,
    /// As A, from who has yet to prove solvency.
    M,
}

impl InvoiceType {
    /// The number in the table.
    #[must_use]
    pub const fn get(self) -> u8 {
        self.number
    }

    /// The letter on the paper.
    #[must_use]
    pub const fn letter(self) -> InvoiceLetter {
        self.letter
    }

    /// Whether it is an electronic credit invoice of small and medium enterprises.
    #[must_use]
    pub const fn is_fce(self) -> bool {
        self.number > 200
    }
}

impl TryFrom<u8> for InvoiceType {
    type Error = Violation;

    fn try_from(number: u8) -> Result<Self, Violation> {
        let letter = match number {
            1..=3 | 201..=203 => InvoiceLetter::A,
            6..=8 | 206..=208 => InvoiceLetter::B,
            11..=13 | 211..=213 => InvoiceLetter::C,
            19..=21 => InvoiceLetter::E,
            51..=53 => InvoiceLetter::M,
            _ => return Err(Violation::new(&codes::INVOICE_TYPE)),
        };
        Ok(Self { number, letter })
    }
}

impl ParseText for InvoiceType {
    fn parse_text(text: &str) -> Result<Self, Violation> {
        let digits = matches!(text.len(), 1..=3) && text.bytes().all(|byte| byte.is_ascii_digit());
        let number = if digits { u8::try_from(ascii::value(text.as_bytes())).unwrap_or_default() } else { 0 };
        Self::try_from(number)
    }

    fn text_schema(_: &mut Definitions) -> Schema {
        let form = "^(0{0,2}[1-36-8]|0?(1[1-39]|2[01]|5[1-3])|2(0[1-36-8]|1[1-3]))$";
        let schema = Schema::string().with("pattern", form).with("maxLength", 3);
        schema.with("examples", vec!["006", "6"])
    }
}

impl fmt::Display for InvoiceType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:03}", self.number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_invoices_and_their_notes() {
        let known: Vec<u8> = (0..=u8::MAX).filter(|number| InvoiceType::try_from(*number).is_ok()).collect();
        assert_eq!(
            known,
            [
                1, 2, 3, 6, 7, 8, 11, 12, 13, 19, 20, 21, 51, 52, 53, 201, 202, 203, 206, 207, 208, 211, 212,
                213
            ]
        );
        assert!("201".parse::<InvoiceType>().unwrap().is_fce());
        assert_eq!("06".parse::<InvoiceType>(), "006".parse());
        for bad in ["", "4", "0", "0006", "+6", "6 ", "a", "257", "999"] {
            assert_eq!(bad.parse::<InvoiceType>().unwrap_err().code().name, "invoice.type", "{bad}");
        }
    }
}
