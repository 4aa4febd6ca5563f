//! One step of a trace.

use std::fmt;

use super::source::{Source, made};

/// A W3C span id (`parent-id`): 8 bytes, not all zero, shown as 16 lower-case hex digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct SpanId([u8; 8]);

impl SpanId {
    /// A new random span id.
    #[must_use]
    pub fn generate() -> Self {
        Self::of_bits(made(Source::bits))
    }

    /// All zero is one in 2^64, and then it is 1.
    pub(super) fn of_bits(bits: u64) -> Self {
        Self(bits.max(1).to_be_bytes())
    }

    /// The id of these bytes, unless they are all zero.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 8]) -> Option<Self> {
        (bytes != [0; 8]).then_some(Self(bytes))
    }

    /// The eight bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 8] {
        &self.0
    }
}

impl fmt::Debug for SpanId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SpanId({self})")
    }
}

impl fmt::Display for SpanId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", u64::from_be_bytes(self.0))
    }
}
