//! libphonenumber, asked as somebody in Argentina asks.

use std::borrow::Cow;

use rlibphonenumber::{NumberLengthType, ParseError, PhoneNumber, PhoneNumberType, Region, ValidationError};

/// What a number is, under libphonenumber's names.
pub(crate) type Kind = PhoneNumberType;

/// The national significant number that is read in a text, valid or not.
pub(crate) fn national(text: &str) -> Option<String> {
    Some(parse(text).ok()?.get_national_significant_number())
}

/// What an Argentine number of these digits is, read as it stands.
pub(crate) fn kind_of_national(digits: &str) -> Option<Kind> {
    let national_number = digits.parse().ok()?;
    let number = PhoneNumber { country_code: 54, national_number, ..PhoneNumber::default() };
    number.is_valid().then(|| number.get_type())
}

/// What is said of a text, in the words of [`crate::ours::verdict`].
pub(crate) fn verdict(text: &str) -> Cow<'static, str> {
    if text.encode_utf16().count() > 250 {
        // Google's own have this limit; the port has not.
        return "TOO_LONG".into();
    }
    let number = match parse(text) {
        Ok(number) => number,
        Err(ParseError::TooShortNsn | ParseError::TooShortAfterIdd) => return "TOO_SHORT".into(),
        Err(ParseError::TooLongNsn) => return "TOO_LONG".into(),
        Err(_) => return "NOT_A_NUMBER".into(),
    };
    match number.country_code {
        54 if number.is_valid() => return format!("{number} {:?}", number.get_type()).into(),
        54 => {}
        _ => return OTHER_COUNTRY.into(),
    }
    match number.is_possible_with_reason() {
        Ok(NumberLengthType::IsPossible) => "IS_POSSIBLE",
        Ok(NumberLengthType::IsPossibleLocalOnly) => "IS_POSSIBLE_LOCAL_ONLY",
        Err(ValidationError::TooShort) => "TOO_SHORT",
        Err(ValidationError::TooLong) => "TOO_LONG",
        Err(_) => "INVALID",
    }
    .into()
}

pub(crate) const OTHER_COUNTRY: &str = "OTHER_COUNTRY";

pub(crate) fn parse(text: &str) -> Result<PhoneNumber, ParseError> {
    PhoneNumber::parse(text, Some(Region::AR))
}
