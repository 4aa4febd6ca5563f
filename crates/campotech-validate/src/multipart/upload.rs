//! A file that was sent in a form.

use std::fmt;

use bytes::Bytes;

use crate::input::Input;
use crate::json::Node;
use crate::report::{Place, Violation, codes};
use crate::schema::{Definitions, Schema};

/// A file of a multipart body, of up to `MAX` bytes.
///
/// Its name has neither a path nor control characters; it is still the client's, and no name for a file of ours. What
/// sort of file it is, a `check` decides by its first bytes: the media type is what the client says it is.
#[derive(Clone, PartialEq, Eq)]
pub struct Upload<const MAX: usize> {
    file_name: String,
    media_type: Option<String>,
    bytes: Bytes,
}

impl<const MAX: usize> Upload<MAX> {
    /// The name that the client gives it.
    #[must_use]
    pub fn file_name(&self) -> &str {
        &self.file_name
    }

    /// The media type that the client gives it, in lower case and without parameters.
    #[must_use]
    pub fn media_type(&self) -> Option<&str> {
        self.media_type.as_deref()
    }

    /// What is in it.
    #[must_use]
    pub const fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// What is in it, and nothing else of it.
    #[must_use]
    pub fn into_bytes(self) -> Bytes {
        self.bytes
    }
}

impl<const MAX: usize> Input for Upload<MAX> {
    fn read(node: Node<'_>, place: &Place<'_>) -> Option<Self> {
        let Node::File(part) = node else {
            place.report(Violation::new(&codes::TYPE).with("expected", "file"));
            return None;
        };
        if part.bytes.len() > MAX {
            place.report(Violation::new(&codes::FILE_SIZE).with("max", MAX));
            return None;
        }
        Some(Self {
            file_name: part.file_name.into_owned(),
            media_type: part.media_type.map(str::to_ascii_lowercase),
            bytes: part.bytes,
        })
    }

    fn schema(_: &mut Definitions) -> Schema {
        Schema::string().with("contentMediaType", "application/octet-stream")
    }
}

// Name and content are the client's.
impl<const MAX: usize> fmt::Debug for Upload<MAX> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Upload({} bytes)", self.bytes.len())
    }
}
