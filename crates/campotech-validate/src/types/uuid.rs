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

    /// The one with these bytes; None for a version or variant that is not taken as text either.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 16]) -> Option<Self> {
        let id = uuid::Uuid::from_bytes(bytes);
        let known =
            matches!(id.get_variant(), uuid::Variant::RFC4122) && matches!(id.get_version_num(), 1..=8);
        if known || id.is_nil() || id.is_max() { Some(Self(bytes)) } else { None }
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
        let known = parsed.and_then(|id| Self::from_bytes(id.into_bytes()));
        known.ok_or_else(|| Violation::new(&codes::UUID_INVALID))
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
    fn bytes_that_are_taken_can_be_read_back() {
        use proptest::prelude::*;
        assert!(Uuid::from_bytes([0; 16]).is_some() && Uuid::from_bytes([255; 16]).is_some());
        let made = Uuid::generate();
        assert_eq!(Uuid::from_bytes(*made.as_bytes()), Some(made));
        proptest!(|(bytes: [u8; 16], version in 0_u8..16, variant in 0_u8..4)| {
            let mut bytes = bytes;
            bytes[6] = version << 4 | bytes[6] & 15;
            bytes[8] = variant << 6 | bytes[8] & 63;
            let id = Uuid::from_bytes(bytes);
            prop_assert_eq!(id.is_some(), (1..=8).contains(&version) && variant == 2);
            if let Some(id) = id {
                prop_assert_eq!(id.to_string().parse(), Ok(id));
            }
        });
    }

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
