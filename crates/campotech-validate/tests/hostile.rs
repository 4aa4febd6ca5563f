//! Bodies and queries that are sent to do harm: each has its status and its code, and costs next to nothing.

#![allow(clippy::unwrap_used, reason = "a test that can't go on has failed")]

use campotech_validate::{
    Limits, NewPassword, Page, PlainText, Rejection, Uuid, input, validate_json, validate_path,
    validate_query,
};

input! {
    /// What the hostile bodies are read as.
    #[derive(Debug)]
    struct Target {
        name: Option<PlainText<80>>,
        role: Option<PlainText<20>>,
        count: Option<u32>,
        wide: Option<i64>,
        ratio: Option<f64>,
        #[garde(length(max = 100))]
        list: Option<Vec<u8>>,
        password: Option<NewPassword>,
    }
}

input! {
    /// Parameters of a path.
    #[derive(Debug)]
    struct JobPath { id: Uuid }
}

input! {
    /// Parameters of a list.
    #[derive(Debug)]
    struct Search { page: Page, q: Option<PlainText<40>>, lat: Option<f64>, all: Option<bool> }
}

fn told<T>(result: Result<T, Rejection>) -> (u16, &'static str) {
    match result {
        Ok(_) => (200, "ok"),
        Err(rejection) => (rejection.status().as_u16(), rejection.issues()[0].code()),
    }
}

#[test]
fn bodies() {
    let long = |length| format!(r#"{{"name":"{}"}}"#, "x".repeat(length));
    let marks = format!(r#"{{"name":"a{}"}}"#, "\u{301}".repeat(100_000));
    let numbers = |count: usize| format!(r#"{{"list":[{}1]}}"#, "1,".repeat(count - 1));
    let keys =
        format!("{{{}\"z\":1}}", (0..10_000).fold(String::new(), |all, i| all + &format!("\"k{i}\":1,")));
    let cases: Vec<(Vec<u8>, (u16, &str))> = vec![
        (vec![b'['; 100_000], (400, "json.depth")),
        (r#"{"a":"#.repeat(50_000).into(), (400, "json.depth")),
        (long(10_000_000).into(), (413, "body.too_large")),
        (r#"{"role":"user","role":"admin"}"#.into(), (400, "duplicate")),
        (r#"{"role":"user","rol\u0065":"admin"}"#.into(), (400, "duplicate")),
        (r#"{"__proto__":{}}"#.into(), (422, "unknown")),
        (r#"{"name":"\ud800"}"#.into(), (400, "json.surrogate")),
        (b"{\"name\":\"\xff\"}".to_vec(), (400, "json.utf8")),
        (b"\xff\xfe{\0}\0".to_vec(), (400, "json.utf8")),
        ("\u{feff}{}".into(), (400, "json.bom")),
        ("".into(), (400, "json.empty")),
        ("{}x".into(), (400, "json.syntax")),
        ("{\"name\":\"a\nb\"}".into(), (400, "json.syntax")),
        (r#"{"ratio":NaN}"#.into(), (400, "json.syntax")),
        (r#"{"ratio":1e400}"#.into(), (422, "number.precision")),
        (r#"{"ratio":9007199254740993}"#.into(), (422, "number.precision")),
        (r#"{"ratio":-0}"#.into(), (200, "ok")),
        (r#"{"count":-0}"#.into(), (200, "ok")),
        (r#"{"count":1.0}"#.into(), (422, "type")),
        (r#"{"count":1e2}"#.into(), (422, "type")),
        (r#"{"count":"1"}"#.into(), (422, "type")),
        (r#"{"count":4294967296}"#.into(), (422, "range.max")),
        (r#"{"count":-1}"#.into(), (422, "range.min")),
        (r#"{"wide":9007199254740993}"#.into(), (200, "ok")),
        (r#"{"wide":12345678901234567890}"#.into(), (422, "range.max")),
        (r#"{"name":"Juan \u202egpj.exe"}"#.into(), (422, "text.bidi")),
        (r#"{"name":"a\u0000b"}"#.into(), (422, "text.control")),
        (r#"{"name":"<script>alert(1)</script>"}"#.into(), (200, "ok")),
        (marks.into(), (422, "length.max")),
        (numbers(101).into(), (422, "length.max")),
        (numbers(100_000).into(), (422, "length.max")),
        (keys.into(), (422, "unknown")),
        ("[]".into(), (422, "type")),
        ("null".into(), (422, "type")),
        ("{}".into(), (200, "ok")),
    ];
    for (body, expected) in cases {
        let start = String::from_utf8_lossy(&body[..body.len().min(40)]).into_owned();
        assert_eq!(told(validate_json::<Target>(&body, &Limits::new())), expected, "{start}");
    }
}

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
        let told = told(validate_query::<Search>(query));
        assert_eq!(told, expected, "{}", &query[..query.len().min(40)]);
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
        assert_eq!(told(validate_path::<JobPath>([("id", id)])), expected, "{id:?}");
    }
}
