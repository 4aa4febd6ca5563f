//! Rich text.

use std::borrow::Cow;
use std::fmt;

use super::super::guard;
use super::{clean, cost, plain};
use crate::input::ParseText;
use crate::report::{Violation, codes};
use crate::schema::{Definitions, Schema};

/// HTML that a browser may show as it is, of 1 to `MAX` visible characters (code points): a note with emphasis, lists, links.
///
/// It is sanitised where it is made, by a list of what is kept; all else is left out without a word. That is the normal form,
/// and reading it again changes nothing. It belongs into the content of an element: in an attribute, a script or a style it is
/// as dangerous as any text.
///
/// | kept | |
/// |---|---|
/// | blocks | `p` `div` `h1` to `h6` `blockquote` `pre` `hr` `br` |
/// | lists | `ul` `ol` `li` |
/// | tables | `table` `caption` `thead` `tbody` `tfoot` `tr` `th` `td` |
/// | within a line | `strong` `b` `em` `i` `u` `s` `sub` `sup` `code` |
/// | links | `a` with `href`: `https://` and `http://` without a user's name, `mailto:`, `tel:` |
///
/// No other attribute is kept: no `style`, `class`, `id`, no handler. Every link gets `rel="noopener noreferrer nofollow"`; one
/// whose `href` isn't kept is no link any more. Of other elements the content stays, but for those whose content is no text
/// of the page, such as `script`, `style`, `title`, `template`, `iframe`, `svg` and `math`: they go with all that is in them.
/// Comments go, too. There are no images, since whoever serves one learns who reads the note, and when.
///
/// Normal form: NFC, `\n` for every line break, every element closed, characters as themselves (but for `&amp;`, `&lt;`, `&gt;`,
/// `&quot;` and `&nbsp;`), no space around it, no line break at the beginning of a `pre`. What
/// [`MultilineText`](crate::MultilineText) refuses is refused here, too, as itself or as a reference (`&#x202e;`).
///
/// # Limits
/// More than [`BYTES`](Self::BYTES) bytes with the markup are refused before they are looked at (`html.long`). So is, as
/// `html.complex`, what could take a parser long: more than 1,024 `<` (tags, those of ends too), 16 attributes in one of them or 4 KiB of
/// it, or many different elements such as `<b class=...>`, which a paragraph opens again where they are not closed. Both hold for
/// the normal form, too, and what is kept is at most 32 elements deep.
///
/// ```
/// use campotech_validate::RichHtml;
///
/// let note: RichHtml<400> = "<p onclick=alert(1)>Cambiar la <b>válvula</b><script>alert(1)</script>".parse()?;
/// assert_eq!(note.as_str(), "<p>Cambiar la <b>válvula</b></p>");
/// assert_eq!(note.text(), "Cambiar la válvula");
/// assert_eq!("<p>&nbsp;</p>".parse::<RichHtml<400>>().unwrap_err().code().name, "length.min");
/// # Ok::<(), campotech_validate::Violation>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RichHtml<const MAX: usize>(String);

impl<const MAX: usize> RichHtml<MAX> {
    /// How many bytes are looked at, markup included.
    pub const BYTES: usize = cost::BYTES;

    /// The HTML.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The HTML itself.
    #[must_use]
    pub fn into_string(self) -> String {
        self.0
    }

    /// What one sees of it, for a search or a notification: a line for each block, tabs between the cells of a table. No HTML: a
    /// `<` in it is the character.
    #[must_use]
    pub fn text(&self) -> String {
        plain::text(&self.0)
    }
}

impl<const MAX: usize> ParseText for RichHtml<MAX> {
    fn parse_text(text: &str) -> Result<Self, Violation> {
        Self::parse_owned(text.into())
    }

    fn parse_owned(text: Cow<'_, str>) -> Result<Self, Violation> {
        cost::check_length(&text)?;
        let text = guard::unix(text);
        guard::check(&text, true)?;
        let html = clean::normal(&text)?;
        // What was written as a reference is a character now, and what stood apart may stand together.
        let seen = plain::text(&html);
        guard::check(&html, true)?;
        guard::check(&seen, true)?;
        match seen.chars().count() {
            0 => Err(Violation::new(&codes::LENGTH_MIN).with("min", 1)),
            length if length > MAX => Err(Violation::new(&codes::LENGTH_MAX).with("max", MAX)),
            _ => Ok(Self(html)),
        }
    }

    fn text_schema(_: &mut Definitions) -> Schema {
        // With the markup: how many characters are seen, a schema can't say.
        let schema = Schema::string().with("minLength", 1).with("maxLength", Self::BYTES);
        schema
            .with("contentMediaType", "text/html")
            .with("examples", vec!["<p>Cambiar la <b>válvula</b></p>"])
    }
}

impl<const MAX: usize> fmt::Display for RichHtml<MAX> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// `length(chars, ...)` counts what is seen.
impl<const MAX: usize> garde::rules::length::chars::HasChars for RichHtml<MAX> {
    fn num_chars(&self) -> usize {
        self.text().chars().count()
    }
}
