//! Text of several lines.

use std::borrow::Cow;
use std::fmt;

use super::guard;
use crate::input::ParseText;
use crate::report::Violation;
use crate::schema::{Definitions, LINES, Schema};

/// Up to `MAX` characters (code points) on any number of lines: a description. It may be empty.
///
/// Normal form: NFC, `\n` for every line break, no space around it. What [`PlainText`](super::PlainText) refuses is
/// refused here too, but for line breaks and tabs.
///
/// ```
/// use campotech_validate::MultilineText;
///
/// let text: MultilineText<40> = "uno\r\n\tdos\n".parse()?;
/// assert_eq!(text.as_str(), "uno\n\tdos");
/// # Ok::<(), campotech_validate::Violation>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MultilineText<const MAX: usize>(String);

impl<const MAX: usize> MultilineText<MAX> {
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

impl<const MAX: usize> ParseText for MultilineText<MAX> {
    fn parse_text(text: &str) -> Result<Self, Violation> {
        Self::parse_owned(text.into())
    }

    fn parse_owned(text: Cow<'_, str>) -> Result<Self, Violation> {
        guard::normal(text, MAX, true).map(Self)
    }

    fn text_schema(_: &mut Definitions) -> Schema {
        Schema::string().with("maxLength", MAX).with("pattern", LINES)
    }
}

impl<const MAX: usize> fmt::Display for MultilineText<MAX> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<const MAX: usize> garde::rules::length::chars::HasChars for MultilineText<MAX> {
    fn num_chars(&self) -> usize {
        self.0.chars().count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_kept_and_their_breaks_unified() {
        let text: MultilineText<40> = "\r\nuno\r\n\tdos\rtres\n".parse().unwrap();
        assert_eq!(text.as_str(), "uno\n\tdos\ntres");
        assert_eq!("".parse::<MultilineText<4>>().unwrap().as_str(), "");
        for bad in ["a\u{0}b", "a\u{202e}b", "a\u{2028}b", "a\u{b}b", "cinco"] {
            assert!(bad.parse::<MultilineText<4>>().is_err(), "{bad:?}");
        }
    }
}
