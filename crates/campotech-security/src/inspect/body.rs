//! Which gate a body goes through.

use campotech_core::media::{is_json_type, is_no_charset_or_utf8};
use http::HeaderMap;
use http::header::CONTENT_TYPE;

use super::detection::{Examination, Source};
use super::finding::{Finding, Report};
use super::layer::{InspectLayer, PrototypeNames};
use super::{form, json, multipart};

/// How a body is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind<'a> {
    Json,
    Form,
    Multipart(&'a str),
}

/// Checks a body that is not empty. `found` is a finding that lets pass.
pub(super) fn check(
    layer: &InspectLayer,
    headers: &HeaderMap,
    body: &[u8],
    examination: &mut Option<Examination<'_>>,
    found: &mut Option<Finding>,
) -> Result<(), Report> {
    match kind(headers) {
        Some(Kind::Json) => json_body(layer, body, examination, found),
        Some(Kind::Form) => form::check(body, &layer.form, layer.duplicates, |name, value| {
            if let Some(examination) = examination {
                examination.field(Source::Form, name, value);
            }
        }),
        Some(Kind::Multipart(content_type)) => {
            // What a part may not say, all of them together may not.
            if !content_type.split(';').skip(1).all(is_no_charset_or_utf8) {
                return Err(Finding::MultipartEncoding.into());
            }
            let boundary = multipart::boundary(content_type).ok_or(Finding::MultipartBoundary)?;
            multipart::check(body, boundary, &layer.multipart, |part| {
                let Some(examination) = examination else { return };
                match part.filename {
                    Some(filename) => examination.field(Source::Multipart, part.name, filename),
                    None => examination.field(Source::Multipart, part.name, part.content),
                }
            })
        }
        None if layer.known_bodies => Err(Finding::BodyType.into()),
        None => Ok(()),
    }
}

fn json_body(
    layer: &InspectLayer,
    body: &[u8],
    examination: &mut Option<Examination<'_>>,
    found: &mut Option<Finding>,
) -> Result<(), Report> {
    let watched = layer.prototypes != PrototypeNames::Allow;
    let mut prototype = None;
    let checked = json::check(body, &layer.json, |string| {
        if watched && string.is_name && prototype.is_none() && is_prototype(string) {
            prototype = Some(string.place.pointer());
        }
        if let Some(examination) = examination {
            examination.json(string);
        }
    });
    checked.map_err(|fault| Report {
        finding: fault.finding,
        pointer: Some(json::pointer_at(body, fault.offset)),
        max: layer.json.crossed(fault.finding),
    })?;
    match (prototype, layer.prototypes) {
        (Some(pointer), PrototypeNames::Refuse) => {
            Err(Report { pointer: Some(pointer), ..Finding::JsonPrototype.into() })
        }
        (Some(_), _) => {
            *found = Some(Finding::JsonPrototype);
            Ok(())
        }
        (None, _) => Ok(()),
    }
}

/// Names that reach the prototype of an object where a script merges this JSON.
fn is_prototype(string: &json::JsonString<'_>) -> bool {
    let is = |name: &[u8]| matches!(name, b"__proto__" | b"constructor" | b"prototype");
    if !string.escaped {
        return is(string.raw);
    }
    let mut name = Vec::new();
    json::unescape(string.raw, &mut name);
    is(&name)
}

/// What the body is to us: one `Content-Type`, with no charset or UTF-8.
///
/// The rule of validation, which answers 415 to what is not: a finding in such a body would hide that.
fn kind(headers: &HeaderMap) -> Option<Kind<'_>> {
    let mut values = headers.get_all(CONTENT_TYPE).iter();
    let (Some(value), None) = (values.next(), values.next()) else { return None };
    // As nearly everybody writes it.
    if value == "application/json" {
        return Some(Kind::Json);
    }
    let text = value.to_str().ok()?;
    let mut parts = text.split(';');
    let media_type = parts.next()?.trim();
    if media_type.eq_ignore_ascii_case("multipart/form-data") {
        return Some(Kind::Multipart(text));
    }
    let kind = if is_json_type(media_type) {
        Kind::Json
    } else if media_type.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        Kind::Form
    } else {
        return None;
    };
    parts.all(is_no_charset_or_utf8).then_some(kind)
}
