//! The contract of the API as a document, and the document as a page.

mod document;
mod page;

pub use document::Document;
pub use page::page;
