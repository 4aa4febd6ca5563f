//! JSON Schema 2020-12, and with it OpenAPI 3.1, from the definitions that validate.
//!
//! [`of`] is a document of its own; [`Definitions`] collects the schemas of an OpenAPI document's components, and
//! [`parameters`] describes a query, a path or headers.
//!
//! A schema says what it can: types, what is required, what is unknown, lengths, ranges, patterns, the values of an enum. What
//! it can't say (a check digit, a numbering plan, a rule over several fields) it leaves out. In three things it differs: the length
//! of a text is that of its normal form here, without space around it and without decomposed letters; `1.0` is an
//! integer to a schema, but none to us; and a number that is too small to be anything but zero as a `f64` is refused here. A `format` is a note, as the standard has it.
//!
//! ```
//! use campotech_validate::{input, schema, PlainText};
//!
//! input! {
//!     /// A visit.
//!     pub struct Visit {
//!         /// What for.
//!         pub title: PlainText<120>,
//!         #[garde(range(min = 1, max = 8))]
//!         pub people: u8 = 1,
//!     }
//! }
//!
//! let document = schema::of::<Visit>();
//! let visit = &document["$defs"]["Visit"];
//! assert_eq!(visit["required"], serde_json::json!(["title"]));
//! assert_eq!(visit["additionalProperties"], false);
//! assert_eq!(visit["properties"]["people"]["maximum"], 8);
//! assert_eq!(visit["properties"]["title"]["description"], "What for.");
//! ```

mod definitions;
mod document;
mod macros;
mod members;
mod rules;
mod text;
mod value;

pub use definitions::Definitions;
pub use document::{ParameterPlace, of, parameters};
pub use members::Members;
pub(crate) use members::paragraph;
pub use rules::Rules;
pub(crate) use text::{LINES, ONE_LINE};
pub use value::Schema;
