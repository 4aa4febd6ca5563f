//! One fault of the input.

use std::borrow::Cow;

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use serde_json::{Map, Value};

/// Where a fault of the input is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FaultLocation {
    /// In the body: an RFC 6901 pointer in fragment form, in wire names, such as `#/items/3/price`.
    Pointer(String),
    /// In the query string: the parameter's name as documented.
    Query(Cow<'static, str>),
    /// In the path: the parameter's name in the route template.
    Path(Cow<'static, str>),
    /// In a header: its name.
    Header(Cow<'static, str>),
}

/// One fault of the input, as a member of a problem's `errors`.
///
/// `code` and `params` are for programs and never change with the language; nothing in here repeats the input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Where it is.
    pub location: FaultLocation,
    /// What is wrong, as a stable code such as `length.max`.
    pub code: Cow<'static, str>,
    /// The limits that were crossed, such as `{"max": 100}`.
    pub params: Map<String, Value>,
    /// What is wrong, for people.
    pub detail: Cow<'static, str>,
}

impl Serialize for Fault {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        match &self.location {
            FaultLocation::Pointer(pointer) => map.serialize_entry("pointer", pointer)?,
            FaultLocation::Query(name) => entries(&mut map, "query", name)?,
            FaultLocation::Path(name) => entries(&mut map, "path", name)?,
            FaultLocation::Header(name) => entries(&mut map, "header", name)?,
        }
        map.serialize_entry("code", &self.code)?;
        if !self.params.is_empty() {
            map.serialize_entry("params", &self.params)?;
        }
        map.serialize_entry("detail", &self.detail)?;
        map.end()
    }
}

/// Whether a member's name that a client made up may be told back to it.
///
/// Only what can't be anything but a name: ASCII letters, `_`, `-`, up to three digits, 1 to 32 characters. So no markup, no
/// address and no telephone number gets into an answer or a log by way of a name.
#[must_use]
pub fn tellable_name(name: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-');
    (1..=32).contains(&name.len())
        && name.bytes().all(allowed)
        && name.bytes().filter(u8::is_ascii_digit).count() <= 3
}

fn entries<M: SerializeMap>(map: &mut M, place: &'static str, name: &str) -> Result<(), M::Error> {
    map.serialize_entry("in", place)?;
    map.serialize_entry("name", name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_can_be_nothing_but_a_name_is_told_back() {
        for name in ["colour", "__proto__", "line-2", "sha256", &"x".repeat(32)] {
            assert!(tellable_name(name), "{name}");
        }
        for other in ["", "a b", "<script>", "a@b", "5493435551212", "dni30123", "a.b", "ñ", &"x".repeat(33)]
        {
            assert!(!tellable_name(other), "{other}");
        }
    }
}
