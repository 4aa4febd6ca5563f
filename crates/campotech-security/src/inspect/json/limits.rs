//! How deep, how many, how long.

use super::super::finding::Finding;
use crate::ConfigError;

/// Limits for JSON bodies.
///
/// # Defaults
/// 64 levels, 10 000 values and as many elements of an array, names of 256 bytes, strings of 64 KiB (both as they are written,
/// escapes included), numbers of 128 characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JsonLimits {
    pub(super) depth: usize,
    pub(super) nodes: usize,
    pub(super) key_length: usize,
    pub(super) string_length: usize,
    pub(super) array_length: usize,
    pub(super) number_length: usize,
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

    /// Allows arrays of so many elements.
    ///
    /// # Errors
    /// [`ConfigError::Range`] for 0.
    pub fn with_array_length(self, array_length: usize) -> Result<Self, ConfigError> {
        Ok(Self { array_length: positive(array_length, "the length of arrays in JSON")?, ..self })
    }

    /// Allows numbers of so many characters: an endless one is work for whoever reads it.
    ///
    /// # Errors
    /// [`ConfigError::Range`] for 0.
    pub fn with_number_length(self, number_length: usize) -> Result<Self, ConfigError> {
        Ok(Self { number_length: positive(number_length, "the length of numbers in JSON")?, ..self })
    }

    /// The limit that a finding is about.
    pub(in crate::inspect) const fn crossed(&self, finding: Finding) -> Option<usize> {
        match finding {
            Finding::JsonDepth => Some(self.depth),
            Finding::JsonNodes => Some(self.nodes),
            Finding::JsonKeyLength => Some(self.key_length),
            Finding::JsonStringLength => Some(self.string_length),
            Finding::JsonArrayLength => Some(self.array_length),
            Finding::JsonNumberLength => Some(self.number_length),
            _ => None,
        }
    }
}

pub(in crate::inspect) fn positive(limit: usize, what: &'static str) -> Result<usize, ConfigError> {
    if limit == 0 { Err(ConfigError::Range(what, "1 or more")) } else { Ok(limit) }
}

impl Default for JsonLimits {
    fn default() -> Self {
        Self {
            depth: 64,
            nodes: 10_000,
            key_length: 256,
            string_length: 64 << 10,
            array_length: 10_000,
            number_length: 128,
        }
    }
}
