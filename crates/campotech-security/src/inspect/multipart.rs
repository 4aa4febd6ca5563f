//! Bodies of `multipart/form-data` (RFC 7578 over RFC 2046, section 5.1), read where they lie.

use campotech_core::media::is_no_charset_or_utf8;

use super::finding::{Finding, Report};
use super::json::positive;
use crate::ConfigError;

/// Limits for multipart bodies.
///
/// # Defaults
/// 100 parts, 4 KiB of headers for each, names and file names of 256 bytes, text fields of 64 KiB.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MultipartLimits {
    parts: usize,
    header_bytes: usize,
    name_length: usize,
    text_length: usize,
}

impl MultipartLimits {
    /// Allows so many parts.
    ///
    /// # Errors
    /// [`ConfigError::Range`] for 0.
    pub fn with_parts(self, parts: usize) -> Result<Self, ConfigError> {
        Ok(Self { parts: positive(parts, "the number of parts")?, ..self })
    }

    /// Allows so many bytes of headers in each part.
    ///
    /// # Errors
    /// [`ConfigError::Range`] for 0.
    pub fn with_header_bytes(self, header_bytes: usize) -> Result<Self, ConfigError> {
        Ok(Self { header_bytes: positive(header_bytes, "the size of a part's headers")?, ..self })
    }

    /// Allows names and file names of so many bytes.
    ///
    /// # Errors
    /// [`ConfigError::Range`] for 0.
    pub fn with_name_length(self, name_length: usize) -> Result<Self, ConfigError> {
        Ok(Self { name_length: positive(name_length, "the length of a part's name")?, ..self })
    }

    /// Allows fields without a file's name of so many bytes.
    ///
    /// # Errors
    /// [`ConfigError::Range`] for 0.
    pub fn with_text_length(self, text_length: usize) -> Result<Self, ConfigError> {
        Ok(Self { text_length: positive(text_length, "the length of a part's text")?, ..self })
    }
}

impl Default for MultipartLimits {
    fn default() -> Self {
        Self { parts: 100, header_bytes: 4 << 10, name_length: 256, text_length: 64 << 10 }
    }
}

/// A part of a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Part<'a> {
    pub(super) name: &'a [u8],
    pub(super) filename: Option<&'a [u8]>,
    pub(super) content: &'a [u8],
}

/// The boundary that a `Content-Type` names: 1 to 70 characters of RFC 2046, not ending in a blank.
pub(super) fn boundary(content_type: &str) -> Option<&str> {
    let mut found = None;
    for parameter in content_type.split(';').skip(1) {
        let (name, value) = parameter.split_once('=')?;
        if !name.trim().eq_ignore_ascii_case("boundary") {
            continue;
        }
        let value = value.trim();
        let value = value.strip_prefix('"').and_then(|value| value.strip_suffix('"')).unwrap_or(value);
        let allowed = |b: u8| b.is_ascii_alphanumeric() || b"'()+_,-./:=? ".contains(&b);
        // Two boundaries, two readers.
        if found.is_some()
            || !(1..=70).contains(&value.len())
            || !value.bytes().all(allowed)
            || value.ends_with(' ')
        {
            return None;
        }
        found = Some(value);
    }
    found
}

/// Checks a body; `visit` is told every part.
pub(super) fn check<'a>(
    body: &'a [u8],
    boundary: &str,
    limits: &MultipartLimits,
    mut visit: impl FnMut(Part<'a>),
) -> Result<(), Report> {
    let delimiter = [b"\r\n--", boundary.as_bytes()].concat();
    // The first delimiter needs no line before it. A preamble is for readers that know no parts, and hides some from ours.
    let mut rest = body.strip_prefix(&delimiter[2..]).ok_or(Finding::MultipartSyntax)?;
    let mut parts = 0;
    loop {
        if let Some(epilogue) = rest.strip_prefix(b"--") {
            let ends = matches!(epilogue, b"" | b"\r\n");
            return if ends { Ok(()) } else { Err(Finding::MultipartSyntax.into()) };
        }
        let start = rest.strip_prefix(b"\r\n").ok_or(Finding::MultipartSyntax)?;
        parts += 1;
        if parts > limits.parts {
            return Err(Report { max: Some(limits.parts), ..Finding::MultipartParts.into() });
        }
        let (head, content) = head(start, limits)?;
        let end = find(content, &delimiter).ok_or(Finding::MultipartSyntax)?;
        let part = part(head, &content[..end], limits)?;
        visit(part);
        rest = &content[end + delimiter.len()..];
    }
}

/// Where `needle` begins: looked for by its first byte.
fn find(text: &[u8], needle: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        at += text.get(at..)?.iter().position(|b| *b == b'\r')?;
        if text[at..].starts_with(needle) {
            return Some(at);
        }
        at += 1;
    }
}

/// The headers of a part and what follows them.
fn head<'a>(text: &'a [u8], limits: &MultipartLimits) -> Result<(&'a [u8], &'a [u8]), Report> {
    let window = &text[..text.len().min(limits.header_bytes + 4)];
    match window.windows(4).position(|end| end == b"\r\n\r\n") {
        Some(end) => Ok((&text[..end + 2], &text[end + 4..])),
        None if text.len() > limits.header_bytes => {
            Err(Report { max: Some(limits.header_bytes), ..Finding::MultipartHeader.into() })
        }
        None => Err(Finding::MultipartSyntax.into()),
    }
}

