//! A parsed value before anybody gave it a type.

use std::borrow::Cow;
use std::fmt;

use crate::multipart::FilePart;

/// A JSON value, or a parameter of a path, a query, a header or a form.
#[derive(Clone, PartialEq)]
pub enum Node<'a> {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number, exactly as it was written.
    Number(&'a str),
    /// A string.
    Text(Cow<'a, str>),
    /// A parameter: text that may stand for a number or a truth value, too.
    Parameter(Cow<'a, str>),
    /// A file of a multipart body; in a box, since other nodes are small and many.
    File(Box<FilePart<'a>>),
    /// An array.
    Array(Vec<Node<'a>>),
    /// An object, its members in their order, no name twice.
    Object(Vec<(Cow<'a, str>, Node<'a>)>),
}

// The content is the client's, so `{:?}` shows only what sort of thing it is.
impl fmt::Debug for Node<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("Null"),
            Self::Bool(_) => f.write_str("Bool"),
            Self::Number(_) => f.write_str("Number"),
            Self::Text(_) => f.write_str("Text"),
            Self::Parameter(_) => f.write_str("Parameter"),
            Self::File(part) => part.fmt(f),
            Self::Array(items) => write!(f, "Array({})", items.len()),
            Self::Object(members) => write!(f, "Object({})", members.len()),
        }
    }
}
