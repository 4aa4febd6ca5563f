//! Argentine telephone numbers.

use std::fmt;

use phonenumber::{Mode, country};

use crate::input::ParseText;
use crate::report::{Violation, codes};
use crate::schema::{Definitions, Schema};

/// The longest text that is looked at, as in Google's libphonenumber.
const LONGEST: usize = 250;

/// An Argentine number that can be called, however it was written.
///
/// Understood as somebody in Argentina would: `011 4321-1234`, `0343 15 555-1212`, `+54 9 11 …`, `(02966) 15 …`; rules
/// and numbering ranges of libphonenumber (ITU T0202000009, ENACOM's list of areas).
///
/// Normal form: E.164. A mobile keeps its 9 (`+5493435551212`), a fixed line has none. Since a mobile is often written
/// without the 9, compare by [`comparison_key`](Self::comparison_key).
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ArPhone(String);

impl ArPhone {
    /// The number as E.164.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// A number from the digits that WhatsApp calls a `wa_id`: `549` and ten digits, or `54` and ten digits for the
    /// same mobile.
    ///
    /// # Errors
    /// `phone.invalid`, or `phone.country` for a number of another country.
    pub fn from_wa_id(digits: &str) -> Result<Self, Violation> {
        if digits.is_empty() || digits.len() > 15 || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return Err(Violation::new(&codes::PHONE_INVALID));
        }
        if let Some(national) = digits.strip_prefix("54").filter(|rest| rest.len() == 10) {
            // WhatsApp lives on mobiles, so these ten digits are one, although they read like a fixed line.
            if let Ok(mobile) = Self::parse_text(&format!("+549{national}")) {
                return Ok(mobile);
            }
        }
        Self::parse_text(&format!("+{digits}"))
    }

    /// Whether it is known to be a mobile: it has the 9.
    #[must_use]
    pub fn is_mobile(&self) -> bool {
        self.0.len() == 14 && self.0.starts_with("+549")
    }

    /// What all spellings of one line have in common: its last ten digits.
    #[must_use]
    pub fn comparison_key(&self) -> &str {
        &self.0[self.0.len().saturating_sub(10)..]
    }

    /// The `wa_id` under which WhatsApp reports messages from this line: `549` and ten digits.
    #[must_use]
    pub fn to_wa_inbound(&self) -> String {
        format!("549{}", self.comparison_key())
    }

    /// The form under which WhatsApp's Cloud API takes messages to this line: `54` and ten digits.
    #[must_use]
    pub fn to_wa_outbound(&self) -> String {
        format!("54{}", self.comparison_key())
    }
}

impl ParseText for ArPhone {
    fn parse_text(text: &str) -> Result<Self, Violation> {
        let invalid = || Violation::new(&codes::PHONE_INVALID);
        if text.chars().nth(LONGEST).is_some() {
            return Err(invalid());
        }
        let text = ascii_digits(without_parameters(text));
        let number = phonenumber::parse(Some(country::Id::AR), text).map_err(|_| invalid())?;
        if !number.is_valid() {
            return Err(invalid());
        }
        if number.country().code() != 54 {
            return Err(Violation::new(&codes::PHONE_COUNTRY).with("region", "AR"));
        }
        Ok(Self(number.format().mode(Mode::E164).to_string()))
    }

    fn text_schema(_: &mut Definitions) -> Schema {
        let schema = Schema::string().with("maxLength", LONGEST);
        schema.with("examples", vec!["011 15 2345-6789", "+5491123456789"])
    }
}

/// A number of RFC 3966 without what says nothing about the line: an ISDN subaddress, a context that is a domain.
fn without_parameters(text: &str) -> &str {
    let text = text.split_once(";isub=").map_or(text, |(number, _)| number);
    match text.split_once(";phone-context=") {
        Some((number, context)) if !context.starts_with('+') => number,
        _ => text,
    }
}

/// Decimal digits of other scripts as ours.
fn ascii_digits(text: &str) -> String {
    const ZEROS: [char; 4] = ['\u{ff10}', '\u{660}', '\u{6f0}', '\u{966}'];
    let digit = |c: char| {
        ZEROS.iter().find_map(|&zero| char::from_digit((c as u32).wrapping_sub(zero as u32), 10)).unwrap_or(c)
    };
    text.chars().map(digit).collect()
}

impl fmt::Display for ArPhone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Masked, so that it may stand in a log: `ArPhone(***12)`.
impl fmt::Debug for ArPhone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ArPhone(***{})", &self.0[self.0.len() - 2..])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_mobile_are_one_number() {
        for text in [
            "+54 9 343 555 1212",
            "0343 15 555 1212",
            "0343 15-555-1212",
            "(0343) 15 5551212",
            "+5493435551212",
            "00 54 9 343 555 1212",
            "whatsapp:+5493435551212",
        ] {
            let phone: ArPhone = text.parse().unwrap_or_else(|e| panic!("{text}: {e}"));
            assert_eq!(phone.as_str(), "+5493435551212", "{text}");
            assert!(phone.is_mobile());
        }
    }

    #[test]
    fn fixed_lines_have_no_nine_and_compare_like_their_mobile() {
        let fixed: ArPhone = "011 8765-4321".parse().unwrap();
        let mobile: ArPhone = "011 15 8765-4321".parse().unwrap();
        assert_eq!((fixed.as_str(), mobile.as_str()), ("+541187654321", "+5491187654321"));
        assert!(!fixed.is_mobile());
        assert_eq!(fixed.comparison_key(), mobile.comparison_key());
        assert_eq!(format!("{mobile:?}"), "ArPhone(***21)");
    }

    #[test]
    fn whatsapp_ids_become_mobiles() {
        let inbound = ArPhone::from_wa_id("5491187654321").unwrap();
        let outbound = ArPhone::from_wa_id("541187654321").unwrap();
        assert_eq!(inbound, outbound);
        assert_eq!(inbound.to_wa_inbound(), "5491187654321");
        assert_eq!(inbound.to_wa_outbound(), "541187654321");
        assert_eq!(ArPhone::from_wa_id("12025550123").unwrap_err().code().name, "phone.country");
        for bad in ["", "549", "+5491187654321", "54911876543210000", "549118765432a"] {
            assert!(ArPhone::from_wa_id(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn other_texts_are_no_number_of_ours() {
        for (text, expected) in [
            ("", "phone.invalid"),
            ("11", "phone.invalid"),
            ("15 5555 5555", "phone.invalid"),
            ("+54 9 11 15 8765 4321", "phone.invalid"),
            ("+1 202 555 0123", "phone.country"),
            ("teléfono", "phone.invalid"),
            (&"1".repeat(251), "phone.invalid"),
        ] {
            assert_eq!(text.parse::<ArPhone>().unwrap_err().code().name, expected, "{text}");
        }
    }

    #[test]
    fn no_text_makes_it_panic_and_the_normal_form_is_a_fixed_point() {
        use proptest::prelude::*;
        proptest!(|(text in "(\\+|0|54|549|15|11|[0-9 ()x.-]|\\PC){0,24}")| {
            if let Ok(phone) = text.parse::<ArPhone>() {
                let again: ArPhone = phone.as_str().parse().unwrap();
                prop_assert_eq!(again, phone);
            }
        });
    }
}
