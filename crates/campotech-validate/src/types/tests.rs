//! What all types with a normal form as text have in common.

use std::fmt::{Debug, Display};
use std::str::FromStr;

use proptest::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::*;
use crate::Violation;

/// A text that is right: its normal form is a fixed point, is what is stored, and can be read back.
fn comes_back<T>(text: &str) -> Result<(), TestCaseError>
where
    T: FromStr<Err = Violation> + Display + Debug + PartialEq + Serialize + DeserializeOwned,
{
    let read = text.parse::<T>();
    prop_assert!(read.is_ok(), "{} is refused: {:?}", text, read);
    let Ok(value) = read else { return Ok(()) };
    let shown = value.to_string();
    let again = shown.parse::<T>();
    prop_assert_eq!(again.as_ref(), Ok(&value));
    let stored = serde_json::to_string(&value).unwrap();
    prop_assert_eq!(&stored, &serde_json::to_string(&shown).unwrap());
    prop_assert_eq!(serde_json::from_str::<T>(&stored).unwrap(), value);
    Ok(())
}

/// Any text: where it is taken, it comes back.
fn if_taken<T>(text: &str) -> Result<(), TestCaseError>
where
    T: FromStr<Err = Violation> + Display + Debug + PartialEq + Serialize + DeserializeOwned,
{
    if text.parse::<T>().is_ok() { comes_back::<T>(text) } else { Ok(()) }
}

