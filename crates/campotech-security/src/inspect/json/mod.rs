//! JSON text (RFC 8259) in one pass, without a tree and without recursion.

mod keys;
mod limits;
mod place;
mod pointer;
mod scan;

pub(super) use keys::unescape;
pub use limits::JsonLimits;
pub(super) use limits::positive;
pub(super) use place::Step;
pub(super) use pointer::pointer_at;
pub(super) use scan::{JsonString, check};

use super::finding::Finding;

/// What is wrong, and at which byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct JsonFault {
    pub(super) finding: Finding,
    pub(super) offset: usize,
}

#[cfg(test)]
mod tests;