fn part<'a>(head: &'a [u8], content: &'a [u8], limits: &MultipartLimits) -> Result<Part<'a>, Report> {
    let head = std::str::from_utf8(head).map_err(|_| Finding::MultipartHeader)?;
    let mut disposition = None;
    let mut utf8 = true;
    for line in head.split_terminator("\r\n") {
        let (name, value) = line.split_once(':').ok_or(Finding::MultipartHeader)?;
        // A folded line, a name that is none, a bare line end: what one reader joins the other splits.
        let token = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b);
        if name.is_empty()
            || !name.bytes().all(token)
            || value.bytes().any(|b| b.is_ascii_control() && b != b'\t')
        {
            return Err(Finding::MultipartHeader.into());
        }
        let value = value.trim();
        match &*name.to_ascii_lowercase() {
            "content-disposition" if disposition.is_none() => disposition = Some(value),
            "content-disposition" => return Err(Finding::MultipartHeader.into()),
            // RFC 7578, section 4.7: no sender uses it, and a reader that does sees another text.
            "content-transfer-encoding"
                if !matches!(&*value.to_ascii_lowercase(), "7bit" | "8bit" | "binary") =>
            {
                return Err(Finding::MultipartEncoding.into());
            }
            // Section 4.3: parts in parts are gone.
            "content-type" if value.get(..10).is_some_and(|kind| kind.eq_ignore_ascii_case("multipart/")) => {
                return Err(Finding::MultipartNested.into());
            }
            "content-type" => utf8 &= value.split(';').skip(1).all(is_no_charset_or_utf8),
            _ => {}
        }
    }
    let (name, filename) = disposition.and_then(names).ok_or(Finding::MultipartName)?;
    // Section 5.1.2: a charset of its own is another text to a reader that heeds it. A file is nobody's text here.
    if !utf8 && filename.is_none() {
        return Err(Finding::MultipartEncoding.into());
    }
    for given in [Some(name), filename].into_iter().flatten() {
        if given.len() > limits.name_length {
            return Err(Report { max: Some(limits.name_length), ..Finding::MultipartName.into() });
        }
    }
    if name.contains('\\') || holds_parameter(name) {
        return Err(Finding::MultipartName.into());
    }
    // Section 4.6: it says which charset all the others are in.
    if name.eq_ignore_ascii_case("_charset_") {
        return Err(Finding::MultipartEncoding.into());
    }
    match filename {
        Some(filename) => {
            let is_path = matches!(filename, "." | "..") || filename.contains(['/', '\\']);
            if is_path || holds_parameter(filename) {
                return Err(Finding::MultipartFilename.into());
            }
        }
        None => text(content, limits)?,
    }
    Ok(Part { name: name.as_bytes(), filename: filename.map(str::as_bytes), content })
}

/// The text of a field, as that of a form.
fn text(content: &[u8], limits: &MultipartLimits) -> Result<(), Report> {
    if content.len() > limits.text_length {
        return Err(Report { max: Some(limits.text_length), ..Finding::MultipartText.into() });
    }
    // A text area has lines.
    if content.iter().any(|b| b.is_ascii_control() && !matches!(b, b'\t' | b'\r' | b'\n')) {
        return Err(Finding::MultipartControl.into());
    }
    std::str::from_utf8(content).map(drop).map_err(|_| Finding::MultipartUtf8.into())
}

/// Whether a value looks as if it held a parameter, as `x; filename=y` does: to readers that split before they look at quotes, it does.
fn holds_parameter(value: &str) -> bool {
    fn without<'a>(text: &'a [u8], word: &[u8]) -> Option<&'a [u8]> {
        let (begin, rest) = text.split_at_checked(word.len())?;
        begin.eq_ignore_ascii_case(word).then_some(rest)
    }
    let begins = |rest: &[u8]| {
        let rest = without(rest, b"file").unwrap_or(rest);
        let Some(rest) = without(rest, b"name") else { return false };
        rest.strip_prefix(b"*").unwrap_or(rest).trim_ascii_start().first() == Some(&b'=')
    };
    let value = value.as_bytes();
    let mut bounds = value.iter().enumerate().filter(|(_, b)| matches!(b, b';' | b' ' | b'\t'));
    bounds.any(|(at, _)| begins(&value[at + 1..]))
}

/// `form-data; name="a"; filename="b"`: each once. What browsers escape in them (`%22`) stays as it is.
fn names(disposition: &str) -> Option<(&str, Option<&str>)> {
    let kind = disposition.split(';').next()?;
    if !kind.trim().eq_ignore_ascii_case("form-data") {
        return None;
    }
    let mut rest = disposition.get(kind.len()..)?;
    let (mut name, mut filename) = (None, None);
    while let Some(parameter) = rest.trim_start().strip_prefix(';') {
        let (key, value) = parameter.split_once('=')?;
        let value = value.trim_start();
        let (given, after) = match value.strip_prefix('"') {
            Some(quoted) => {
                let mut before = 0;
                let end = quoted.bytes().position(|b| {
                    let ends = b == b'"' && before != b'\\';
                    before = if before == b'\\' && b == b'\\' { 0 } else { b };
                    ends
                })?;
                (&quoted[..end], &quoted[end + 1..])
            }
            None => {
                let end = value.find(';').unwrap_or(value.len());
                (value[..end].trim_end(), &value[end..])
            }
        };
        let slot = match &*key.trim().to_ascii_lowercase() {
            "name" => &mut name,
            "filename" => &mut filename,
            // `filename*` is forbidden (RFC 7578, section 4.2): readers differ on which name counts.
            _ => return None,
        };
        if slot.replace(given).is_some() {
            return None;
        }
        rest = after;
    }
    (rest.trim().is_empty()).then_some((name?, filename))
}
