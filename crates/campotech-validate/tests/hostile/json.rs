//! JSON.

use campotech_validate::{Input, Limits, validate_json};

use super::{Target, start, told};

#[test]
fn bodies() {
    let long = |length| format!(r#"{{"name":"{}"}}"#, "x".repeat(length));
    let marks = format!(r#"{{"name":"a{}"}}"#, "\u{301}".repeat(100_000));
    let numbers = |count: usize| format!(r#"{{"list":[{}1]}}"#, "1,".repeat(count - 1));
    let keys =
        format!("{{{}\"z\":1}}", (0..10_000).fold(String::new(), |all, i| all + &format!("\"k{i}\":1,")));
    let cases: Vec<(Vec<u8>, (u16, &str))> = vec![
        (vec![b'['; 100_000], (400, "json.depth")),
        (r#"{"a":"#.repeat(40_000).into(), (400, "json.depth")),
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
        (r#"{"ratio":9007199254740992}"#.into(), (422, "number.precision")),
        (r#"{"ratio":9007199254740993.0}"#.into(), (422, "number.precision")),
        (r#"{"ratio":-9007199254740993e0}"#.into(), (422, "number.precision")),
        (r#"{"ratio":0.9007199254740993E+16}"#.into(), (422, "number.precision")),
        (r#"{"ratio":1e-400}"#.into(), (422, "number.precision")),
        (r#"{"ratio":-0.0001E-400}"#.into(), (422, "number.precision")),
        (r#"{"ratio":-9007199254740991.0}"#.into(), (200, "ok")),
        (r#"{"ratio":0.000e-400}"#.into(), (200, "ok")),
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
        (long(10_000).into(), (422, "length.max")),
        (r#"{"password":"((((((((((((((((((((((((a|a)*"}"#.into(), (200, "ok")),
        (r#"{"needed":null}"#.into(), (422, "type")),
        (numbers(101).into(), (422, "length.max")),
        (numbers(100_000).into(), (422, "length.max")),
        (keys.into(), (422, "unknown")),
        ("[]".into(), (422, "type")),
        ("null".into(), (422, "type")),
        ("{}".into(), (200, "ok")),
    ];
    for (body, expected) in cases {
        assert_eq!(told(validate_json::<Target>(&body, &Limits::new())), expected, "{}", start(&body));
    }
}

#[test]
fn arrays_and_objects_without_end_are_given_up_early() {
    let numbers = format!(r#"{{"list":[{}1]}}"#, "1,".repeat(1_000_000));
    let wide = Limits::new().with_bytes(4 * 1024 * 1024);
    let read = |limits: &Limits| told(validate_json::<Target>(numbers.as_bytes(), limits));
    assert_eq!(read(&wide), (400, "json.nodes"));
    let wider = wide.with_nodes(2_000_000);
    assert_eq!(read(&wider), (422, "length.max"));
    // Of a list that is too long no item is looked at, however wrong it is.
    let wrong = numbers.replace("[1,", "[-1,");
    let rejection = validate_json::<Target>(wrong.as_bytes(), &wider).unwrap_err();
    assert_eq!(rejection.issues().len(), 1);
    assert_eq!(rejection.issues()[0].violation().params()["max"], 100);
    let keys = (0..1_000_000).fold("{".to_owned(), |all, i| all + "\"" + &i.to_string() + "\":1,");
    let wide = wide.with_bytes(16 * 1024 * 1024);
    assert_eq!(told(validate_json::<Target>(keys.as_bytes(), &wide)), (400, "json.keys"));
    let text = format!(r#"{{"name":"{}"}}"#, "x".repeat(10_000_000));
    assert_eq!(told(validate_json::<Target>(text.as_bytes(), &wide)), (400, "body.string"));
    assert_eq!(
        told(validate_json::<Target>(text.as_bytes(), &Limits::new().with_bytes(65_536))),
        (413, "body.too_large")
    );
}

/// On a thread whose stack is this small, whatever the depth that was sent.
fn on_a_stack_of(kilobytes: usize, run: impl FnOnce() + Send + 'static) {
    std::thread::Builder::new().stack_size(kilobytes * 1024).spawn(run).unwrap().join().unwrap();
}

#[test]
fn depth_costs_no_stack() {
    let limits = Limits::new().with_bytes(2_000_000);
    on_a_stack_of(128, move || {
        for body in ["[".repeat(100_000), r#"{"a":"#.repeat(100_000), r#"[{"a":"#.repeat(50_000)] {
            assert_eq!(told(validate_json::<Target>(body.as_bytes(), &limits)), (400, "json.depth"));
        }
    });
    on_a_stack_of(512, move || {
        let limits = limits.with_depth(usize::MAX);
        let deepest = "[".repeat(Limits::DEEPEST) + &"]".repeat(Limits::DEEPEST);
        assert_eq!(told(validate_json::<Target>(deepest.as_bytes(), &limits)), (422, "type"));
        assert_eq!(
            told(validate_json::<Target>("[".repeat(100_000).as_bytes(), &limits)),
            (400, "json.depth")
        );
    });
}

#[test]
fn types_that_hold_themselves_are_read_no_deeper_than_the_parser_goes() {
    campotech_validate::input! {
        struct Tree { children: Option<Vec<Tree>> }
    }
    fn read<T: Input>(levels: usize) -> (u16, &'static str) {
        let body = r#"{"children":["#.repeat(levels) + &"]}".repeat(levels);
        told(validate_json::<T>(body.as_bytes(), &Limits::new().with_depth(Limits::DEEPEST)))
    }
    assert_eq!(read::<Tree>(64), (200, "ok"));
    assert_eq!(read::<Tree>(65), (400, "json.depth"));
}
