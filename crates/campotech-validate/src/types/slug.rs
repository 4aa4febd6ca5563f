//! Names in addresses of pages.

use std::fmt;

use crate::input::ParseText;
use crate::report::{Violation, codes};
use crate::schema::{Definitions, Schema};

/// A name that stands in a URL: 1 to `MAX` of `a-z` and `0-9`, single hyphens between them.
///
/// ASCII, so that no two look alike and none is percent-encoded. Normal form: lower case.
///
/// ```
/// use campotech_validate::Slug;
///
/// let slug: Slug<40> = "Plomeria-24".parse()?;
/// assert_eq!(slug.as_str(), "plomeria-24");
/// assert_eq!("plomería".parse::<Slug<40>>().unwrap_err().code().name, "slug.format");
/// # Ok::<(), campotech_validate::Violation>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Slug<const MAX: usize>(String);

impl<const MAX: usize> Slug<MAX> {
    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name itself.
    #[must_use]
    pub fn into_string(self) -> String {
        self.0
    }
}

impl<const MAX: usize> ParseText for Slug<MAX> {
    fn parse_text(text: &str) -> Result<Self, Violation> {
        if text.chars().count() > MAX {
            return Err(Violation::new(&codes::LENGTH_MAX).with("max", MAX));
        }
        let word = |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if text.split('-').all(word) {
            Ok(Self(text.to_ascii_lowercase()))
        } else {
            Err(Violation::new(&codes::SLUG_FORMAT))
        }
    }

    fn text_schema(_: &mut Definitions) -> Schema {
        let schema = Schema::string().with("maxLength", MAX).with("examples", vec!["plomeria-24"]);
        schema.with("pattern", "^[0-9A-Za-z]+(-[0-9A-Za-z]+)*$")
    }
}

impl<const MAX: usize> fmt::Display for Slug<MAX> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl<const MAX: usize> garde::rules::length::chars::HasChars for Slug<MAX> {
    fn num_chars(&self) -> usize {
        self.0.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_hyphens() {
        for (text, normal) in [("a", "a"), ("2026", "2026"), ("Gas-Y-Agua", "gas-y-agua")] {
            assert_eq!(text.parse::<Slug<10>>().unwrap().as_str(), normal);
        }
        for bad in ["", "-", "a-", "-a", "a--b", "a_b", "a b", "ñ", "a/b", "..", "a\n"] {
            assert_eq!(bad.parse::<Slug<10>>().unwrap_err().code().name, "slug.format", "{bad:?}");
        }
        assert_eq!("12345678901".parse::<Slug<10>>().unwrap_err().code().name, "length.max");
        // Ten characters of eleven bytes are not too long.
        assert_eq!("plomería-2".parse::<Slug<10>>().unwrap_err().code().name, "slug.format");
        assert_eq!(format!("{:?}", "juan-perez".parse::<Slug<10>>().unwrap()), "Slug(10 bytes)");
    }
}
