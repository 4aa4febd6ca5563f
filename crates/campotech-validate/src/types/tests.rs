//! What all types with a normal form as text have in common.

use std::fmt::{Debug, Display};
use std::str::FromStr;

use proptest::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::*;
use crate::Violation;

/// The normal form is a fixed point, is what is stored, and can be read back.
fn comes_back<T>(text: &str) -> Result<(), TestCaseError>
where
    T: FromStr<Err = Violation> + Display + Debug + PartialEq + Serialize + DeserializeOwned,
{
    let Ok(value) = text.parse::<T>() else { return Ok(()) };
    let shown = value.to_string();
    let again = shown.parse::<T>();
    prop_assert_eq!(again.as_ref(), Ok(&value));
    let stored = serde_json::to_string(&value).unwrap();
    prop_assert_eq!(&stored, &serde_json::to_string(&shown).unwrap());
    prop_assert_eq!(serde_json::from_str::<T>(&stored).unwrap(), value);
    Ok(())
}

fn all_come_back(text: &str) -> Result<(), TestCaseError> {
    comes_back::<ArMobile>(text)?;
    comes_back::<ArPhone>(text)?;
    comes_back::<Cae>(text)?;
    comes_back::<Cbu>(text)?;
    comes_back::<CbuAlias>(text)?;
    comes_back::<Cuit>(text)?;
    comes_back::<Cvu>(text)?;
    comes_back::<Dni>(text)?;
    comes_back::<InvoiceNumber>(text)?;
    comes_back::<InvoiceType>(text)?;
    #[cfg(feature = "intl-phone")]
    comes_back::<IntlPhone>(text)?;
    comes_back::<Money>(text)?;
    comes_back::<Patente>(text)?;
    comes_back::<PostalCode>(text)?;
    comes_back::<Slug<20>>(text)?;
    comes_back::<Timestamp>(text)?;
    comes_back::<Uuid>(text)
}

proptest! {
    #[test]
    fn no_text_makes_them_panic(text in "([0-9A-Za-z .,$-]|\\PC|\u{0}){0,24}") {
        all_come_back(&text)?;
        let _ = text.parse::<GeoPoint>();
        let _ = Money::parse_es_ar(&text);
    }

    #[test]
    fn what_is_almost_right_comes_back(
        text in "[0-9]{4,5}-[0-9]{8}|[0-9]{1,3}|[0-9]{2}\\.[0-9]{3}\\.[0-9]{3}|[a-zA-Z]{2} ?[0-9]{3} ?[a-zA-Z]{2}|\
                 [A-Z][0-9]{4}[A-Z]{3}|\\+[1-9][0-9]{6,15}|[0-9]{14}|-?[0-9]{1,19}(\\.[0-9]{1,3})?|[a-z.-]{6,20}|[0-9]{22}"
    ) {
        all_come_back(&text)?;
    }

    #[test]
    fn every_account_with_its_check_digits_comes_back(branch in 0_u32..10_000_000, account in 0_u64..10_000_000_000_000) {
        let mut read = 0;
        for checks in 0..100 {
            let text = format!("{branch:07}{}{account:013}{}", checks / 10, checks % 10);
            comes_back::<Cbu>(&text)?;
            comes_back::<Cvu>(&text)?;
            read += u32::from(text.parse::<Cbu>().is_ok());
        }
        prop_assert_eq!(read, 1);
    }

    #[test]
    fn every_amount_comes_back(cents in any::<i64>()) {
        let amount = Money::from_cents(cents);
        prop_assert_eq!(amount.to_string().parse::<Money>(), Ok(amount));
        prop_assert_eq!(Money::parse_es_ar(&amount.to_string().replace('.', ",")), Ok(amount));
        comes_back::<Money>(&amount.to_string())?;
    }
}
