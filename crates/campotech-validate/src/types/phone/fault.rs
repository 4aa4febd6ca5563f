//! Why a text is no Argentine number.

use crate::report::{Code, Violation, codes};

/// libphonenumber's reasons, and what to say of each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    NotANumber,
    OtherCountry,
    TooShort,
    TooLong,
    /// Six to eight digits: a number within one area.
    NoArea,
    /// As many digits as a number has, but none of an assigned block.
    Unassigned,
    /// Not a mobile, where one is asked for.
    NotAMobile,
}

impl Fault {
    const fn code(self) -> &'static Code {
        match self {
            Self::NotANumber => &codes::PHONE_INVALID,
            Self::OtherCountry => &codes::PHONE_COUNTRY,
            Self::TooShort => &codes::PHONE_SHORT,
            Self::TooLong => &codes::PHONE_LONG,
            Self::NoArea => &codes::PHONE_AREA,
            Self::Unassigned => &codes::PHONE_UNASSIGNED,
            Self::NotAMobile => &codes::PHONE_MOBILE_REQUIRED,
        }
    }
}

impl From<Fault> for Violation {
    fn from(fault: Fault) -> Self {
        let violation = Self::new(fault.code());
        match fault {
            Fault::OtherCountry | Fault::NotAMobile => violation.with("region", "AR"),
            _ => violation,
        }
    }
}
