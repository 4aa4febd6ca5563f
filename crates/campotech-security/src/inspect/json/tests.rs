use proptest::prelude::*;
use serde::de::IgnoredAny;
use serde_json::Value;

use super::*;

fn found(text: impl AsRef<[u8]>) -> Option<(&'static str, String)> {
    let text = text.as_ref();
    let fault = check(text, &JsonLimits::default(), |_| ()).err()?;
    Some((fault.finding.as_str(), pointer_at(text, fault.offset)))
}

#[test]
fn json_passes() {
    for text in [
        "{}",
        "[]",
        " [ ] ",
        "null",
        "true",
        "false",
        "0",
        "-0",
        "1.5e+3",
        "1E400",
        "\"\"",
        "\"\\u00e9\\ud83d\\ude00\\n\\/\"",
        "{\"a\":{\"a\":[{\"a\":1},{\"a\":1}]},\"b\":[1,2,{}]}",
        "\r\n\t{\"a\" : 1 , \"b\" : [ 1 , 2 ] }\n",
        "\"\u{7f}\"",
        "12345678901234567890123",
        "{\"\":1}",
    ] {
        assert_eq!(found(text), None, "{text}");
    }
}

#[test]
fn what_is_no_json_is_found_and_located() {
    for (text, code, pointer) in [
        ("", "json.syntax", "#"),
        ("  ", "json.syntax", "#"),
        ("{", "json.syntax", "#"),
        ("[1,]", "json.syntax", "#/1"),
        ("[,]", "json.syntax", "#/0"),
        ("{\"a\":1,}", "json.syntax", "#"),
        ("{\"a\" 1}", "json.syntax", "#/a"),
        ("{\"a\":tru}", "json.syntax", "#/a"),
        ("{\"a\":[0,01]}", "json.syntax", "#/a/1"),
        ("[1}", "json.syntax", "#/0"),
        ("{1:2}", "json.syntax", "#"),
        ("1.", "json.syntax", "#"),
        ("-", "json.syntax", "#"),
        ("1e", "json.syntax", "#"),
        ("+1", "json.syntax", "#"),
        ("NaN", "json.syntax", "#"),
        ("'a'", "json.syntax", "#"),
        ("\"a\nb\"", "json.syntax", "#"),
        ("\"\\x\"", "json.syntax", "#"),
        ("\"\\u12g4\"", "json.syntax", "#"),
        ("\"abc", "json.syntax", "#"),
        ("{} {}", "json.trailing", "#"),
        ("1 2", "json.trailing", "#"),
        ("[]]", "json.trailing", "#"),
        ("\"\\ud800\"", "json.surrogate", "#"),
        ("{\"a\":[\"\\ud800\\u0041\"]}", "json.surrogate", "#/a/0"),
        ("\"\\udc00\"", "json.surrogate", "#"),
        ("\"\\ud800\\n\"", "json.surrogate", "#"),
        ("\u{feff}{}", "json.bom", "#"),
        ("{\"rol\":\"user\",\"rol\":\"admin\"}", "duplicate", "#/rol"),
        ("{\"x\":[{\"a\":1,\"\\u0061\":2}]}", "duplicate", "#/x/0/a"),
        ("{\"a b\":{\"c\":1,\"c\":2}}", "duplicate", "#"),
    ] {
        assert_eq!(found(text), Some((code, pointer.to_owned())), "{text}");
    }
    assert_eq!(found(b"{\"a\":\"\xff\"}").unwrap().0, "json.utf8");
    assert_eq!(found(b"[\"\xed\xa0\x80\"]").unwrap().0, "json.utf8");
}

#[test]
fn limits_are_kept_to_the_last_one() {
    let nested = |n: usize| "[".repeat(n) + &"]".repeat(n);
    assert_eq!(found(nested(64)), None);
    assert_eq!(found(nested(65)).unwrap().0, "json.depth");
    let list = |n: usize| format!("[{}]", vec!["1"; n].join(","));
    assert_eq!(found(list(9_999)), None);
    assert_eq!(found(list(10_000)), Some(("json.nodes", "#/9999".to_owned())));
    let key = |n: usize| format!("{{\"{}\":1}}", "k".repeat(n));
    assert_eq!(found(key(256)), None);
    assert_eq!(found(key(257)).unwrap().0, "json.key_length");
    let string = |n: usize| format!("{{\"s\":\"{}\"}}", "x".repeat(n));
    assert_eq!(found(string(64 << 10)), None);
    assert_eq!(found(string((64 << 10) + 1)), Some(("json.string_length", "#/s".to_owned())));
}

