//! Invoices of ARCA (formerly AFIP): their type, their number, and the code that authorises them.

mod cae;
mod kind;
mod number;

pub use cae::Cae;
pub use kind::{InvoiceLetter, InvoiceType};
pub use number::InvoiceNumber;
