//! Queries, paths and headers.

use campotech_validate::{validate_headers, validate_path, validate_query};
use http::{HeaderMap, HeaderName, HeaderValue};

use super::{JobPath, Search, start, told_of_parameters};

#[test]
fn queries() {
    for (query, expected) in [
        ("", (200, "ok")),
        ("limit=5&q=dos+palabras&lat=-34.6&all=true", (200, "ok")),
        ("q=dos%20palabras", (200, "ok")),
        ("lat=1e1", (200, "ok")),
        ("lat=NaN", (400, "type")),
        ("lat=Infinity", (400, "type")),
        ("lat=inf", (400, "type")),
        ("lat=%2B5", (400, "type")),
        ("lat=1e400", (400, "number.precision")),
        ("wide=-0", (200, "ok")),
        ("wide=1.0", (400, "type")),
        ("wide=9007199254740993", (200, "ok")),
        ("lat=9007199254740993", (400, "number.precision")),
        ("wide=12345678901234567890", (400, "range.max")),
        ("__proto__=1", (400, "unknown")),
        ("q=%ED%A0%80", (400, "encoding")),
        ("q=%EF%BB%BFa", (400, "text.invisible")),
        (&format!("q={}", "%CC%81".repeat(10_000)), (400, "length.max")),
        ("lat=", (400, "type")),
        ("all=1", (400, "type")),
        ("limit=1e3", (400, "type")),
        ("limit=%2B5", (400, "type")),
        ("limit=", (400, "type")),
        ("limit=101", (400, "range.max")),
        ("limit=5&limit=6", (400, "duplicate")),
        ("limit=5&%6cimit=6", (400, "duplicate")),
        ("q=a%00b", (400, "text.control")),
        ("q=%2500", (200, "ok")),
        ("q=%C0%80", (400, "encoding")),
        ("q=%", (400, "encoding")),
        ("q=%E2%80%AE", (400, "text.bidi")),
        ("a[]=1&a=2", (400, "unknown")),
        ("page.limit=1", (400, "unknown")),
        ("page=1", (400, "unknown")),
        (&"a=1&".repeat(10_000), (400, "length.max")),
    ] {
        assert_eq!(
            told_of_parameters(validate_query::<Search>(query)),
            expected,
            "{}",
            start(query.as_bytes())
        );
    }
}

#[test]
fn paths() {
    for (id, expected) in [
        ("0190a6c4-7b3e-7cc0-98c4-dc0c0c07398f", (200, "ok")),
        ("../", (400, "uuid.invalid")),
        ("%2e%2e%2f", (400, "uuid.invalid")),
        ("0190a6c4-7b3e-7cc0-98c4-dc0c0c07398\0", (400, "text.control")),
        ("", (400, "uuid.invalid")),
    ] {
        assert_eq!(told_of_parameters(validate_path::<JobPath>([("id", id)])), expected, "{id:?}");
    }
}

#[test]
fn headers() {
    let long = "x".repeat(60_000);
    for (values, expected) in [
        (&[("lat", "1.5"), ("q", "dos palabras")][..], (200, "ok")),
        (&[("lat", "NaN")], (400, "type")),
        (&[("lat", "Infinity")], (400, "type")),
        (&[("lat", "1e400")], (400, "number.precision")),
        (&[("lat", "9007199254740993")], (400, "number.precision")),
        (&[("wide", "1.0")], (400, "type")),
        (&[("wide", "12345678901234567890")], (400, "range.max")),
        (&[("limit", "5"), ("limit", "5")], (400, "duplicate")),
        (&[("LIMIT", "5"), ("limit", "6")], (400, "duplicate")),
        (&[("limit", "+5")], (400, "type")),
        (&[("limit", "")], (400, "type")),
        (&[("q", "%00")], (200, "ok")),
        (&[("q", "a\tb")], (400, "text.control")),
        (&[("q", "\u{202e}")], (400, "encoding")),
        (&[("q", &*long)], (400, "length.max")),
        // Of others it isn't known what they are for.
        (&[("__proto__", "1"), ("limit[]", "5"), ("cookie", "a=b"), ("cookie", "c")], (200, "ok")),
    ] {
        let mut headers = HeaderMap::new();
        for (name, value) in values {
            let Ok(name) = HeaderName::try_from(*name) else { continue };
            headers.append(name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        assert_eq!(told_of_parameters(validate_headers::<Search>(&headers)), expected, "{:?}", values[0].0);
    }
}
