//! JSON text (RFC 8259) in one pass, without a tree and without recursion.

mod keys;
mod limits;
mod pointer;
mod scan;

pub use limits::JsonLimits;
pub(super) use pointer::pointer_at;
pub(super) use scan::check;

use super::finding::Finding;

/// What is wrong, and at which byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct JsonFault {
    pub(super) finding: Finding,
    pub(super) offset: usize,
}

#[cfg(test)]
mod tests;
