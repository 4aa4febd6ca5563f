//! Multipart bodies.

use bytes::Bytes;
use campotech_validate::{Limits, check_multipart, validate_multipart};
use http::{HeaderMap, HeaderValue};

use super::{Message, start, told};

fn part(parameters: &str, content: &str) -> String {
    format!("--b\r\nContent-Disposition: form-data; {parameters}\r\n\r\n{content}\r\n")
}

#[test]
fn multipart_bodies() {
    let one = |parameters: &str, content: &str| part(parameters, content) + "--b--\r\n";
    let many = |count| (0..count).map(|i| part(&format!("name=k{i}"), "1")).collect::<String>() + "--b--";
    let file = |name: &str| one(&format!("name=audio; filename=\"{name}\""), "OggS");
    let cases: Vec<(String, (u16, &str))> = vec![
        (file("nota.ogg"), (200, "ok")),
        (file("../nota.ogg"), (400, "multipart.file_name")),
        (file("..\\\\nota.ogg"), (400, "multipart.file_name")),
        (file("nota\0.ogg"), (400, "multipart.file_name")),
        (file("/etc/passwd"), (400, "multipart.file_name")),
        (one("filename=a", "x"), (400, "multipart.name")),
        (one("name=\"\"", "x"), (400, "multipart.name")),
        ("--b\r\n\r\nx\r\n--b--".to_owned(), (400, "multipart.name")),
        (many(100), (422, "unknown")),
        (many(3_000), (400, "form.fields")),
        (many(10_000), (413, "body.too_large")),
        (part("name=title", "a") + &one("name=title", "b"), (400, "duplicate")),
        (one("name=__proto__", "x"), (422, "unknown")),
        (one("name=title[]", "x"), (422, "unknown")),
        (one("name=title", "a\0b"), (422, "text.control")),
        (one("name=title", "a\u{202e}b"), (422, "text.bidi")),
        (one("name=title", "\u{feff}a"), (422, "text.invisible")),
        (one("name=title", &"\u{301}".repeat(100_000)), (422, "length.max")),
        (one("name=ratio", "NaN"), (422, "type")),
        (one("name=ratio", "1e400"), (422, "number.precision")),
        (one("name=audio; filename=a", &"x".repeat(65)), (422, "file.size")),
        (one("name=title; filename=a", "x"), (422, "type")),
        (part("name=title", "never ends"), (400, "multipart.syntax")),
        ("--b\r\n".repeat(40_000), (400, "multipart.syntax")),
        ("\r\n--".repeat(50_000), (400, "multipart.syntax")),
        // Nearly the boundary, again and again: looked at once.
        (one("name=title", &"\r\n--".repeat(50_000)), (422, "length.max")),
        (one("name=title", &"x".repeat(10_000_000)), (413, "body.too_large")),
    ];
    for (body, expected) in cases {
        let shown = start(body.as_bytes());
        let read = validate_multipart::<Message>(&Bytes::from(body), "b", &Limits::new());
        assert_eq!(told(read), expected, "{shown}");
    }
    let invalid =
        Bytes::from_static(b"--b\r\nContent-Disposition: form-data; name=title\r\n\r\n\xff\r\n--b--");
    assert_eq!(told(validate_multipart::<Message>(&invalid, "b", &Limits::new())), (400, "encoding"));
}

#[test]
fn boundaries() {
    for value in
        ["multipart/form-data", "multipart/form-data; boundary=", "multipart/form-data; boundary=\"a"]
    {
        let headers = HeaderMap::from_iter([(http::header::CONTENT_TYPE, HeaderValue::from_static(value))]);
        assert_eq!(told(check_multipart(&headers)), (400, "multipart.boundary"), "{value}");
    }
}