proptest! {
    #[test]
    fn no_text_makes_them_panic(text in "([0-9A-Za-z .,$-]|\\PC|\u{0}){0,24}") {
        if_taken::<ArMobile>(&text)?;
        if_taken::<ArPhone>(&text)?;
        if_taken::<Cae>(&text)?;
        if_taken::<Cbu>(&text)?;
        if_taken::<CbuAlias>(&text)?;
        if_taken::<Cuit>(&text)?;
        if_taken::<Cvu>(&text)?;
        if_taken::<Dni>(&text)?;
        if_taken::<Email>(&text)?;
        if_taken::<InvoiceNumber>(&text)?;
        if_taken::<InvoiceType>(&text)?;
        #[cfg(feature = "intl-phone")]
        if_taken::<IntlPhone>(&text)?;
        if_taken::<Money>(&text)?;
        if_taken::<MultilineText<20>>(&text)?;
        if_taken::<Patente>(&text)?;
        if_taken::<PlainText<20>>(&text)?;
        if_taken::<PostalCode>(&text)?;
        #[cfg(feature = "rich-html")]
        if_taken::<RichHtml<20>>(&text)?;
        if_taken::<Slug<20>>(&text)?;
        if_taken::<Timestamp>(&text)?;
        if_taken::<Uuid>(&text)?;
        let _ = text.parse::<GeoPoint>();
        let _ = Money::parse_es_ar(&text);
    }

    #[test]
    fn texts_that_are_right_come_back(
        cae in "[0-9]{14}",
        alias in "[0-9A-Za-z.-]{6,20}",
        email in "[A-Za-z0-9+_]{1,12}(\\.[a-z]{1,5})?@[a-z]{1,10}\\.(com|com\\.ar|中国)",
        plate in "[A-Za-z]{3}[ -]?[0-9]{3}|[A-Za-z]{2}[ -]?[0-9]{3}[ -]?[A-Za-z]{2}|[0-9]{3} ?[A-Z]{3}|[a-z]-?[0-9]{3}-?[a-z]{3}",
        postal in "[A-HJ-NP-Za-hj-np-z][ -]?[0-9]{4}[ -]?[A-Za-z]{3}|[0-9]{4}",
        slug in "[0-9A-Za-z]{1,4}(-[0-9A-Za-z]{1,4}){0,3}",
        text in "[a-zñ<&][a-zñ <&]{0,10}",
        time in "[0-9]{3}[1-8]-(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])[Tt]([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\\.[0-9]{1,9})?([Zz]|[+-][01][0-9]:[0-5][0-9])",
    ) {
        comes_back::<Cae>(&cae)?;
        comes_back::<CbuAlias>(&alias)?;
        comes_back::<Email>(&email)?;
        comes_back::<Patente>(&plate)?;
        comes_back::<PostalCode>(&postal)?;
        comes_back::<Slug<20>>(&slug)?;
        comes_back::<PlainText<20>>(&text)?;
        comes_back::<MultilineText<40>>(&format!("{text}\r\n\t{text}"))?;
        comes_back::<Timestamp>(&time)?;
    }

    #[test]
    fn numbers_that_are_right_come_back(
        dni in 1_000_000_u32..100_000_000,
        (place, number) in (1_u32..=99_998, 1_u32..=99_999_999),
        kind in prop::sample::select(vec![1, 2, 3, 6, 7, 8, 11, 12, 13, 19, 20, 21, 51, 52, 53, 201, 203, 206, 208, 211, 213]),
        (bytes, version, variant) in (any::<[u8; 16]>(), 1_u8..=8, 8_u8..=11),
        cents in any::<i64>(),
    ) {
        comes_back::<Dni>(&dni.to_string())?;
        comes_back::<Dni>(&dni.to_string().parse::<Dni>().unwrap().dotted())?;
        comes_back::<InvoiceNumber>(&format!("{place:05}-{number:08}"))?;
        comes_back::<InvoiceNumber>(&format!("{:04}-{number:08}", place.min(9999)))?;
        comes_back::<InvoiceType>(&format!("{kind}"))?;
        comes_back::<InvoiceType>(&format!("{kind:03}"))?;
        let id: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        comes_back::<Uuid>(&format!("{}-{}-{version}{}-{variant:X}{}-{}", &id[..8], &id[8..12], &id[13..16], &id[17..20], &id[20..]))?;
        let amount = Money::from_cents(cents);
        prop_assert_eq!(amount.to_string().parse::<Money>(), Ok(amount));
        prop_assert_eq!(Money::parse_es_ar(&amount.to_string().replace('.', ",")), Ok(amount));
        comes_back::<Money>(&amount.to_string())?;
    }

    #[test]
    fn every_phone_comes_back(
        block in prop::sample::select(vec!["118765", "343555", "351555", "800222", "810222", "600222", "670222", "675222"]),
        line in 0_u32..10_000,
    ) {
        let national = format!("{block}{line:04}");
        comes_back::<ArPhone>(&format!("0{national}"))?;
        if !block.starts_with(['6', '8']) {
            comes_back::<ArPhone>(&format!("+549{national}"))?;
            comes_back::<ArMobile>(&format!("+54 9 {national}"))?;
            comes_back::<ArMobile>(&national)?;
        }
        #[cfg(feature = "intl-phone")]
        {
            comes_back::<IntlPhone>(&format!("+54 {national}"))?;
            comes_back::<IntlPhone>(&format!("+1 (202) 555-{line:04}"))?;
        }
    }

    #[test]
    fn every_account_with_its_check_digits_comes_back(branch in 0_u32..10_000_000, account in 1_u64..10_000_000_000_000) {
        let (branch, account) = (format!("{branch:07}"), format!("{account:013}"));
        comes_back::<Cbu>(&format!("{}{}", checked(&branch), checked(&account)))?;
        comes_back::<Cvu>(&format!("{}{}", checked(&format!("000{}", &branch[3..])), checked(&account)))?;
        let others = (0..100).filter(|checks| {
            format!("{branch}{}{account}{}", checks / 10, checks % 10).parse::<Cbu>().is_ok()
        });
        prop_assert_eq!(others.count(), 1);
    }

    #[test]
    fn every_cuit_with_its_check_digit_comes_back(
        prefix in prop::sample::select(vec![20, 23, 24, 27, 30, 33, 34, 50, 51, 55]),
        body in 0_u32..100_000_000,
    ) {
        let digits = format!("{prefix}{body:08}");
        let check = (11 - weighted(&digits, &[2, 3, 4, 5, 6, 7]) % 11) % 11;
        if check == 10 {
            // Nobody has it, whatever stands in its place.
            let refused = (0..10).all(|check| format!("{digits}{check}").parse::<Cuit>().is_err());
            prop_assert!(refused, "{}", digits);
            return Ok(());
        }
        comes_back::<Cuit>(&format!("{digits}{check}"))?;
        comes_back::<Cuit>(&format!("{prefix}-{body:08}-{check}"))?;
    }
}

/// A block of a CBU and its check digit.
fn checked(digits: &str) -> String {
    format!("{digits}{}", (10 - weighted(digits, &[3, 1, 7, 9]) % 10) % 10)
}

/// The sum of the digits from the right on, each by its weight, which come again and again.
fn weighted(digits: &str, weights: &[u32]) -> u32 {
    let weighted = digits.bytes().rev().zip(weights.iter().cycle());
    weighted.map(|(digit, weight)| u32::from(digit - b'0') * weight).sum()
}
