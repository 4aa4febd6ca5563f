//! The parameters of a query string and the fields of a form, decoded once.

use std::borrow::Cow;

use percent_encoding::percent_decode;

use crate::json::Node;
use crate::limits::Limits;
use crate::multipart::Fields;
use crate::report::{Violation, codes};

/// Names and values in their order; None for a value that can't be decoded.
pub(crate) type Pairs<'a> = Vec<(Cow<'a, str>, Option<Cow<'a, str>>)>;

/// Splits at `&` and the first `=`; empty parts mean nothing.
pub(crate) fn parse(query: &str) -> Pairs<'_> {
    query
        .split('&')
        .filter(|part| !part.is_empty())
        .map(|part| {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            // A name that can't be decoded isn't one that anybody knows, and it is never told back.
            (decode(name).unwrap_or(Cow::Borrowed("%")), decode(value))
        })
        .collect()
}

/// Takes a form apart (`application/x-www-form-urlencoded`): like a query, but what can't be decoded or stands twice is no
/// form, as a JSON text with such a member is no JSON.
pub(crate) fn parse_form<'a>(form: &'a str, limits: &Limits) -> Result<Fields<'a>, Violation> {
    let mut fields: Fields<'a> = Vec::new();
    for part in form.split('&').filter(|part| !part.is_empty()) {
        if fields.len() == limits.fields() {
            return Err(Violation::new(&codes::FORM_FIELDS).with("max", limits.fields()));
        }
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        let (Some(name), Some(value)) = (decode(name), decode(value)) else {
            return Err(Violation::new(&codes::ENCODING));
        };
        if name.len().max(value.len()) > limits.string() {
            return Err(Violation::new(&codes::BODY_STRING).with("max", limits.string()));
        }
        if fields.iter().any(|(known, _)| *known == name) {
            return Err(Violation::new(&codes::DUPLICATE));
        }
        fields.push((name, Node::Parameter(value)));
    }
    Ok(fields)
}

fn decode(text: &str) -> Option<Cow<'_, str>> {
    if !text.contains(['%', '+']) {
        return Some(Cow::Borrowed(text));
    }
    let mut rest = text.as_bytes();
    while let Some(at) = rest.iter().position(|&b| b == b'%') {
        let digits = rest.get(at + 1..at + 3)?;
        if !digits.iter().all(u8::is_ascii_hexdigit) {
            return None;
        }
        rest = &rest[at + 3..];
    }
    let spaced = text.replace('+', " ");
    let decoded = percent_decode(spaced.as_bytes()).decode_utf8().ok()?.into_owned();
    Some(Cow::Owned(decoded))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_decoded_once() {
        let parsed = parse("a=1&&b=x%20y+z&c&d=%2541&e=a=b&f%5B%5D=1");
        let values: Vec<_> = parsed.iter().map(|(n, v)| (&**n, v.as_deref())).collect();
        let expected = [
            ("a", Some("1")),
            ("b", Some("x y z")),
            ("c", Some("")),
            ("d", Some("%41")),
            ("e", Some("a=b")),
            ("f[]", Some("1")),
        ];
        assert_eq!(values, expected);
    }

    #[test]
    fn a_form_is_whole_or_none() {
        let code = |form: &str| {
            let limits = Limits::new().with_fields(3).with_string(8);
            parse_form(form, &limits).map_or_else(|violation| violation.code().name, |_| "ok")
        };
        for (form, expected) in [
            ("", "ok"),
            ("&&a=1&b=x+y&c=%26", "ok"),
            ("a=1&b=2&c=3&d=4", "form.fields"),
            ("a=%", "encoding"),
            ("%ff=1", "encoding"),
            ("a=1&%61=2", "duplicate"),
            ("a=123456789", "body.string"),
            ("a=%31%32%33", "ok"),
            ("abcdefghi=1", "body.string"),
        ] {
            assert_eq!(code(form), expected, "{form}");
        }
    }

    #[test]
    fn broken_encodings_have_no_value() {
        for query in ["a=%", "a=%2", "a=%zz", "a=%ff", "a=%c3%28", "a=%+1"] {
            assert_eq!(parse(query), [("a".into(), None)], "{query}");
        }
    }
}
