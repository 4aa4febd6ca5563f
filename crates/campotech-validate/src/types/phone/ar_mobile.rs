//! An Argentine mobile.

use std::fmt;
use std::ops::Deref;

use super::{ArPhone, Fault};
use crate::input::ParseText;
use crate::report::Violation;
use crate::schema::{Definitions, Schema};

/// An Argentine mobile, for fields that ask for one: what WhatsApp and text messages reach.
///
/// Ten digits without a 9 or a 15 read like a fixed line; here they are the mobile that was asked for, as libphonenumber
/// recommends. [`parse_strict`](Self::parse_strict) wants the 9 or the 15. Numbers that are no mobile in any spelling
/// (`0800`, `0810`, satellites) are refused as `phone.mobile_required`.
///
/// Normal form: E.164 with the 9.
///
/// ```
/// use campotech_validate::ArMobile;
///
/// for text in ["11 8765-4321", "011 15 8765-4321", "+54 9 11 8765-4321"] {
///     assert_eq!(text.parse::<ArMobile>()?.as_str(), "+5491187654321");
/// }
/// assert!(ArMobile::parse_strict("11 8765-4321").is_err());
/// assert_eq!("0800 222 1234".parse::<ArMobile>().unwrap_err().code().name, "phone.mobile_required");
/// # Ok::<(), campotech_validate::Violation>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ArMobile(ArPhone);

impl ArMobile {
    /// A mobile that is written as one: nothing but a number, with its 9 or its 15.
    ///
    /// # Errors
    /// As from [`ArPhone::parse_strict`], and `phone.mobile_required`.
    pub fn parse_strict(text: &str) -> Result<Self, Violation> {
        let phone = ArPhone::parse_strict(text)?;
        if phone.is_mobile() { Ok(Self(phone)) } else { Err(Fault::NotAMobile.into()) }
    }

    /// The number.
    #[must_use]
    pub const fn phone(self) -> ArPhone {
        self.0
    }
}

impl TryFrom<ArPhone> for ArMobile {
    type Error = Violation;

    fn try_from(phone: ArPhone) -> Result<Self, Violation> {
        if phone.is_mobile() {
            return Ok(Self(phone));
        }
        let mobile = phone.as_str().strip_prefix("+54").and_then(|ten| ArPhone::mobile(ten.as_bytes()));
        mobile.map(Self).ok_or_else(|| Fault::NotAMobile.into())
    }
}

impl From<ArMobile> for ArPhone {
    fn from(mobile: ArMobile) -> Self {
        mobile.0
    }
}

impl Deref for ArMobile {
    type Target = ArPhone;

    fn deref(&self) -> &ArPhone {
        &self.0
    }
}

impl ParseText for ArMobile {
    fn parse_text(text: &str) -> Result<Self, Violation> {
        ArPhone::parse_text(text)?.try_into()
    }

    fn text_schema(_: &mut Definitions) -> Schema {
        let schema = Schema::string().with("maxLength", 250);
        schema.with("examples", vec!["011 15 2345-6789", "+5491123456789"])
    }
}

impl fmt::Display for ArMobile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Masked, so that it may stand in a log: `ArMobile(***12)`.
impl fmt::Debug for ArMobile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ArMobile(***{})", &self.comparison_key()[8..])
    }
}
