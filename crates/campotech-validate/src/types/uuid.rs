//! Identifiers.

use std::fmt;

use crate::input::ParseText;
use crate::report::{Violation, codes};
use crate::schema::{Definitions, Schema};

/// A UUID of RFC 9562, written with hyphens: no braces, no `urn:`, no bare digits.
///
/// Versions 1 to 8 of the RFC's variant, nil and max. Normal form: lower case.
///
/// ```
/// use campotech_validate::Uuid;
///
/// let id: Uuid = "0190A6C4-7B3E-7CC0-98C4-DC0C0C07398F".parse()?;
/// assert_eq!(id.to_string(), "0190a6c4-7b3e-7cc0-98c4-dc0c0c07398f");
/// assert!("0190a6c47b3e7cc098c4dc0c0c07398f".parse::<Uuid>().is_err());
/// # Ok::<(), campotech_validate::Violation>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Uuid([u8; 16]);

impl Uuid {
    /// A new one of version 7.
    #[must_use]
    pub fn generate() -> Self {
        Self(uuid::Uuid::now_v7().into_bytes())
    }

    /// The one with these bytes, which the service made itself.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The sixteen bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl ParseText for Uuid {
    fn parse_text(text: &str) -> Result<Self, Violation> {
        let hyphenated = text.len() == 36 && [8, 13, 18, 23].iter().all(|&at| text.as_bytes()[at] == b'-');
        let parsed = if hyphenated { uuid::Uuid::try_parse(text).ok() } else { None };
        match parsed {
            Some(id) if id.is_nil() || id.is_max() => Ok(Self(id.into_bytes())),
            Some(id)
                if id.get_variant() == uuid::Variant::RFC4122 && (1..=8).contains(&id.get_version_num()) =>
            {
                Ok(Self(id.into_bytes()))
            }
            _ => Err(Violation::new(&codes::UUID_INVALID)),
        }
    }

    fn text_schema(_: &mut Definitions) -> Schema {
        let form = "^([0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[1-8][0-9a-fA-F]{3}-[89abAB][0-9a-fA-F]{3}-[0-9a-fA-F]{12}\
                    |0{8}-0{4}-0{4}-0{4}-0{12}|[fF]{8}-[fF]{4}-[fF]{4}-[fF]{4}-[fF]{12})$";
        Schema::string().with("format", "uuid").with("pattern", form)
    }
}

impl fmt::Display for Uuid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        uuid::Uuid::from_bytes(self.0).hyphenated().fmt(f)
    }
}

impl fmt::Debug for Uuid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Uuid({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_hyphenated_form_is_taken() {
        let id: Uuid = "0190A6C4-7B3E-7CC0-98C4-DC0C0C07398F".parse().unwrap();
        assert_eq!(id.to_string(), "0190a6c4-7b3e-7cc0-98c4-dc0c0c07398f");
        assert!("00000000-0000-0000-0000-000000000000".parse::<Uuid>().is_ok());
        assert_eq!(Uuid::generate().to_string().parse::<Uuid>().map(|id| id.to_string().len()), Ok(36));
        for bad in [
            "",
            "0190a6c47b3e7cc098c4dc0c0c07398f",
            "{0190a6c4-7b3e-7cc0-98c4-dc0c0c07398f}",
            "urn:uuid:0190a6c4-7b3e-7cc0-98c4-dc0c0c07398f",
            "0190a6c4-7b3e-0cc0-98c4-dc0c0c07398f",
            "0190a6c4-7b3e-7cc0-18c4-dc0c0c07398f",
            "0190a6c4-7b3e-7cc0-98c4-dc0c0c07398g",
            "0190a6c4-7b3e-7cc0-98c4-dc0c0c0739ñ",
            "../",
        ] {
            assert!(bad.parse::<Uuid>().is_err(), "{bad}");
        }
    }
}
