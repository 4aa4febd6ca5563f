//! Whole documents.

use serde_json::{Value, json};

use super::{Definitions, Members};
use crate::input::{Fields, Input};

/// Where the parameters of a request are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ParameterPlace {
    /// In the query string.
    Query,
    /// In the path.
    Path,
    /// In headers.
    Header,
}

/// The JSON Schema of `T`, with all it refers to.
#[must_use]
pub fn of<T: Input>() -> Value {
    let mut definitions = Definitions::new();
    let schema = T::schema(&mut definitions).with("$schema", "https://json-schema.org/draft/2020-12/schema");
    schema.with("$defs", json!(definitions.into_schemas())).into()
}

/// The parameters of an OpenAPI operation that reads `T` from `place`.
pub fn parameters<T: Fields>(place: ParameterPlace, definitions: &mut Definitions) -> Vec<Value> {
    let mut members = Members::default();
    T::describe(definitions, &mut members);
    members.into_parameters(match place {
        ParameterPlace::Query => "query",
        ParameterPlace::Path => "path",
        ParameterPlace::Header => "header",
    })
}
