//! What can be read from outside.

use std::borrow::Cow;

use crate::json::Node;
use crate::report::{Place, Violation, codes};

use super::Object;
use crate::schema::{Definitions, Members, Schema};

/// A type that is read from a body, a query or a path. [`input!`](crate::input) writes it for structs and enums, and
/// [`ParseText`] brings it to types that are made from a text.
pub trait Input: Sized {
    /// Whether its members stand beside those of the struct that holds it, as those of [`Flat`](super::Flat) do.
    const BESIDE: bool = false;

    /// How many `Option`s it is.
    const OPTIONS: usize = 0;

    /// Whether it is a list, or one in an `Option`: rules about its length hold even where an item can't be read.
    const LIST: bool = false;

    /// Reads a value; what is wrong with it is reported at `place`, and then there is none.
    fn read(node: Node<'_>, place: &Place<'_>) -> Option<Self>;

    /// The value where none was sent.
    fn absent(place: &Place<'_>) -> Option<Self> {
        place.report(&codes::MISSING);
        None
    }

    /// Takes its member `name` from `object`.
    fn take(object: &mut Object<'_, '_>, name: &'static str) -> Option<Self> {
        object.take(name)
    }

    /// What it looks like; structs and enums are among the `definitions`.
    fn schema(definitions: &mut Definitions) -> Schema {
        let _ = definitions;
        Schema::any()
    }

    /// Describes the members that stand [beside](Self::BESIDE) others.
    fn describe_beside(definitions: &mut Definitions, members: &mut Members) {
        let _ = (definitions, members);
    }
}

/// A struct that is read from the members of an object, alone or (in [`Flat`](super::Flat)) beside others.
pub trait Fields: Sized {
    /// Takes the members it knows, and applies its rules.
    fn read_fields(object: &mut Object<'_, '_>) -> Option<Self>;

    /// Describes the members it knows, with those of its rules that a schema can say.
    fn describe(definitions: &mut Definitions, members: &mut Members);
}

/// A type that is made from a text.
pub trait ParseText: Sized {
    /// Makes the value in its normal form.
    ///
    /// # Errors
    /// The rule that the text breaks; it never repeats the text.
    fn parse_text(text: &str) -> Result<Self, Violation>;

    /// As [`parse_text`](Self::parse_text), of a text that may be kept as it is.
    ///
    /// # Errors
    /// Those of [`parse_text`](Self::parse_text).
    fn parse_owned(text: Cow<'_, str>) -> Result<Self, Violation> {
        Self::parse_text(&text)
    }

    /// What the text looks like, as far as a schema can say.
    fn text_schema(definitions: &mut Definitions) -> Schema {
        let _ = definitions;
        Schema::string()
    }
}

impl<T: ParseText> Input for T {
    fn read(node: Node<'_>, place: &Place<'_>) -> Option<Self> {
        let (Node::Text(text) | Node::Parameter(text)) = node else {
            place.report(Violation::new(&codes::TYPE).with("expected", "string"));
            return None;
        };
        T::parse_owned(text).map_err(|violation| place.report(violation)).ok()
    }

    fn schema(definitions: &mut Definitions) -> Schema {
        T::text_schema(definitions)
    }
}

/// Reads a text of our own making, from a store for example; an error names the code only.
///
/// # Errors
/// No text, or one that is not valid.
pub fn deserialize<'de, T: ParseText, D: serde::Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    use serde::de::{Deserialize as _, Error as _};

    // serde's own errors repeat what stands in the place of the text.
    let text = Cow::<'de, str>::deserialize(deserializer);
    let text = text.map_err(|_| D::Error::custom(codes::TYPE.name))?;
    T::parse_text(&text).map_err(|violation| D::Error::custom(violation.code().name))
}
