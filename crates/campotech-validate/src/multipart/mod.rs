//! `multipart/form-data` (RFC 7578): fields and files of a body that was read up to its limit, and no copy of a file.
//!
//! A part with a `filename` is a file, read as an [`Upload`]; any other is text, read as a parameter of a query is. One
//! name is one part. A file whose name is empty and that has no bytes is none: browsers send it where nothing was chosen.

mod disposition;
mod parse;
mod part;
#[cfg(test)]
mod tests;
mod upload;

pub(crate) use parse::{Fields, parse};
pub use part::FilePart;
pub use upload::Upload;
