//! Nothing personal or secret leaves: every item of every envelope passes here, whatever made it.

mod envelope;
mod json;
mod keys;
mod text;
mod transport;

pub use text::{FILTERED, scrub_text};
pub(crate) use transport::ScrubbingFactory;
