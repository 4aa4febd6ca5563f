//! Named schemas, each once.

use std::any::type_name;
use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::Schema;
use crate::input::Input;

/// The schemas of structs and enums by their names, for others to refer to.
///
/// Two types of one name get two names: the second is numbered.
#[derive(Debug)]
pub struct Definitions {
    prefix: &'static str,
    schemas: BTreeMap<String, Definition>,
}

#[derive(Debug)]
struct Definition {
    /// The Rust type that has the name.
    of: &'static str,
    /// Empty while it is being described: a type may hold itself.
    schema: Schema,
}

impl Definitions {
    /// Those of a document's own `$defs`.
    #[must_use]
    pub const fn new() -> Self {
        Self { prefix: "#/$defs/", schemas: BTreeMap::new() }
    }

    /// Those of an OpenAPI document's `components.schemas`.
    #[must_use]
    pub const fn of_openapi() -> Self {
        Self { prefix: "#/components/schemas/", schemas: BTreeMap::new() }
    }

    /// Adds `T` and what it is made of.
    #[must_use]
    pub fn with<T: Input>(mut self) -> Self {
        T::schema(&mut self);
        self
    }

    /// A reference to the schema of `T`, which is called `name`; `describe` makes it where it isn't known yet.
    pub fn define<T: ?Sized>(&mut self, name: &str, describe: impl FnOnce(&mut Self) -> Schema) -> Schema {
        let of = type_name::<T>();
        let mut unique = name.to_owned();
        let mut number = 2;
        loop {
            match self.schemas.get(&unique) {
                Some(known) if known.of == of => break,
                Some(_) => unique = format!("{name}{number}"),
                None => {
                    self.schemas.insert(unique.clone(), Definition { of, schema: Schema::any() });
                    let schema = describe(self);
                    self.schemas.insert(unique.clone(), Definition { of, schema });
                    break;
                }
            }
            number += 1;
        }
        Schema::any().with("$ref", format!("{}{unique}", self.prefix))
    }

    /// The schemas by their names.
    #[must_use]
    pub fn into_schemas(self) -> Map<String, Value> {
        self.schemas.into_iter().map(|(name, definition)| (name, definition.schema.into())).collect()
    }
}

impl Default for Definitions {
    fn default() -> Self {
        Self::new()
    }
}
