#![doc = include_str!("../README.md")]

mod entry;
#[cfg(feature = "axum")]
pub mod extract;
mod input;
pub mod json;
pub mod layer;
mod limits;
mod media;
pub mod multipart;
mod query;
pub mod report;
pub mod request;
mod rules;
pub mod schema;
pub mod types;
mod valid;

pub use entry::{
    validate_form, validate_headers, validate_json, validate_multipart, validate_path, validate_query,
};
#[cfg(feature = "axum")]
pub use extract::{
    InputRejection, ValidForm, ValidHeaders, ValidJson, ValidMultipart, ValidPath, ValidQuery,
};
#[doc(hidden)]
pub use input::__private;
pub use input::{Fields, Flat, Input, Object, ParseText};
pub use layer::ValidateLayer;
pub use limits::Limits;
pub use media::{check_form, check_json, check_multipart};
pub use multipart::Upload;
pub use report::{Code, Issue, ObserverExtension, Place, Rejection, Violation, codes};
pub use rules::{AsyncRules, CheckError, Findings};
#[cfg(feature = "intl-phone")]
pub use types::IntlPhone;
#[cfg(feature = "rich-html")]
pub use types::RichHtml;
pub use types::{
    ArMobile, ArPhone, Cae, Cbu, CbuAlias, Cuit, Cursor, CursorError, CursorKeys, CursorKeysError, Cvu, Dni,
    Email, GeoPoint, InvoiceLetter, InvoiceNumber, InvoiceType, Money, MultilineText, NewPassword, Page,
    PageLimit, Password, Patente, PatenteKind, PhoneKind, PhoneRepair, PlainText, PostalCode, Slug,
    Timestamp, Uuid,
};
pub use valid::Valid;
