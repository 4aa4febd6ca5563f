//! How a value is read: types read themselves, objects hand out their members, garde's rules come after.

mod collections;
mod garde_rules;
mod macros;
mod object;
mod scalars;
mod traits;

pub use object::{Flat, Object};
pub use traits::{Fields, Input, ParseText};

#[doc(hidden)]
pub mod __private {
    //! What `input!` needs; no interface.

    pub use serde;

    pub use super::garde_rules::{Wire, any_faulty, apply as apply_rules, report_at};
    pub use super::macros::{enum_schema, enum_violation, wire_name};
    pub use super::object::{read as read_object, schema_of};
    pub use super::traits::deserialize;
}
