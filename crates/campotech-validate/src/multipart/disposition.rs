//! `Content-Disposition` of a part, and what else its head says.

use std::borrow::Cow;

use crate::report::{Code, codes};
use crate::types::check_text;

/// The longest head of a part, in bytes.
pub(super) const LONGEST_HEAD: usize = 4 * 1024;
/// The longest name of a file, in bytes: what file systems take.
const LONGEST_FILE_NAME: usize = 255;

/// What the head of a part says.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Head<'a> {
    pub(super) name: Cow<'a, str>,
    pub(super) file_name: Option<Cow<'a, str>>,
    pub(super) media_type: Option<&'a str>,
}

impl<'a> Head<'a> {
    /// Reads the lines between the boundary and the empty line.
    pub(super) fn parse(head: &'a str) -> Result<Self, &'static Code> {
        let (mut disposition, mut content_type) = (None, None);
        for line in head.split("\r\n").filter(|line| !line.is_empty()) {
            let (name, value) = line.split_once(':').ok_or(&codes::MULTIPART_SYNTAX)?;
            // Others take half a line break for a whole one, a folded line for the value of the one before it, and the space
            // before a colon away: they would see another head.
            if !is_token(name) || value.contains(['\r', '\n']) {
                return Err(&codes::MULTIPART_SYNTAX);
            }
            let place = if name.eq_ignore_ascii_case("content-disposition") {
                &mut disposition
            } else if name.eq_ignore_ascii_case("content-type") {
                &mut content_type
            } else {
                continue;
            };
            if place.replace(value).is_some() {
                return Err(&codes::MULTIPART_SYNTAX);
            }
        }
        let value = disposition.ok_or(&codes::MULTIPART_NAME)?;
        let (name, file_name) = parameters(value)?;
        if name.is_empty() {
            return Err(&codes::MULTIPART_NAME);
        }
        if file_name.as_deref().is_some_and(|name| !is_file_name(name)) {
            return Err(&codes::MULTIPART_FILE_NAME);
        }
        let media_type = content_type.and_then(|value| value.split(';').next()).map(str::trim);
        Ok(Self { name, file_name, media_type: media_type.filter(|value| is_media_type(value)) })
    }
}

type Names<'a> = (Cow<'a, str>, Option<Cow<'a, str>>);

/// The `name` and `filename` of a `form-data`. Each may stand once; `filename*` has no place here (RFC 7578, section 4.2).
fn parameters(value: &str) -> Result<Names<'_>, &'static Code> {
    let (kind, mut rest) = value.split_once(';').unwrap_or((value, ""));
    if !kind.trim().eq_ignore_ascii_case("form-data") {
        return Err(&codes::MULTIPART_SYNTAX);
    }
    let (mut name, mut file_name) = (None, None);
    while !rest.trim().is_empty() {
        let (parameter, after) = rest.split_once('=').ok_or(&codes::MULTIPART_SYNTAX)?;
        let (text, after) = text(after.trim_start())?;
        let after = after.trim_start();
        rest = match after.strip_prefix(';') {
            Some(after) => after,
            None if after.is_empty() => after,
            None => return Err(&codes::MULTIPART_SYNTAX),
        };
        let parameter = parameter.trim();
        let place = if parameter.eq_ignore_ascii_case("name") {
            &mut name
        } else if parameter.eq_ignore_ascii_case("filename") {
            &mut file_name
        } else if parameter.eq_ignore_ascii_case("filename*") {
            return Err(&codes::MULTIPART_SYNTAX);
        } else {
            continue;
        };
        if place.replace(text).is_some() {
            return Err(&codes::MULTIPART_SYNTAX);
        }
    }
    Ok((name.ok_or(&codes::MULTIPART_NAME)?, file_name))
}

/// A quoted string, its backslashes taken away before `"` and `\`, or a token; and what comes after it.
fn text(value: &str) -> Result<(Cow<'_, str>, &str), &'static Code> {
    let Some(quoted) = value.strip_prefix('"') else {
        let end = value.find([';', ' ', '\t']).unwrap_or(value.len());
        return Ok((Cow::Borrowed(&value[..end]), &value[end..]));
    };
    let mut owned = String::new();
    let mut start = 0;
    let mut at = 0;
    let bytes = quoted.as_bytes();
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => {
                let last = &quoted[start..at];
                let text = if owned.is_empty() { Cow::Borrowed(last) } else { Cow::Owned(owned + last) };
                return Ok((text, &quoted[at + 1..]));
            }
            b'\\' if matches!(bytes.get(at + 1), Some(b'"' | b'\\')) => {
                owned.push_str(&quoted[start..at]);
                start = at + 1;
                at += 2;
            }
            _ => at += 1,
        }
    }
    Err(&codes::MULTIPART_SYNTAX)
}

/// Empty where nothing was chosen; otherwise no path, no way up, nothing that can't be seen.
fn is_file_name(name: &str) -> bool {
    name.len() <= LONGEST_FILE_NAME
        && !matches!(name, "." | "..")
        && !name.contains(['/', '\\', ':'])
        && check_text(name, false).is_ok()
}

fn is_media_type(value: &str) -> bool {
    value.len() <= 127
        && value.split_once('/').is_some_and(|(kind, subtype)| is_token(kind) && is_token(subtype))
}

fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b))
}
