//! Types that can't be built wrong: one file each, with the rule, its source and its normal form.

mod ascii;
mod bank;
mod cuit;
mod cursor;
mod dni;
mod email;
mod geo_point;
mod invoice;
mod money;
mod page;
mod password;
mod patente;
mod phone;
mod postal_code;
mod slug;
mod text;
mod timestamp;
mod uuid;

pub use self::uuid::Uuid;
pub use bank::{Cbu, CbuAlias, Cvu};
pub use cuit::Cuit;
pub use cursor::{Cursor, CursorError, CursorKeys, CursorKeysError};
pub use dni::Dni;
pub use email::Email;
pub use geo_point::GeoPoint;
pub use invoice::{Cae, InvoiceLetter, InvoiceNumber, InvoiceType};
pub use money::Money;
pub use page::{Page, PageLimit};
pub use password::{NewPassword, Password};
pub use patente::{Patente, PatenteKind};
#[cfg(feature = "intl-phone")]
pub use phone::IntlPhone;
pub use phone::{ArMobile, ArPhone, PhoneKind, PhoneRepair};
pub use postal_code::PostalCode;
pub use slug::Slug;
#[cfg(feature = "rich-html")]
pub use text::RichHtml;
pub(crate) use text::check as check_text;
pub use text::{MultilineText, PlainText};
pub use timestamp::Timestamp;

/// What every type with a normal form as text can do: be read, shown, stored and read back.
macro_rules! normal_form {
    ($($type:ident $(<const $max:ident: usize>)?),+) => { $(
        impl $(<const $max: usize>)? std::str::FromStr for $type $(<$max>)? {
            type Err = crate::Violation;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                <Self as crate::ParseText>::parse_text(text)
            }
        }

        impl $(<const $max: usize>)? serde::Serialize for $type $(<$max>)? {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de $(, const $max: usize)?> serde::Deserialize<'de> for $type $(<$max>)? {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                crate::__private::deserialize(deserializer)
            }
        }
    )+ };
}

normal_form!(
    ArMobile,
    ArPhone,
    Cae,
    Cbu,
    CbuAlias,
    Cuit,
    Cursor,
    Cvu,
    Dni,
    Email,
    InvoiceNumber,
    InvoiceType
);
#[cfg(feature = "intl-phone")]
normal_form!(IntlPhone);
normal_form!(Money, Patente, PostalCode, Timestamp, Uuid);
normal_form!(PlainText<const MAX: usize>, MultilineText<const MAX: usize>, Slug<const MAX: usize>);
#[cfg(feature = "rich-html")]
normal_form!(RichHtml<const MAX: usize>);

/// The text of a type that holds nothing else, for whoever takes any text and for garde's rules, and a `Debug` that masks it.
macro_rules! held_text {
    ($($type:ident),+) => { $(
        impl<const MAX: usize> AsRef<str> for $type<MAX> {
            fn as_ref(&self) -> &str {
                self.as_str()
            }
        }

        impl<const MAX: usize> garde::rules::AsStr for $type<MAX> {
            fn as_str(&self) -> &str {
                self.as_str()
            }
        }

        // What people write may be anything, also about other people: `Slug(11 bytes)`.
        impl<const MAX: usize> std::fmt::Debug for $type<MAX> {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, concat!(stringify!($type), "({} bytes)"), self.as_str().len())
            }
        }
    )+ };
}

held_text!(PlainText, MultilineText, Slug);
#[cfg(feature = "rich-html")]
held_text!(RichHtml);

#[cfg(test)]
mod tests;
