//! The parameters of a query string, decoded once.

use std::borrow::Cow;

use percent_encoding::percent_decode;

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
    fn broken_encodings_have_no_value() {
        for query in ["a=%", "a=%2", "a=%zz", "a=%ff", "a=%c3%28", "a=%+1"] {
            assert_eq!(parse(query), [("a".into(), None)], "{query}");
        }
    }
}
