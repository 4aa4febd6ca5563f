//! How deep, how many, how long.

use super::super::finding::Finding;
use crate::ConfigError;

/// Limits for JSON bodies.
///
/// # Defaults
/// 64 levels, 10 000 values, names of 256 bytes, strings of 64 KiB (both as they are written, escapes included).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JsonLimits {
    pub(super) depth: usize,
    pub(super) nodes: usize,
    pub(super) key_length: usize,
    pub(super) string_length: usize,
}

/// `serde_json` gives up at 128 levels.
const DEEPEST: usize = 127;

impl JsonLimits {
    /// Allows arrays and objects in each other to this depth.
    ///
    /// # Errors
    /// [`ConfigError::Range`] for 0, or for more than `serde_json` reads.
    pub fn with_depth(self, depth: usize) -> Result<Self, ConfigError> {
        match depth {
            1..=DEEPEST => Ok(Self { depth, ..self }),
            _ => Err(ConfigError::Range("the depth of JSON", "1 to 127")),
        }
    }

    /// Allows so many values: members, elements, arrays and objects.
    ///
    /// # Errors
    /// [`ConfigError::Range`] for 0.
    pub fn with_nodes(self, nodes: usize) -> Result<Self, ConfigError> {
        Ok(Self { nodes: positive(nodes, "the number of values in JSON")?, ..self })
    }

    /// Allows names of so many bytes.
    ///
    /// # Errors
    /// [`ConfigError::Range`] for 0.
    pub fn with_key_length(self, key_length: usize) -> Result<Self, ConfigError> {
        Ok(Self { key_length: positive(key_length, "the length of names in JSON")?, ..self })
    }

    /// Allows strings of so many bytes.
    ///
    /// # Errors
    /// [`ConfigError::Range`] for 0.
    pub fn with_string_length(self, string_length: usize) -> Result<Self, ConfigError> {
        Ok(Self { string_length: positive(string_length, "the length of strings in JSON")?, ..self })
    }

    /// The limit that a finding is about.
    pub(in crate::inspect) const fn crossed(&self, finding: Finding) -> Option<usize> {
        match finding {
            Finding::JsonDepth => Some(self.depth),
            Finding::JsonNodes => Some(self.nodes),
            Finding::JsonKeyLength => Some(self.key_length),
            Finding::JsonStringLength => Some(self.string_length),
            _ => None,
        }
    }
}

fn positive(limit: usize, what: &'static str) -> Result<usize, ConfigError> {
    if limit == 0 { Err(ConfigError::Range(what, "1 or more")) } else { Ok(limit) }
}

impl Default for JsonLimits {
    fn default() -> Self {
        Self { depth: 64, nodes: 10_000, key_length: 256, string_length: 64 << 10 }
    }
}
