//! What a body may cost before it is looked at.

/// The limits of a body; a request extension of this type replaces the defaults for the extractors.
///
/// # Defaults
/// 256 KiB, 32 levels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    bytes: usize,
    depth: usize,
}

impl Limits {
    /// The deepest nesting that can be allowed: the parser recurses, and the stack is small.
    pub const DEEPEST: usize = 128;

    /// The defaults.
    #[must_use]
    pub const fn new() -> Self {
        Self { bytes: 256 * 1024, depth: 32 }
    }

    /// The largest body, in bytes; a larger one is a 413.
    #[must_use]
    pub const fn with_bytes(mut self, bytes: usize) -> Self {
        self.bytes = bytes;
        self
    }

    /// The deepest nesting of arrays and objects, at most [`DEEPEST`](Self::DEEPEST); a deeper body is a 400.
    #[must_use]
    pub const fn with_depth(mut self, depth: usize) -> Self {
        self.depth = if depth < Self::DEEPEST { depth } else { Self::DEEPEST };
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
}

impl Default for Limits {
    fn default() -> Self {
        Self::new()
    }
}
