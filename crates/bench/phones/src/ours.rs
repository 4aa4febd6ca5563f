//! campotech-validate, in libphonenumber's words.

use std::borrow::Cow;

use campotech_validate::{ArPhone, PhoneKind};

/// The number and its kind, or why there is none.
pub(crate) fn verdict(text: &str) -> Cow<'static, str> {
    match text.parse::<ArPhone>() {
        Ok(phone) => format!("{phone} {}", kind(phone.kind())).into(),
        Err(violation) => reason(violation.code().name).into(),
    }
}

fn kind(kind: PhoneKind) -> &'static str {
    match kind {
        PhoneKind::FixedLine => "FixedLine",
        PhoneKind::Mobile => "Mobile",
        PhoneKind::TollFree => "TollFree",
        PhoneKind::PremiumRate => "PremiumRate",
        PhoneKind::UniversalAccess => "UAN",
        _ => "?",
    }
}

fn reason(code: &str) -> &'static str {
    match code {
        "phone.invalid" => "NOT_A_NUMBER",
        "phone.country" => crate::oracle::OTHER_COUNTRY,
        "phone.short" => "TOO_SHORT",
        "phone.long" => "TOO_LONG",
        "phone.area" => "IS_POSSIBLE_LOCAL_ONLY",
        "phone.unassigned" => "IS_POSSIBLE",
        _ => "?",
    }
}
