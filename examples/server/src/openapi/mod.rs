//! The contract of the API as a document, and the document as a page.

mod page;

/// The OpenAPI 3.1 document; a test compares its paths with the routes.
pub const DOCUMENT: &str = include_str!("openapi.json");

pub use page::page;
