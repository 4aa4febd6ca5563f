//! Forms.

use campotech_validate::{Limits, validate_form};

use super::{Target, start, told};

#[test]
fn forms() {
    let many = |count: usize| (0..count).map(|i| format!("k{i}=1&")).collect::<String>();
    let cases: Vec<(Vec<u8>, (u16, &str))> = vec![
        ("".into(), (200, "ok")),
        ("name=dos+palabras&count=4294967295&wide=-0&ratio=1e1".into(), (200, "ok")),
        ("name=dos%20palabras".into(), (200, "ok")),
        ("name=%2500".into(), (200, "ok")),
        ("name=a%00b".into(), (422, "text.control")),
        ("name=%E2%80%AE".into(), (422, "text.bidi")),
        ("role=user&role=admin".into(), (400, "duplicate")),
        ("role=user&%72ole=admin".into(), (400, "duplicate")),
        ("__proto__=1".into(), (422, "unknown")),
        ("name[]=1&name=2".into(), (422, "unknown")),
        ("name.first=1".into(), (422, "unknown")),
        ("\u{feff}name=1".into(), (422, "unknown")),
        ("name=%ED%A0%80".into(), (400, "encoding")),
        ("name=%C0%80".into(), (400, "encoding")),
        ("name=%".into(), (400, "encoding")),
        (b"name=\xff".to_vec(), (400, "encoding")),
        ("ratio=NaN".into(), (422, "type")),
        ("ratio=Infinity".into(), (422, "type")),
        ("ratio=1e400".into(), (422, "number.precision")),
        ("ratio=9007199254740993".into(), (422, "number.precision")),
        ("count=1.0".into(), (422, "type")),
        ("count=".into(), (422, "type")),
        ("count=null".into(), (422, "type")),
        ("wide=9007199254740993".into(), (200, "ok")),
        ("wide=12345678901234567890".into(), (422, "range.max")),
        ("list=1".into(), (422, "type")),
        (format!("name={}", "\u{301}".repeat(100_000)).into(), (422, "length.max")),
        (many(100).into(), (422, "unknown")),
        (many(10_000).into(), (400, "form.fields")),
        (format!("name={}", "x".repeat(10_000_000)).into(), (413, "body.too_large")),
    ];
    for (form, expected) in cases {
        assert_eq!(told(validate_form::<Target>(&form, &Limits::new())), expected, "{}", start(&form));
    }
}
