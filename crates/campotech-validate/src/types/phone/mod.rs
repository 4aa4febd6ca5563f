//! Argentine telephone numbers, by a table of the country's numbering plan.
//!
//! A text goes through `written` (what of it is a number), `plan` (which number that is in Argentina, and what it is) and
//! comes out as an [`ArPhone`]. All of it agrees with Google's libphonenumber, asked with Argentina as the region.

mod ar_mobile;
mod ar_phone;
mod digits;
mod extension;
mod fault;
#[cfg(feature = "intl-phone")]
mod intl;
mod kind;
mod plan;
mod repair;
mod strict;
mod table;
#[cfg(test)]
mod tests;
mod written;

pub use ar_mobile::ArMobile;
pub use ar_phone::ArPhone;
#[cfg(feature = "intl-phone")]
pub use intl::IntlPhone;
pub use kind::PhoneKind;
pub use repair::PhoneRepair;

use fault::Fault;
