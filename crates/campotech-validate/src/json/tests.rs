//! The parser against the rules and against `serde_json`.

use proptest::prelude::*;
use serde_json::{Map, Value};

use super::{Node, parse};
use crate::limits::Limits;

const LIMITS: Limits = Limits::new();

fn code(text: impl AsRef<[u8]>) -> &'static str {
    parse(text.as_ref(), &LIMITS).map_or_else(|v| v.code().name, |_| "ok")
}

fn value(node: Node<'_>) -> Value {
    match node {
        Node::Null => Value::Null,
        Node::Bool(b) => Value::Bool(b),
        Node::Number(n) => serde_json::from_str(n).unwrap(),
        Node::Text(t) | Node::Parameter(t) => Value::String(t.into_owned()),
        Node::File(_) => unreachable!("no JSON has files"),
        Node::Array(items) => items.into_iter().map(value).collect(),
        Node::Object(members) => {
            Value::Object(members.into_iter().map(|(n, v)| (n.into_owned(), value(v))).collect::<Map<_, _>>())
        }
    }
}

#[test]
fn each_malformation_has_its_code() {
    assert_eq!(code(""), "json.empty");
    assert_eq!(code(" \n"), "json.empty");
    assert_eq!(code("\u{feff}{}"), "json.bom");
    assert_eq!(code(b"\"\xff\""), "json.utf8");
    assert_eq!(code(r#"{"a":1,"a":2}"#), "duplicate");
    assert_eq!(code(r#"{"a":1,"\u0061":2}"#), "duplicate");
    for half in [r#""\ud800""#, r#""\udc00""#, r#""\ud800\u0041""#, r#""\ud800x""#] {
        assert_eq!(code(half), "json.surrogate", "{half}");
    }
    assert_eq!(code(r#""\ud83d\ude00""#), "ok");
    for bad in [
        "{",
        "[1,]",
        "{\"a\":1,}",
        "{a:1}",
        "'a'",
        "01",
        "1.",
        ".5",
        "+1",
        "1e",
        "-",
        "NaN",
        "Infinity",
        "nul",
        "\"\t\"",
        "\"\\x\"",
        "\"\\u12\"",
        "[1 2]",
        "{\"a\" 1}",
        "{}{}",
        "\"",
        "//x\n1",
    ] {
        assert_eq!(code(bad), "json.syntax", "{bad}");
    }
}

#[test]
fn depth_ends_early() {
    assert_eq!(code("[".repeat(32) + &"]".repeat(32)), "ok");
    assert_eq!(code("[".repeat(33) + &"]".repeat(33)), "json.depth");
    assert_eq!(code("[".repeat(100_000)), "json.depth");
    assert_eq!(code(r#"{"a":"#.repeat(100_000)), "json.depth");
}

#[test]
fn values_names_and_texts_are_counted_while_they_are_read() {
    let limits = LIMITS.with_nodes(4).with_keys(2).with_string(5);
    let code = |text: &str| parse(text.as_bytes(), &limits).map_or_else(|v| v.code().name, |_| "ok");
    for (text, expected) in [
        ("[1,[2]]", "ok"),
        ("[1,[2,3]]", "json.nodes"),
        // What comes after the limit isn't looked at.
        ("[1,2,3,4,}", "json.nodes"),
        (r#"{"a":1,"b":2}"#, "ok"),
        (r#"{"a":1,"b":2,"c":3}"#, "json.keys"),
        (r#""fünf""#, "ok"),
        (r#""f\u00fcnf""#, "ok"),
        (r#""fünfe""#, "body.string"),
        (r#""f\u00fcnfe""#, "body.string"),
        (r#"{"sechse":1}"#, "body.string"),
    ] {
        assert_eq!(code(text), expected, "{text}");
    }
}

#[test]
fn many_names_are_checked_for_repetition_too() {
    let many = |last: usize| {
        let members: Vec<_> = (0..10_000).chain([last]).map(|i| format!("\"k{i}\":0")).collect();
        format!("{{{}}}", members.join(","))
    };
    assert_eq!(code(many(10_000)), "ok");
    assert_eq!(code(many(5_000)), "duplicate");
}

#[test]
fn numbers_stay_as_they_were_written() {
    let parsed = parse(b"[1e400,-0,1.0,9007199254740993]", &LIMITS).unwrap();
    let numbers = ["1e400", "-0", "1.0", "9007199254740993"].map(Node::Number);
    assert_eq!(parsed, Node::Array(numbers.to_vec()));
}

#[test]
fn a_string_ends_where_it_ends() {
    for length in 0..20 {
        for (at, byte) in (0..length).flat_map(|at| (0..0x80).map(move |byte| (at, byte))) {
            let mut text = vec![b'x'; length];
            text[at] = byte;
            let text = [b"\"", &*text, b"\""].concat();
            let theirs = serde_json::from_slice::<Value>(&text).ok();
            assert_eq!(parse(&text, &LIMITS).ok().map(value), theirs, "{}", text.escape_ascii());
        }
    }
}

#[test]
fn what_is_read_takes_no_more_room_than_twice_what_it_needs() {
    let room = |body: &str| {
        let mut read = None;
        let kept = allocation_counter::measure(|| read = parse(body.as_bytes(), &LIMITS).ok());
        assert!(read.is_some());
        usize::try_from(kept.bytes_current).unwrap()
    };
    let (member, item) = (size_of::<(std::borrow::Cow<'_, str>, Node<'_>)>(), size_of::<Node<'_>>());
    let objects = format!("[{}]", [r#"{"a":1}"#; 10_000].join(","));
    assert!(room(&objects) <= 2 * 10_000 * (member + item));
    let arrays = format!("[{}]", ["[1]"; 10_000].join(","));
    assert!(room(&arrays) <= 2 * 10_000 * (item + item));
}

fn document() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (-1e9..1e9).prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 64, 8, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..8).prop_map(Value::from),
            prop::collection::hash_map(any::<String>(), inner, 0..8)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn what_serde_json_writes_is_read_as_it_reads_it(document in document()) {
        let text = serde_json::to_vec(&document).unwrap();
        // Not with `document`: serde_json rounds what it reads.
        let theirs: Value = serde_json::from_slice(&text).unwrap();
        prop_assert_eq!(value(parse(&text, &LIMITS).unwrap()), theirs);
    }

    #[test]
    fn what_is_accepted_is_json(mut text in document().prop_map(|d| serde_json::to_vec(&d).unwrap()),
                                at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let at = at.index(text.len());
        text[at] = byte;
        let theirs = serde_json::from_slice::<Value>(&text);
        match parse(&text, &LIMITS) {
            // serde_json has no number for `1e400`; here it is the field that refuses it.
            Ok(_) if theirs.as_ref().is_err_and(|e| e.to_string().starts_with("number out of range")) => {}
            Ok(node) => prop_assert_eq!(value(node), theirs.unwrap()),
            Err(violation) => {
                prop_assert!(theirs.is_err() || violation.code().name == "duplicate");
            }
        }
    }

    #[test]
    fn nothing_makes_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
        let _ = parse(&bytes, &LIMITS.with_depth(8));
    }
}
