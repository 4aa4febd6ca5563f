//! One line stays one line: what a terminal or a log reader would act on is written as an escape.

use std::fmt::{self, Write};

/// A value is cut after so many bytes as they are written, and so are the values of an event or a span together: with a
/// message, an event and a span a line stays below the 16 KiB at which container runtimes split it.
pub(super) const LONGEST: usize = 3_072;
/// But each may have so many.
const LEAST: usize = 64;

/// Whether a text is written as it is in every style: an id, a path, a word.
pub(super) fn is_plain(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b':' | b'/');
    !text.is_empty() && text.bytes().all(plain)
}

/// How the text around it is read back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    /// Within a string of JSON: `"`, `\`, and everything else as `\uXXXX`.
    Json,
    /// Within quotes of a text line: `"`, `\`, and everything else as `\u{x}`.
    Quoted,
    /// Bare in a text line.
    Bare,
}

/// Writes on what it is given, escaped and cut.
pub(super) struct Escape<'a> {
    out: &'a mut dyn Write,
    style: Style,
    left: usize,
    cut: bool,
}

/// Finds out whether a value can stand bare in a text line.
#[derive(Default)]
pub(super) struct Bare {
    written: bool,
    quotes: bool,
}

/// Control characters (C0 with ANSI's escape, DEL, C1 with its one-byte CSI), line and paragraph separators, and what
/// turns or hides text.
fn acts(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}')
        || matches!(c, '\u{2060}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

impl<'a> Escape<'a> {
    pub(super) const fn new(out: &'a mut dyn Write, style: Style) -> Self {
        Self { out, style, left: LONGEST, cut: false }
    }

    fn within(out: &'a mut dyn Write, style: Style, left: usize) -> Self {
        Self { out, style, left: left.max(LEAST), cut: false }
    }

    /// Writes a value of which `left` bytes may come, and takes what it needs from them.
    pub(super) fn value(
        out: &'a mut dyn Write,
        style: Style,
        left: &mut usize,
        value: fmt::Arguments<'_>,
    ) -> fmt::Result {
        let mut escape = Self::within(out, style, *left);
        let before = escape.left;
        escape.write_fmt(value)?;
        let used = if escape.cut { before } else { before - escape.left };
        *left = left.saturating_sub(used);
        Ok(())
    }

    fn acts(&self, c: char) -> bool {
        acts(c) || (self.style != Style::Bare && matches!(c, '"' | '\\'))
    }

    /// How many bytes [`escaped`](Self::escaped) writes.
    const fn width(&self, c: char) -> usize {
        match (c, self.style) {
            ('\n' | '\r' | '\t' | '"' | '\\', _) => 2,
            (_, Style::Json) => 6,
            // All that acts has four hexadecimal digits at most.
            (c, _) => match c as u32 {
                0..=0xf => 5,
                0x10..=0xff => 6,
                0x100..=0xfff => 7,
                _ => 8,
            },
        }
    }

    fn escaped(&mut self, c: char) -> fmt::Result {
        match (c, self.style) {
            ('\n', _) => self.out.write_str("\\n"),
            ('\r', _) => self.out.write_str("\\r"),
            ('\t', _) => self.out.write_str("\\t"),
            ('"', _) => self.out.write_str("\\\""),
            ('\\', _) => self.out.write_str("\\\\"),
            // All of them are in the basic plane, so four digits do.
            (c, Style::Json) => write!(self.out, "\\u{:04x}", u32::from(c)),
            (c, _) => write!(self.out, "\\u{{{:x}}}", u32::from(c)),
        }
    }
}

impl Write for Escape<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        if self.cut {
            return Ok(());
        }
        let mut plain = 0;
        for (at, c) in text.char_indices() {
            let acts = self.acts(c);
            let width = if acts { self.width(c) } else { c.len_utf8() };
            if self.left < width {
                self.cut = true;
                self.out.write_str(&text[plain..at])?;
                return self.out.write_char('…');
            }
            self.left -= width;
            if acts {
                self.out.write_str(&text[plain..at])?;
                self.escaped(c)?;
                plain = at + c.len_utf8();
            }
        }
        self.out.write_str(&text[plain..])
    }
}

impl Bare {
    pub(super) fn can_write(value: fmt::Arguments<'_>) -> bool {
        let mut bare = Self::default();
        bare.write_fmt(value).is_ok() && bare.written && !bare.quotes
    }
}

impl Write for Bare {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.written |= !text.is_empty();
        self.quotes |= text.chars().any(|c| acts(c) || c.is_whitespace() || matches!(c, '"' | '\\' | '='));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn escaped(text: &str, style: Style) -> String {
        let mut out = String::new();
        Escape::new(&mut out, style).write_str(text).unwrap();
        out
    }

    const HOSTILE: &str = "a\n\r\u{1b}[31m\u{9b}1m\u{7f}\u{85}\u{2028}\u{2029}\u{202e}\u{feff}\u{0}\"\\é🔧";

    #[test]
    fn nothing_that_acts_is_left() {
        for style in [Style::Json, Style::Quoted, Style::Bare] {
            let out = escaped(HOSTILE, style);
            assert!(!out.chars().any(acts), "{out:?}");
            assert!(out.ends_with("é🔧"));
        }
        let json = format!("\"{}\"", escaped(HOSTILE, Style::Json));
        assert_eq!(serde_json::from_str::<String>(&json).unwrap(), HOSTILE, "and JSON loses nothing");
        assert_eq!(escaped("a\u{1b}b\n\"", Style::Quoted), r#"a\u{1b}b\n\""#);
        assert_eq!(escaped("\"\\", Style::Bare), "\"\\");
    }

    #[test]
    fn a_long_value_is_cut_once_and_between_characters() {
        let mut out = String::new();
        let mut escape = Escape::new(&mut out, Style::Json);
        for _ in 0..3 {
            escape.write_str(&"é".repeat(LONGEST)).unwrap();
        }
        assert_eq!(out, "é".repeat(LONGEST / 2) + "…");
        assert_eq!(escaped(&"x".repeat(LONGEST), Style::Json).len(), LONGEST, "exactly fits");
    }

    #[test]
    fn what_is_written_counts_and_not_what_it_was() {
        for style in [Style::Json, Style::Quoted, Style::Bare] {
            for c in HOSTILE.chars().chain(['\u{61c}', '\u{200b}', '\u{2066}']) {
                let mut out = String::new();
                let mut escape = Escape::new(&mut out, style);
                escape.write_char(c).unwrap();
                assert_eq!(LONGEST - escape.left, out.len(), "{c:?} as {style:?}");
            }
            let out = escaped(&"\u{1b}".repeat(LONGEST), style);
            assert!(out.len() <= LONGEST + '…'.len_utf8() && out.ends_with('…'), "{}", out.len());
        }
    }

    #[test]
    fn only_what_can_be_read_back_stands_bare() {
        for bare in ["/api/v1/jobs/{id}", "200", "é", "a:b,c"] {
            assert!(Bare::can_write(format_args!("{bare}")), "{bare}");
        }
        for quoted in ["", "a b", "a=b", "\"", "\\", "a\n", "\u{a0}", "\u{1b}"] {
            assert!(!Bare::can_write(format_args!("{quoted}")), "{quoted:?}");
        }
    }
}
