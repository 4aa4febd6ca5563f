//! The parser against RFC 7578 and those who don't keep to it.

use bytes::Bytes;
use proptest::prelude::*;

use super::parse;
use crate::json::Node;
use crate::limits::Limits;

const LIMITS: Limits = Limits::new();

fn told(body: impl Into<Bytes>) -> Result<Vec<String>, &'static str> {
    let body = body.into();
    let fields = parse(&body, "b", &LIMITS).map_err(|violation| violation.code().name)?;
    let shown = fields.into_iter().map(|(name, node)| match node {
        Node::Parameter(text) => format!("{name}={text}"),
        Node::File(part) => {
            let content = String::from_utf8_lossy(&part.bytes).into_owned();
            format!("{name}@{} {:?} {content}", part.file_name, part.media_type)
        }
        other => panic!("{other:?}"),
    });
    Ok(shown.collect())
}

fn part(head: &str, content: &str) -> String {
    format!("--b\r\n{head}\r\n\r\n{content}\r\n")
}

fn one(head: &str, content: &str) -> Result<Vec<String>, &'static str> {
    told(part(head, content) + "--b--\r\n")
}

#[test]
fn fields_and_files_are_told_apart() {
    let body = part("Content-Disposition: form-data; name=\"title\"", "Caldera\r\n--x\r\n")
        + &part(
            "content-type: Audio/OGG; codecs=opus\r\ncontent-disposition:form-data;name=audio; FileName=\"nota \\\"1\\\".ogg\"",
            "\0\u{ff}\r",
        )
        + &part(
            "Content-Disposition: form-data; name=\"none\"; filename=\"\"\r\nContent-Type: application/octet-stream",
            "",
        )
        + "--b--";
    let expected = ["title=Caldera\r\n--x\r\n", "audio@nota \"1\".ogg Some(\"Audio/OGG\") \0\u{ff}\r"];
    assert_eq!(told(body).unwrap(), expected);
    assert_eq!(told("--b--").unwrap(), [""; 0]);
}

#[test]
fn each_malformation_has_its_code() {
    let name = "Content-Disposition: form-data; name=\"a\"";
    let file = |file_name: &str| one(&format!("{name}; filename=\"{file_name}\""), "x");
    assert!(file("informe final.pdf").is_ok() && file("👩\u{200d}🔧.png").is_ok());
    for bad in [
        "../a",
        "..",
        "a/b",
        "C:\\\\a",
        "a\0.png",
        "a\tb",
        "a\u{85}",
        "a\u{202e}gpj.exe",
        "a\u{200b}b",
        &"x".repeat(256),
    ] {
        assert_eq!(file(bad), Err("multipart.file_name"), "{bad:?}");
    }
    assert_eq!(file(""), Err("multipart.file_name"));
    for head in [
        "",
        "Content-Type: text/plain",
        "Content-Disposition: form-data",
        "Content-Disposition: form-data; name=\"\"",
    ] {
        assert_eq!(one(head, "x"), Err("multipart.name"), "{head}");
    }
    for head in [
        "Content-Disposition: attachment; name=\"a\"",
        "Content-Disposition: form-data; name=\"a",
        "Content-Disposition: form-data; name=\"a\" x",
        "Content-Disposition: form-data; name=\"a\"; name=\"b\"",
        "Content-Disposition: form-data; name=\"a\"; filename*=UTF-8''x",
        "Content-Disposition: form-data; name",
        "nothing",
        &format!("{name}\r\n{name}"),
        &name.replace(':', " :"),
        &format!(" {name}"),
        &format!("{name}\r\n: x"),
        &format!("{name};\r\n filename=\"b:c\""),
        &format!("{name}\r\nX: a\nContent-Type: text/html"),
        &format!("{name}\r\nX: a\rContent-Type: text/html"),
        &format!("{name}\r\nContent-Type: image/png\r\ncontent-type: text/html"),
        &format!("{name}\r\nX: {}", "x".repeat(5_000)),
    ] {
        assert_eq!(one(head, "x"), Err("multipart.syntax"), "{head}");
    }
    let good = part(name, "x");
    for bad in ["", "x", "--", "--b", "--bb--", "\r\n--b--", "preamble\r\n--b--", "--b--\r\nepilogue"] {
        assert_eq!(told(bad.to_owned()), Err("multipart.syntax"), "{bad:?}");
    }
    for end in ["", "--b", "--b-", "--b\r\n", "--c--", "--b--x"] {
        assert_eq!(told(format!("{good}{end}")), Err("multipart.syntax"), "{end:?}");
    }
    assert_eq!(told(format!("{good}{good}--b--")), Err("duplicate"));
    let unchosen = part(&format!("{name}; filename=\"\""), "");
    for twice in [good.clone() + &unchosen, unchosen.clone() + &good, unchosen.repeat(2)] {
        assert_eq!(told(twice + "--b--"), Err("duplicate"));
    }
    let mut bytes = b"--b\r\nContent-Disposition: form-data; name=a\r\n\r\n\xff\r\n--b--".to_vec();
    assert_eq!(told(bytes.clone()), Err("encoding"));
    bytes[40] = 0xff;
    assert_eq!(told(bytes), Err("multipart.syntax"));
}

#[test]
fn parts_and_their_texts_are_counted() {
    let parts = |count| (0..count).map(|i| part(&format!("Content-Disposition: form-data; name=a{i}"), "x"));
    assert_eq!(told(parts(128).collect::<String>() + "--b--").unwrap().len(), 128);
    assert_eq!(told(parts(10_000).collect::<String>() + "--b--"), Err("form.fields"));
    let unchosen = |i| part(&format!("Content-Disposition: form-data; name=a{i}; filename=\"\""), "");
    assert_eq!(told((0..129).map(unchosen).collect::<String>() + "--b--"), Err("form.fields"));
    assert_eq!(one("Content-Disposition: form-data; name=a", &"x".repeat(300_000)), Err("body.string"));
}

proptest! {
    #[test]
    fn what_was_put_together_comes_apart(contents in prop::collection::vec("[^\r]{0,20}|(\r\n?-?-?b?){0,5}x", 0..5)) {
        let fields: Vec<_> = contents.iter().enumerate().collect();
        let body: String = fields
            .iter()
            .map(|(i, text)| part(&format!("Content-Disposition: form-data; name=\"f{i}\""), text))
            .collect();
        // The boundary is not in what it bounds: whoever sends chooses it so.
        prop_assume!(contents.iter().all(|text| !text.contains("\r\n--b")));
        let expected: Vec<_> = fields.iter().map(|(i, text)| format!("f{i}={text}")).collect();
        prop_assert_eq!(told(body + "--b--\r\n").unwrap(), expected);
    }

    #[test]
    fn nothing_makes_it_panic(body in "(--b|\r\n|--|Content-Disposition: form-data|; |name=|filename=|\"|\\\\|a|\\PC){0,40}") {
        let _ = told(body);
    }
}