#[test]
fn depth_does_not_grow_the_stack() {
    let limits = JsonLimits { depth: usize::MAX, nodes: usize::MAX, ..JsonLimits::default() };
    let check_deep = move || {
        for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
            let text = open.repeat(100_000) + "1" + &close.repeat(100_000);
            assert_eq!(check(text.as_bytes(), &limits, |_| ()), Ok(()));
            let unclosed = open.repeat(100_000);
            let fault = check(unclosed.as_bytes(), &limits, |_| ()).unwrap_err();
            assert!(pointer_at(unclosed.as_bytes(), fault.offset).starts_with('#'));
        }
    };
    std::thread::Builder::new().stack_size(64 << 10).spawn(check_deep).unwrap().join().unwrap();
}

#[test]
fn many_names_are_compared_as_well_as_few() {
    for count in [2, 8, 9, 500] {
        let mut names: Vec<String> = (0..count).map(|n| format!("\"k{n}\":{n}")).collect();
        assert_eq!(found(format!("{{{}}}", names.join(","))), None);
        names.push("\"k1\":0".to_owned());
        assert_eq!(found(format!("{{{}}}", names.join(","))), Some(("duplicate", "#/k1".to_owned())));
    }
}

fn any_json() -> impl Strategy<Value = Value> {
    let text = prop_oneof!["[a-z]{0,6}", ".{0,6}", "[\\x00-\\x1f\"\\\\/\u{7f}]{0,4}"];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        text.clone().prop_map(Value::from),
    ];
    leaf.prop_recursive(6, 64, 12, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..12).prop_map(Value::from),
            prop::collection::hash_map(text.clone(), inner, 0..12)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

/// Text that is nearly JSON.
fn nearly_json() -> impl Strategy<Value = Vec<u8>> {
    let token = prop::sample::select(vec![
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "\"",
        "\"a\"",
        "\"b\"",
        "\"a\":",
        "1",
        "-",
        "0",
        "1.5",
        "e",
        "true",
        "null",
        " ",
        "\n",
        "\\u0061",
        "\\ud800",
        "\\udc00",
        "\"\\ud83d\\ude00\"",
        "\"\\u0061\":",
        "\u{feff}",
        "\u{e9}",
        "\\",
        "\0",
    ]);
    prop_oneof![
        prop::collection::vec(token, 0..14).prop_map(|tokens| tokens.concat().into_bytes()),
        (any_json(), any::<prop::sample::Index>(), any::<u8>()).prop_map(|(value, at, byte)| {
            let mut text = value.to_string().into_bytes();
            let at = at.index(text.len());
            text[at] = byte;
            text
        }),
    ]
}

proptest! {
    #[test]
    fn what_serde_json_writes_passes(value in any_json()) {
        prop_assert_eq!(found(value.to_string()), None);
        prop_assert_eq!(found(serde_json::to_vec_pretty(&value).unwrap()), None);
    }

    #[test]
    fn what_passes_is_parsed_by_serde_json(text in nearly_json()) {
        match check(&text, &JsonLimits::default(), |_| ()) {
            Ok(()) => {
                prop_assert!(serde_json::from_slice::<IgnoredAny>(&text).is_ok());
                let value = serde_json::from_slice::<Value>(&text);
                let out_of_range = |e: &serde_json::Error| e.to_string().starts_with("number out of range");
                prop_assert!(value.as_ref().is_ok() || out_of_range(value.as_ref().unwrap_err()), "{:?}", value);
            }
            Err(fault) => {
                prop_assert!(fault.offset <= text.len());
                prop_assert!(pointer_at(&text, fault.offset).starts_with('#'));
                // Of what serde_json parses, only repeated names are refused.
                if serde_json::from_slice::<Value>(&text).is_ok() {
                    prop_assert_eq!(fault.finding, Finding::JsonDuplicate);
                }
            }
        }
    }

    #[test]
    fn a_repeated_name_is_found_wherever_it_is(
        value in any_json(), before in 0..20_usize, after in 0..20_usize, name in "[a-zé\"\\\\]{1,4}",
    ) {
        let filler = |n: usize, at: usize| (0..n).map(|i| format!("\"{at}-{i}\":{value},")).collect::<String>();
        let name = Value::from(name).to_string();
        let text = format!("[{{{}{name}:1,{}{name}:2}}]", filler(before, 0), filler(after, 1));
        prop_assert_eq!(found(text).unwrap().0, "duplicate");
    }

    #[test]
    fn no_bytes_panic(text in prop::collection::vec(any::<u8>(), 0..64)) {
        if let Err(fault) = check(&text, &JsonLimits::default(), |_| ()) {
            let _ = pointer_at(&text, fault.offset);
        }
    }
}
