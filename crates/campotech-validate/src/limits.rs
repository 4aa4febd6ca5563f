//! What a body may cost before it is looked at.

/// The limits of a body; a request extension of this type replaces the defaults.
///
/// They hold while the body is read and taken apart, before any of it is given a type. Over `bytes` is a 413, over any
/// other a 400 of its own.
///
/// # Defaults
/// 256 KiB, 32 levels, 131,072 values, 16,384 members of one object, 256 KiB of one text, 128 fields of a form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    bytes: usize,
    depth: usize,
    nodes: usize,
    keys: usize,
    string: usize,
    fields: usize,
}

impl Limits {
    /// The deepest nesting that can be allowed: the parser recurses, and the stack is small.
    pub const DEEPEST: usize = 128;

    /// The most fields of a form that can be allowed: their names are compared one by one.
    pub const MOST_FIELDS: usize = 1_024;

    /// The defaults.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            bytes: 256 * 1024,
            depth: 32,
            nodes: 128 * 1024,
            keys: 16 * 1024,
            string: 256 * 1024,
            fields: 128,
        }
    }

    /// The largest body, in bytes.
    #[must_use]
    pub const fn with_bytes(mut self, bytes: usize) -> Self {
        self.bytes = bytes;
        self
    }

    /// The deepest nesting of arrays and objects, at most [`DEEPEST`](Self::DEEPEST): `json.depth`.
    #[must_use]
    pub const fn with_depth(mut self, depth: usize) -> Self {
        self.depth = if depth < Self::DEEPEST { depth } else { Self::DEEPEST };
        self
    }

    /// The most values of a JSON body, containers among them: `json.nodes`.
    #[must_use]
    pub const fn with_nodes(mut self, nodes: usize) -> Self {
        self.nodes = nodes;
        self
    }

    /// The most members of one JSON object: `json.keys`.
    #[must_use]
    pub const fn with_keys(mut self, keys: usize) -> Self {
        self.keys = keys;
        self
    }

    /// The longest text, name of a member, or field of a form that is no file, in bytes: `body.string`.
    #[must_use]
    pub const fn with_string(mut self, string: usize) -> Self {
        self.string = string;
        self
    }

    /// The most fields of a form, at most [`MOST_FIELDS`](Self::MOST_FIELDS): `form.fields`.
    #[must_use]
    pub const fn with_fields(mut self, fields: usize) -> Self {
        self.fields = if fields < Self::MOST_FIELDS { fields } else { Self::MOST_FIELDS };
        self
    }

    /// The largest body, in bytes.
    #[must_use]
    pub const fn bytes(&self) -> usize {
        self.bytes
    }

    /// The deepest nesting.
    #[must_use]
    pub const fn depth(&self) -> usize {
        self.depth
    }

    /// The most values.
    #[must_use]
    pub const fn nodes(&self) -> usize {
        self.nodes
    }

    /// The most members of one object.
    #[must_use]
    pub const fn keys(&self) -> usize {
        self.keys
    }

    /// The longest text, in bytes.
    #[must_use]
    pub const fn string(&self) -> usize {
        self.string
    }

    /// The most fields of a form.
    #[must_use]
    pub const fn fields(&self) -> usize {
        self.fields
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self::new()
    }
}
