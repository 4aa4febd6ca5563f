//! A file as it came.

use std::borrow::Cow;
use std::fmt;

use bytes::Bytes;

/// A file of a multipart body before anybody gave it a type.
#[derive(Clone, PartialEq, Eq)]
pub struct FilePart<'a> {
    /// Its name, without a path.
    pub file_name: Cow<'a, str>,
    /// The type that the client gives it, without parameters; what is in it may be something else.
    pub media_type: Option<&'a str>,
    /// What is in it: a piece of the body, not a copy.
    pub bytes: Bytes,
}

// Name and content are the client's.
impl fmt::Debug for FilePart<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FilePart({} bytes)", self.bytes.len())
    }
}
