//! The gates of bodies: JSON's newer limits, forms, multipart, types.

use campotech_security::inspect::{
    DuplicateParameters, FormLimits, InspectLayer, JsonLimits, MultipartLimits, PrototypeNames,
};
use campotech_testkit::RecordingObserver;
use std::sync::Arc;

use super::post;

const FORM: &str = "application/x-www-form-urlencoded";
const MULTIPART: &str = "multipart/form-data; boundary=xYz";

/// Posts and tells status and reason.
async fn reason(layer: &InspectLayer, content_type: &str, body: impl Into<bytes::Bytes>) -> (u16, String) {
    let (status, problem) = post(layer, content_type, body).await;
    (status.as_u16(), problem["reason"].as_str().unwrap_or_default().to_owned())
}

#[tokio::test]
async fn json_arrays_and_numbers_end_somewhere() {
    let limits = JsonLimits::default().with_array_length(3).unwrap().with_number_length(5).unwrap();
    let layer = InspectLayer::new().with_json_limits(limits);
    for (body, expected) in [
        ("[1,2,3]", ""),
        ("[[1,2,3],[1,2,3],[]]", ""),
        ("[1,2,3,4]", "json.array_length"),
        ("{\"a\":[1,[2],[3,{\"b\":[0,0,0,0]}]]}", "json.array_length"),
        ("[12345]", ""),
        ("[123456]", "json.number_length"),
        ("[-1e99]", ""),
        ("[-1e999]", "json.number_length"),
    ] {
        let (status, problem) = post(&layer, "application/json", body).await;
        assert_eq!(problem["reason"].as_str().unwrap_or_default(), expected, "{body}");
        assert_eq!(status == 400, !expected.is_empty(), "{body}");
    }
    let problem = post(&layer, "application/json", "{\"a\":[0,[0,0,0,0]]}").await.1;
    assert_eq!(
        (&problem["errors"][0]["pointer"], &problem["errors"][0]["params"]["max"]),
        (&"#/a/1/3".into(), &3.into())
    );
}

