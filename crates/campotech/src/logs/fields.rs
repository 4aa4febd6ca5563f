//! The fields of events and spans as pairs: `key=value` or `"key":value`.

use std::error::Error;
use std::fmt::{self, Debug, Write};

use tracing::field::{Field, Visit};

use super::escape::{Bare, Escape, LONGEST, Style, is_plain};

/// What the request's own span says, beside the event's own.
pub(super) const MESSAGE: &str = "message";
/// Fields that tell the tracing of requests what a span is; see tracing-opentelemetry.
const NOT_LOGGED: &str = "otel.";
/// As many names are looked at for repetitions.
const NAMES: usize = 32;

/// Writes pairs for a text line, a space before each.
pub(super) struct TextPairs<'a> {
    out: &'a mut dyn Write,
    first: bool,
    /// For the values together.
    left: usize,
    pub(super) result: fmt::Result,
}

/// Writes pairs for an object of JSON, a comma before each.
pub(super) struct JsonPairs<'a> {
    out: &'a mut dyn Write,
    reserved: &'static [&'static str],
    first: bool,
    names: [&'static str; NAMES],
    count: usize,
    /// For the values together.
    left: usize,
    pub(super) result: fmt::Result,
}

/// Writes the message only.
pub(super) struct Message<'a> {
    out: &'a mut dyn Write,
    style: Style,
    pub(super) result: fmt::Result,
}

/// An error and its causes.
struct Chain<'a>(&'a (dyn Error + 'static));

impl fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)?;
        let mut causes = std::iter::successors(self.0.source(), |cause| (*cause).source());
        causes.try_for_each(|cause| write!(f, ": {cause}"))
    }
}

fn name_of(field: &Field) -> &'static str {
    let name = field.name();
    name.strip_prefix("r#").unwrap_or(name)
}

impl<'a> TextPairs<'a> {
    /// `first`: nothing stands before them.
    pub(super) const fn new(out: &'a mut dyn Write, first: bool) -> Self {
        Self { out, first, left: LONGEST, result: Ok(()) }
    }

    /// Of a span that has written `before` bytes of them already.
    pub(super) const fn after(mut self, before: usize) -> Self {
        self.left = LONGEST.saturating_sub(before);
        self
    }

    fn pair(&mut self, field: &Field, write: impl FnOnce(&mut dyn Write, &mut usize) -> fmt::Result) {
        let name = name_of(field);
        if name == MESSAGE || name.starts_with(NOT_LOGGED) || self.result.is_err() {
            return;
        }
        let space = if std::mem::take(&mut self.first) { "" } else { " " };
        self.result = (|| {
            self.out.write_str(space)?;
            self.out.write_str(name)?;
            self.out.write_str("=")?;
            write(self.out, &mut self.left)
        })();
    }

    fn text(&mut self, field: &Field, value: fmt::Arguments<'_>) {
        self.pair(field, |out, left| {
            let bare = Bare::can_write(value);
            let (quote, style) = if bare { ("", Style::Bare) } else { ("\"", Style::Quoted) };
            out.write_str(quote)?;
            Escape::value(out, style, left, value)?;
            out.write_str(quote)
        });
    }

    /// What is never long.
    fn short(&mut self, field: &Field, value: fmt::Arguments<'_>) {
        self.pair(field, |out, _| out.write_fmt(value));
    }
}

impl Visit for TextPairs<'_> {
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.short(field, format_args!("{value:?}"));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.short(field, format_args!("{value}"));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.short(field, format_args!("{value}"));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.short(field, format_args!("{value}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        if value.len() <= self.left && is_plain(value) {
            return self.pair(field, |out, left| {
                *left -= value.len();
                out.write_str(value)
            });
        }
        self.text(field, format_args!("{value}"));
    }

    fn record_error(&mut self, field: &Field, value: &(dyn Error + 'static)) {
        self.text(field, format_args!("{}", Chain(value)));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.text(field, format_args!("{value:?}"));
    }
}

impl<'a> JsonPairs<'a> {
    /// `reserved` are keys that the object has for itself: a field of that name gets a `_` in front.
    pub(super) const fn new(out: &'a mut dyn Write, reserved: &'static [&'static str], first: bool) -> Self {
        Self { out, reserved, first, names: [""; NAMES], count: 0, left: LONGEST, result: Ok(()) }
    }

    fn pair(&mut self, field: &Field, write: impl FnOnce(&mut dyn Write, &mut usize) -> fmt::Result) {
        let name = name_of(field);
        let again = self.names[..self.count].contains(&name);
        if name == MESSAGE || again || name.starts_with(NOT_LOGGED) || self.result.is_err() {
            return;
        }
        if let Some(slot) = self.names.get_mut(self.count) {
            *slot = name;
            self.count += 1;
        }
        let comma = if std::mem::take(&mut self.first) { "" } else { "," };
        let mark = if self.reserved.contains(&name) { "_" } else { "" };
        self.result = (|| {
            self.out.write_str(comma)?;
            self.out.write_str("\"")?;
            self.out.write_str(mark)?;
            if is_plain(name) {
                self.out.write_str(name)?;
            } else {
                Escape::new(self.out, Style::Json).write_str(name)?;
            }
            self.out.write_str("\":")?;
            write(self.out, &mut self.left)
        })();
    }

    fn text(&mut self, field: &Field, value: fmt::Arguments<'_>) {
        self.pair(field, |out, left| string(out, left, value));
    }

    /// What is never long.
    fn short(&mut self, field: &Field, value: fmt::Arguments<'_>) {
        self.pair(field, |out, _| out.write_fmt(value));
    }
}

/// A string of JSON, of which `left` bytes may come.
pub(super) fn string(out: &mut dyn Write, left: &mut usize, value: fmt::Arguments<'_>) -> fmt::Result {
    out.write_char('"')?;
    Escape::value(out, Style::Json, left, value)?;
    out.write_char('"')
}

/// A name of the code's own as a string of JSON.
pub(super) fn name(out: &mut dyn Write, name: &str) -> fmt::Result {
    string(out, &mut { LONGEST }, format_args!("{name}"))
}

impl Visit for JsonPairs<'_> {
    fn record_f64(&mut self, field: &Field, value: f64) {
        if value.is_finite() {
            self.short(field, format_args!("{value:?}"));
        } else {
            self.text(field, format_args!("{value}"));
        }
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.short(field, format_args!("{value}"));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.short(field, format_args!("{value}"));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.short(field, format_args!("{value}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        if value.len() <= self.left && is_plain(value) {
            return self.pair(field, |out, left| {
                *left -= value.len();
                out.write_str("\"")?;
                out.write_str(value)?;
                out.write_str("\"")
            });
        }
        self.text(field, format_args!("{value}"));
    }

    fn record_error(&mut self, field: &Field, value: &(dyn Error + 'static)) {
        self.text(field, format_args!("{}", Chain(value)));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.text(field, format_args!("{value:?}"));
    }
}

impl<'a> Message<'a> {
    pub(super) const fn new(out: &'a mut dyn Write, style: Style) -> Self {
        Self { out, style, result: Ok(()) }
    }
}

impl Visit for Message<'_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == MESSAGE {
            self.result = Escape::new(self.out, self.style).write_str(value);
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        if field.name() == MESSAGE {
            self.result = Escape::new(self.out, self.style).write_fmt(format_args!("{value:?}"));
        }
    }
}
