//! Postal codes.

use std::fmt;

use super::ascii;
use crate::input::ParseText;
use crate::report::{Violation, codes};
use crate::schema::{Definitions, Schema};

/// An Argentine postal code: the CPA (`C1425CLA`), or the four digits that came before it (`1425`).
///
/// The letter is the province's in ISO 3166-2:AR, any but I and O; then four digits, then three letters for the side of a
/// block (Correo Argentino, 1998). Normal form: upper case, written together.
///
/// ```
/// use campotech_validate::PostalCode;
///
/// let code: PostalCode = "c1425cla".parse()?;
/// assert_eq!((code.as_str(), code.number(), code.province()), ("C1425CLA", "1425", Some('C')));
/// assert_eq!("1425".parse::<PostalCode>()?.province(), None);
/// assert_eq!("O1425CLA".parse::<PostalCode>().unwrap_err().code().name, "postal_code.province");
/// # Ok::<(), campotech_validate::Violation>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PostalCode {
    /// Zeros behind the four digits of the older form.
    ascii: [u8; 8],
}

impl PostalCode {
    /// The code.
    #[must_use]
    pub fn as_str(&self) -> &str {
        ascii::text(if self.is_cpa() { &self.ascii } else { &self.ascii[..4] })
    }

    /// The four digits, which both forms have.
    #[must_use]
    pub fn number(&self) -> &str {
        ascii::text(if self.is_cpa() { &self.ascii[1..5] } else { &self.ascii[..4] })
    }

    /// The letter of the province in ISO 3166-2:AR (`AR-C` without its `AR-`), where it is said.
    #[must_use]
    pub fn province(&self) -> Option<char> {
        self.is_cpa().then_some(char::from(self.ascii[0]))
    }

    /// Whether it is a CPA, and not the older form.
    #[must_use]
    pub fn is_cpa(&self) -> bool {
        self.ascii[7] != 0
    }
}

impl ParseText for PostalCode {
    fn parse_text(text: &str) -> Result<Self, Violation> {
        let format = || Violation::new(&codes::POSTAL_CODE_FORMAT);
        let (ascii, len) = ascii::upper::<8>(text).ok_or_else(format)?;
        if ascii::has_shape(&ascii[..len], b"A0000AAA") && matches!(ascii[0], b'I' | b'O') {
            return Err(Violation::new(&codes::POSTAL_CODE_PROVINCE));
        }
        let known = [&b"A0000AAA"[..], b"0000"].iter().any(|shape| ascii::has_shape(&ascii[..len], shape));
        if known { Ok(Self { ascii }) } else { Err(format()) }
    }

    fn text_schema(_: &mut Definitions) -> Schema {
        let form = "^([A-HJ-NP-Za-hj-np-z]([ -]?[0-9]){4}([ -]?[A-Za-z]){3}|[0-9]([ -]?[0-9]){3})$";
        let schema = Schema::string().with("pattern", form).with("maxLength", 15);
        schema.with("examples", vec!["C1425CLA", "1425"])
    }
}

impl fmt::Display for PostalCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Masked, so that it may stand in a log, since a CPA is the side of a block: `PostalCode(C***)`.
impl fmt::Debug for PostalCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PostalCode({}***)", &self.as_str()[..1])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vectors() {
        for (text, normal, province) in [
            ("C1425CLA", "C1425CLA", Some('C')),
            ("c 1425 cla", "C1425CLA", Some('C')),
            ("X5000ABC", "X5000ABC", Some('X')),
            ("1425", "1425", None),
        ] {
            let code: PostalCode = text.parse().unwrap_or_else(|e| panic!("{text}: {e}"));
            assert_eq!(
                (code.as_str(), code.province(), code.is_cpa()),
                (normal, province, province.is_some())
            );
        }
        assert_eq!(format!("{:?}", "C1425CLA".parse::<PostalCode>().unwrap()), "PostalCode(C***)");
        for (text, expected) in [
            ("O1425CLA", "postal_code.province"),
            ("i1425cla", "postal_code.province"),
            ("Ñ1425CLA", "postal_code.format"),
            ("C1425", "postal_code.format"),
            ("142", "postal_code.format"),
            ("14255", "postal_code.format"),
            ("C1425CLAA", "postal_code.format"),
            ("C1425CL1", "postal_code.format"),
            ("", "postal_code.format"),
        ] {
            assert_eq!(text.parse::<PostalCode>().unwrap_err().code().name, expected, "{text}");
        }
    }
}