#[tokio::test]
async fn names_of_prototypes_are_reported_or_refused() {
    let observer = RecordingObserver::default();
    let reporting = InspectLayer::new().with_observer(Arc::new(observer.clone()));
    let refusing = InspectLayer::new().with_prototype_names(PrototypeNames::Refuse);
    let allowing = InspectLayer::new()
        .with_prototype_names(PrototypeNames::Allow)
        .with_observer(Arc::new(observer.clone()));
    for body in [
        r#"{"__proto__":{"admin":true}}"#,
        r#"{"a":[{"constructor":1}]}"#,
        r#"{"prototype":1}"#,
        r#"{"\u005f_proto__":1}"#,
    ] {
        assert_eq!(reason(&reporting, "application/json", body).await.0, 200, "{body}");
        assert_eq!(
            reason(&refusing, "application/json", body).await,
            (400, "json.prototype".to_owned()),
            "{body}"
        );
        assert_eq!(reason(&allowing, "application/json", body).await.0, 200, "{body}");
    }
    // A value is no name.
    assert_eq!(reason(&refusing, "application/json", r#"{"oficio":"constructor"}"#).await.0, 200);
    let (reported, allowed) = ("decision inspect reported json.prototype", "decision inspect allowed ok");
    assert_eq!(observer.lines(), [reported, allowed].repeat(4));
}

#[tokio::test]
async fn forms_are_read_strictly() {
    let limits = FormLimits::default()
        .with_fields(3)
        .unwrap()
        .with_name_length(8)
        .unwrap()
        .with_value_length(10)
        .unwrap();
    let layer = InspectLayer::new().with_form_limits(limits);
    for (body, expected) in [
        ("", ""),
        ("a=1&b=2&c=3", ""),
        ("a=1&&b", ""),
        ("nota=ca%C3%B1o+3%2F4%22", ""),
        ("nota=a%0D%0Ab", ""),
        ("a=1&b=2&c=3&d=4", "form.fields"),
        ("123456789=1", "form.name_length"),
        ("a=%31%32%33%34%35%36%37%38%39%30", ""),
        ("a=12345678901", "form.value_length"),
        ("a=%", "form.percent"),
        ("a=%4", "form.percent"),
        ("%zz=1", "form.percent"),
        ("a=%u0041", "form.percent_u"),
        ("a=%ff", "form.utf8"),
        ("a=%00", "form.control"),
        ("%1b=1", "form.control"),
        ("a=1&a=2", ""),
    ] {
        assert_eq!(reason(&layer, FORM, body).await.1, expected, "{body}");
    }
    assert_eq!(
        reason(&layer, "Application/X-WWW-Form-URLencoded; charset=UTF-8", "a=%").await.1,
        "form.percent"
    );
    let strict = InspectLayer::new().with_duplicate_parameters(DuplicateParameters::Refuse);
    assert_eq!(reason(&strict, FORM, "a=1&%61=2").await.1, "form.duplicate");
    assert_eq!(reason(&strict, FORM, "a=1&b=1").await.1, "");
    let problem = post(&layer, FORM, "a=1&b=2&c=3&d=4").await.1;
    assert_eq!(problem["errors"][0]["params"]["max"], 3);
}

#[tokio::test]
async fn a_part_has_one_reading() {
    let layer = InspectLayer::new();
    for (parameters, expected) in [
        (r#"name="nota de obra; piso 2""#, ""),
        (r#"name="f"; filename="caño 3; 4 (name).jpg""#, ""),
        (r#"name="f"; filename="name=x; y.jpg""#, ""),
        (r#"name="x; filename=../../etc/cron.d/x; ""#, "multipart.name"),
        (r#"name="x;NAME=y""#, "multipart.name"),
        (r#"name="x filename* =y""#, "multipart.name"),
        (r#"name="a\"; filename=\"b""#, "multipart.name"),
        (r#"name="a\b""#, "multipart.name"),
        ("name=x filename=y", "multipart.name"),
        (r#"name="f"; filename="x; name=admin""#, "multipart.filename"),
        (r#"name="f"; filename="a\"b""#, "multipart.filename"),
        (r#"name="_Charset_""#, "multipart.encoding"),
        ("name=a\r\nContent-Type: text/plain; charset=UTF-8", ""),
        ("name=a\r\nContent-Type: text/plain;Charset=\"utf-7\"", "multipart.encoding"),
        ("name=a\r\nContent-Type: text/csv; x=y; charset=latin1", "multipart.encoding"),
        // What is in a file is its reader's: spreadsheets write such.
        ("name=a; filename=b\r\nContent-Type: text/csv; x=y; charset=latin1", ""),
    ] {
        let head = format!("Content-Disposition: form-data; {parameters}");
        assert_eq!(reason(&layer, MULTIPART, parts(&[(&head, "x")])).await.1, expected, "{parameters}");
    }
    let whole = parts(&[("Content-Disposition: form-data; name=a", "x")]);
    let of = |parameters: &str| format!("{MULTIPART}{parameters}");
    assert_eq!(reason(&layer, &of("; charset=UTF-8"), whole.clone()).await.1, "");
    assert_eq!(reason(&layer, &of("; charset=utf-16"), whole).await.1, "multipart.encoding");
}

#[tokio::test]
async fn texts_of_parts_are_those_of_forms() {
    for (content, expected) in [
        (&b"ca\xc3\xb1o\t1\r\n2"[..], ""),
        (b"ca\xf1o", "multipart.utf8"),
        (b"a\0", "multipart.control"),
        (b"a\x7f", "multipart.control"),
    ] {
        let part = |parameters: &str| {
            let head = format!("--xYz\r\nContent-Disposition: form-data; name=a{parameters}\r\n\r\n");
            [head.as_bytes(), content, b"\r\n--xYz--"].concat()
        };
        assert_eq!(reason(&InspectLayer::new(), MULTIPART, part("")).await.1, expected, "{content:?}");
        assert_eq!(reason(&InspectLayer::new(), MULTIPART, part("; filename=b")).await.1, "", "{content:?}");
    }
}

fn parts(parts: &[(&str, &str)]) -> String {
    let parts = parts.iter().map(|(head, content)| format!("--xYz\r\n{head}\r\n\r\n{content}\r\n"));
    parts.collect::<String>() + "--xYz--\r\n"
}

#[tokio::test]
async fn multipart_is_read_strictly() {
    let limits = MultipartLimits::default().with_parts(2).unwrap().with_header_bytes(100).unwrap();
    let limits = limits.with_name_length(16).unwrap().with_text_length(20).unwrap();
    let layer = InspectLayer::new().with_multipart_limits(limits);
    let field = "Content-Disposition: form-data; name=\"a\"";
    let file = "Content-Disposition: form-data; name=\"f\"; filename=\"x y.jpg\"\r\nContent-Type: image/jpeg";
    let long = "x".repeat(90);
    let header = format!("{field}\r\nX: {long}");
    for (given, expected) in [
        (vec![(field, "hola")], ""),
        (vec![(field, "--xY\r\n--x")], ""),
        (vec![(file, "\r\n\0\x01 no text, and longer than one may be")], ""),
        (vec![(field, ""), (file, "")], ""),
        (vec![(field, ""), (field, ""), (field, "")], "multipart.parts"),
        (vec![(field, "no file and longer than that")], "multipart.text_length"),
        (vec![(&header, "x")], "multipart.header"),
        (vec![("no header", "x")], "multipart.header"),
        (vec![("Content-Disposition: form-data; name=\"a\"\r\n folded: x", "x")], "multipart.header"),
        (vec![("Content-Disposition: form-data; name=a\nb", "x")], "multipart.header"),
        (
            vec![("Content-Disposition: form-data; name=a\r\ncontent-disposition: form-data; name=b", "x")],
            "multipart.header",
        ),
        (vec![("Content-Type: text/plain", "x")], "multipart.name"),
        (vec![("Content-Disposition: form-data", "x")], "multipart.name"),
        (vec![("Content-Disposition: attachment; name=a", "x")], "multipart.name"),
        (vec![("Content-Disposition: form-data; name=a; name=b", "x")], "multipart.name"),
        (vec![("Content-Disposition: form-data; name=\"a", "x")], "multipart.name"),
        (vec![("Content-Disposition: form-data; name=a; filename*=UTF-8''b", "x")], "multipart.name"),
        (vec![("Content-Disposition: form-data; name=a23456789012345678", "x")], "multipart.name"),
        (vec![("Content-Disposition: form-data; name=a; filename=\"../b\"", "x")], "multipart.filename"),
        (vec![("Content-Disposition: form-data; name=a; filename=\"c:\\b\"", "x")], "multipart.filename"),
        (
            vec![("Content-Disposition: form-data; name=a\r\nContent-Transfer-Encoding: base64", "x")],
            "multipart.encoding",
        ),
        (
            vec![(
                "Content-Disposition: form-data; name=a\r\nContent-Type: Multipart/Mixed; boundary=b",
                "x",
            )],
            "multipart.nested",
        ),
    ] {
        assert_eq!(reason(&layer, MULTIPART, parts(&given)).await.1, expected, "{given:?}");
    }
    let whole = parts(&[(field, "x")]);
    for body in [
        format!("preamble\r\n{whole}"),
        format!("{whole}epilogue"),
        whole.replace("--xYz--", "--xYz"),
        whole.replace("--xYz--", "--xYzz"),
        whole[..whole.len() / 2].to_owned(),
        "x".to_owned(),
    ] {
        assert_eq!(reason(&layer, MULTIPART, body.clone()).await.1, "multipart.syntax", "{body:?}");
    }
}

#[tokio::test]
async fn boundaries_are_those_of_rfc_2046() {
    let layer = InspectLayer::new();
    let whole = parts(&[("Content-Disposition: form-data; name=a", "x")]);
    let longest = "x".repeat(71);
    for (parameters, expected) in [
        ("; boundary=xYz", ""),
        ("; boundary=\"xYz\"", ""),
        (" ; Boundary=xYz; charset=utf-8", ""),
        ("", "multipart.boundary"),
        ("; boundary=", "multipart.boundary"),
        ("; boundary=x\u{e9}", "multipart.boundary"),
        ("; boundary=\"x \"", "multipart.boundary"),
        ("; boundary=x@", "multipart.boundary"),
        ("; boundary=xYz; boundary=abc", "multipart.boundary"),
        ("; boundary", "multipart.boundary"),
        (&*format!("; boundary={longest}"), "multipart.boundary"),
    ] {
        let given = format!("multipart/form-data{parameters}");
        // What is no visible ASCII is no type at all.
        let expected = if parameters.is_ascii() { expected } else { "" };
        assert_eq!(reason(&layer, &given, whole.clone()).await.1, expected, "{given}");
    }
}

#[tokio::test]
async fn other_bodies_can_be_refused() {
    let strict = InspectLayer::new().with_known_bodies_only();
    for (content_type, status) in [
        ("application/json", 200),
        ("application/problem+json", 200),
        (FORM, 200),
        ("text/plain", 415),
        ("application/json; charset=latin1", 415),
        ("application/xml", 415),
    ] {
        assert_eq!(reason(&strict, content_type, "{}").await.0, status, "{content_type}");
        assert_eq!(reason(&InspectLayer::new(), content_type, "{}").await.0, 200, "{content_type}");
    }
    assert_eq!(reason(&strict, "text/plain", "x").await.1, "body.type");
    assert_eq!(reason(&strict, "text/plain", "").await.0, 200);
}

#[test]
fn limits_of_nothing_are_refused_at_build() {
    for error in [
        JsonLimits::default().with_array_length(0).unwrap_err(),
        JsonLimits::default().with_number_length(0).unwrap_err(),
        FormLimits::default().with_fields(0).unwrap_err(),
        FormLimits::default().with_name_length(0).unwrap_err(),
        FormLimits::default().with_value_length(0).unwrap_err(),
        MultipartLimits::default().with_parts(0).unwrap_err(),
        MultipartLimits::default().with_header_bytes(0).unwrap_err(),
        MultipartLimits::default().with_name_length(0).unwrap_err(),
        MultipartLimits::default().with_text_length(0).unwrap_err(),
    ] {
        assert_eq!(error.code(), "range");
    }
}
