//! Numbers of every country.

use std::fmt;

use super::{ArPhone, Fault, strict};
use crate::input::ParseText;
use crate::report::{Violation, codes};
use crate::schema::{Definitions, Schema};
use crate::types::ascii;

/// A telephone number of any country, written with `+` and the country's code, and with nothing else but spaces, hyphens,
/// dots, slashes and parentheses.
///
/// Argentine ones are read as [`ArPhone`] does, others by the crate `phonenumber` with libphonenumber's metadata; its first
/// number loads the plans of the world, for some milliseconds. Normal form: E.164.
///
/// ```
/// use campotech_validate::IntlPhone;
///
/// let phone: IntlPhone = "+598 94 231 234".parse()?;
/// assert_eq!((phone.as_str(), phone.argentine()), ("+59894231234", None));
/// let ours: IntlPhone = "+54 11 15 8765-4321".parse()?;
/// assert_eq!(ours.argentine().map(|phone| phone.is_mobile()), Some(true));
/// assert_eq!("011 4321-1234".parse::<IntlPhone>().unwrap_err().code().name, "phone.plus");
/// # Ok::<(), campotech_validate::Violation>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct IntlPhone {
    /// A plus and at most fifteen digits; zeros behind them.
    e164: [u8; 16],
    len: u8,
}

impl IntlPhone {
    /// The number as E.164.
    #[must_use]
    pub fn as_str(&self) -> &str {
        ascii::text(&self.e164[..usize::from(self.len)])
    }

    /// The number, if it is one of Argentina.
    #[must_use]
    pub fn argentine(&self) -> Option<ArPhone> {
        ArPhone::parse_strict(self.as_str()).ok()
    }

    fn of(e164: &str) -> Option<Self> {
        let mut bytes = [0; 16];
        bytes.get_mut(..e164.len())?.copy_from_slice(e164.as_bytes());
        Some(Self { e164: bytes, len: u8::try_from(e164.len()).ok()? })
    }
}

impl From<ArPhone> for IntlPhone {
    fn from(phone: ArPhone) -> Self {
        let text = phone.as_str();
        let mut e164 = [0; 16];
        for (to, from) in e164.iter_mut().zip(text.bytes()) {
            *to = from;
        }
        Self { e164, len: u8::try_from(text.len()).unwrap_or_default() }
    }
}

impl ParseText for IntlPhone {
    fn parse_text(text: &str) -> Result<Self, Violation> {
        if !strict::is_number(text) {
            return Err(Fault::NotANumber.into());
        }
        if !text.trim_matches(' ').starts_with('+') {
            return Err(Violation::new(&codes::PHONE_PLUS));
        }
        match ArPhone::parse_text(text) {
            Ok(phone) => Ok(phone.into()),
            Err(elsewhere) if *elsewhere.code() == codes::PHONE_COUNTRY => abroad(text),
            Err(violation) => Err(violation),
        }
    }

    fn text_schema(_: &mut Definitions) -> Schema {
        // Without a length: any number of spaces may stand around it.
        let schema = Schema::string().with("pattern", "^ *[+][0-9 ()./-]*[0-9] *$");
        schema.with("examples", vec!["+59894231234"])
    }
}

/// A number of another country.
fn abroad(text: &str) -> Result<IntlPhone, Violation> {
    let number = phonenumber::parse(None, text).ok().filter(phonenumber::PhoneNumber::is_valid);
    let e164 = number.map(|number| number.format().mode(phonenumber::Mode::E164).to_string());
    e164.and_then(|e164| IntlPhone::of(&e164)).ok_or_else(|| Fault::NotANumber.into())
}

impl fmt::Display for IntlPhone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Masked, so that it may stand in a log: `IntlPhone(***34)`.
impl fmt::Debug for IntlPhone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let number = self.as_str();
        write!(f, "IntlPhone(***{})", &number[number.len() - 2..])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_say_their_country() {
        for (text, e164) in [
            ("+1 (202) 555-0123", "+12025550123"),
            ("+44 20 7946 0018", "+442079460018"),
            ("+5491187654321", "+5491187654321"),
            (" +56 9 6123 4567 ", "+56961234567"),
        ] {
            assert_eq!(text.parse::<IntlPhone>().unwrap_or_else(|e| panic!("{text}: {e}")).as_str(), e164);
        }
        assert_eq!(format!("{:?}", "+12025550123".parse::<IntlPhone>().unwrap()), "IntlPhone(***23)");
        for (text, expected) in [
            ("011 4321-1234", "phone.plus"),
            ("0054 11 4321 1234", "phone.plus"),
            ("+1 202 555", "phone.invalid"),
            ("+999 123 456 789", "phone.invalid"),
            ("+54 11 4321", "phone.area"),
            ("+1 202 555 0123 x5", "phone.invalid"),
            ("tel:+12025550123", "phone.invalid"),
            ("", "phone.invalid"),
        ] {
            assert_eq!(text.parse::<IntlPhone>().unwrap_err().code().name, expected, "{text}");
        }
    }
}
