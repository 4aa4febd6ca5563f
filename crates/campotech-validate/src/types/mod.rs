//! Types that can't be built wrong: one file each, with the rule, its source and its normal form.

mod cuit;
mod cursor;
mod email;
mod page;
mod password;
mod phone;
mod text;
mod timestamp;
mod uuid;

pub use self::uuid::Uuid;
pub use cuit::Cuit;
pub use cursor::{Cursor, CursorError, CursorKeys, CursorKeysError};
pub use email::Email;
pub use page::{Page, PageLimit};
pub use password::{NewPassword, Password};
pub use phone::{ArMobile, ArPhone, PhoneKind, PhoneRepair};
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

normal_form!(ArMobile, ArPhone, Cuit, Cursor, Email, Timestamp, Uuid);
normal_form!(PlainText<const MAX: usize>, MultilineText<const MAX: usize>);
