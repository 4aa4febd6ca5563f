//! Nothing personal or secret leaves: every item of every envelope passes here, whatever made it.

mod checks;
mod encoded;
mod envelope;
mod forms;
mod json;
mod keys;
mod meter;
mod numbers;
mod phones;
mod text;

pub(crate) use envelope::scrub_envelope;
pub use json::scrub_field;
pub use text::{FILTERED, scrub_text};
