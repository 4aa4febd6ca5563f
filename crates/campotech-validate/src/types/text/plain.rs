//! One line of text.

use std::borrow::Cow;
use std::fmt;

use super::guard;
use crate::input::ParseText;
use crate::report::{Violation, codes};
use crate::schema::{Definitions, ONE_LINE, Schema};

/// One line of 1 to `MAX` characters (code points): a title, a name.
///
/// Normal form: NFC, no space around it. `<` and `&` are text like any other: encode on output, never on input.
/// Refused: line breaks, control, bidirectional, zero-width and tag characters, noncharacters, heaps of marks.
///
/// ```
/// use campotech_validate::PlainText;
///
/// let title: PlainText<40> = "  Pérdida < 1 l/h ".parse()?;
/// assert_eq!(title.as_str(), "Pérdida < 1 l/h");
/// assert_eq!("Juan\u{202e}nauJ".parse::<PlainText<40>>().unwrap_err().code().name, "text.bidi");
/// # Ok::<(), campotech_validate::Violation>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PlainText<const MAX: usize>(String);

impl<const MAX: usize> PlainText<MAX> {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The text itself.
    #[must_use]
    pub fn into_string(self) -> String {
        self.0
    }
}

impl<const MAX: usize> ParseText for PlainText<MAX> {
    fn parse_text(text: &str) -> Result<Self, Violation> {
        Self::parse_owned(text.into())
    }

    fn parse_owned(text: Cow<'_, str>) -> Result<Self, Violation> {
        let text = guard::normal(text, MAX, false)?;
        if text.is_empty() { Err(Violation::new(&codes::LENGTH_MIN).with("min", 1)) } else { Ok(Self(text)) }
    }

    fn text_schema(_: &mut Definitions) -> Schema {
        Schema::string().with("minLength", 1).with("maxLength", MAX).with("pattern", ONE_LINE)
    }
}

impl<const MAX: usize> fmt::Display for PlainText<MAX> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<const MAX: usize> garde::rules::length::chars::HasChars for PlainText<MAX> {
    fn num_chars(&self) -> usize {
        self.0.chars().count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(text: &str) -> &'static str {
        text.parse::<PlainText<20>>().map_or_else(|v| v.code().name, |_| "ok")
    }

    #[test]
    fn text_is_kept_and_normalised() {
        let text: PlainText<20> = "  <b>Cafe\u{301} & Ñandú\t".parse().unwrap();
        assert_eq!(text.as_str(), "<b>Café & Ñandú");
        assert_eq!(code("👩‍🔧 می‌خواهم"), "ok");
        assert_eq!(code(&"ñ".repeat(20)), "ok");
        assert_eq!(code(&"n\u{303}".repeat(20)), "ok");
    }

    #[test]
    fn what_cannot_be_seen_is_refused() {
        for (text, expected) in [
            ("", "length.min"),
            (" \t ", "length.min"),
            ("a\nb", "text.line"),
            ("a\u{2028}b", "text.line"),
            ("a\tb", "text.control"),
            ("a\0b", "text.control"),
            ("a\u{85}b", "text.control"),
            ("Juan\u{202e}nauJ", "text.bidi"),
            ("a\u{200f}b", "text.bidi"),
            ("a\u{200b}b", "text.invisible"),
            ("a\u{200d}b", "text.invisible"),
            ("\u{200d}", "text.invisible"),
            ("a\u{feff}b", "text.invisible"),
            ("a\u{e0041}b", "text.invisible"),
            ("a\u{fdd0}b", "text.noncharacter"),
            ("a\u{1ffff}b", "text.noncharacter"),
        ] {
            assert_eq!(code(text), expected, "{text:?}");
        }
        assert_eq!(code(&"x".repeat(21)), "length.max");
        assert_eq!(code(&format!("a{}", "\u{301}".repeat(12))), "text.marks");
        assert_eq!(code(&"\u{301}".repeat(100_000)), "length.max");
    }

    #[test]
    fn the_normal_form_is_a_fixed_point() {
        use proptest::prelude::*;
        proptest!(|(text in ".{0,40}")| {
            if let Ok(first) = text.parse::<PlainText<40>>() {
                let again: PlainText<40> = first.as_str().parse().unwrap();
                prop_assert_eq!(first, again);
            }
        });
    }
}
