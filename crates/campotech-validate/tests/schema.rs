//! The schemas against those who read them: `jsonschema`, and the verdicts of our own.

#![allow(clippy::unwrap_used, reason = "a test that can't go on has failed")]

use std::collections::BTreeSet;

use campotech_core::FaultLocation;
use campotech_validate::schema::{self, Definitions, ParameterPlace};
use campotech_validate::{
    ArPhone, Cae, Cbu, CbuAlias, Cuit, Cursor, Cvu, Dni, Email, Flat, GeoPoint, InvoiceNumber, InvoiceType,
    Limits, Money, MultilineText, NewPassword, Page, Password, Patente, PlainText, PostalCode, Slug,
    Timestamp, Uuid, input, validate_json,
};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Map, Value, json};

input! {
    /// How soon.
    enum Urgency as "Priority" { Low = "low", High = "high" }
}

input! {
    /// A thing,
    /// to be brought.
    #[derive(Debug)]
    struct Item {
        name: PlainText<8>,
        #[garde(range(min = 1, max = 99))]
        count: u32,
        price: Option<f64>,
    }
}

input! {
    /// Where it is.
    #[derive(Debug)]
    struct Point {
        #[garde(range(min = -90.0, max = 90.0))]
        lat: f64,
        lon as "lng" | "lon" | "longitude": f64,
    }
}

input! {
    /// One member of every sort.
    #[derive(Debug)]
    struct Form {
        /// What is to be
        /// done.
        #[garde(length(chars, min = 3))]
        title: PlainText<8>,
        #[garde(length(chars, max = 5), ascii)]
        notes: Option<MultilineText<9>>,
        urgency: Urgency,
        other as "second" | "zweite": Option<Urgency>,
        tiny: u8,
        #[garde(range(max = 7))]
        signed as "small": i8 = 3,
        wide: Option<i64>,
        huge: Option<u64>,
        truth: bool,
        point: Flat<Point>,
        #[garde(length(min = 1, max = 3))]
        items: Vec<Item>,
        #[garde(length(max = 4), inner(inner(inner(range(min = 2, max = 5)))))]
        grid: Option<Vec<u8>>,
        nested: Option<Vec<Vec<bool>>>,
        id: Uuid,
        at: Option<Timestamp>,
        password: Password,
        cursor: Option<Cursor>,
        dni: Option<Dni>,
        cbu: Option<Cbu>,
        cvu: Option<Cvu>,
        alias: Option<CbuAlias>,
        plate: Option<Patente>,
        postal: Option<PostalCode>,
        cae: Option<Cae>,
        invoice: Option<InvoiceNumber>,
        kind: Option<InvoiceType>,
        #[garde(length(chars, min = 2))]
        slug: Option<Slug<9>>,
        amount: Option<Money>,
    }
}

input! {
    /// Types whose rules a schema can say in part.
    #[derive(Debug)]
    struct Partly {
        phone: ArPhone, email: Email, cuit: Cuit, password: NewPassword, page: Page, dni: Dni, cbu: Cbu, cvu: Cvu,
        alias: CbuAlias, plate: Patente, postal: PostalCode, cae: Cae, invoice: InvoiceNumber, kind: InvoiceType,
        slug: Slug<20>, amount: Money, place: GeoPoint,
    }
}

fn validator(schema: &Value) -> jsonschema::Validator {
    jsonschema::meta::validate(schema).unwrap();
    jsonschema::options().should_validate_formats(false).build(schema).unwrap()
}

/// The document as the two see it alike: to a schema, space around a text counts, and `1.0` is an integer.
fn alike(document: &Value) -> Value {
    const TEXTS: [&str; 3] = ["title", "notes", "name"];
    const NUMBERS: [&str; 5] = ["lat", "lng", "lon", "longitude", "price"];
    match document {
        Value::Object(members) => members
            .iter()
            .map(|(name, value)| match value {
                Value::String(text) if TEXTS.contains(&&**name) => (name.clone(), json!(text.trim())),
                Value::Number(_) if NUMBERS.contains(&&**name) => (name.clone(), value.clone()),
                value => (name.clone(), alike(value)),
            })
            .collect(),
        Value::Array(items) => items.iter().map(alike).collect(),
        Value::Number(number) if number.is_f64() => json!({}),
        other => other.clone(),
    }
}

fn of(values: &[Value]) -> BoxedStrategy<Value> {
    prop::sample::select(values.to_vec()).boxed()
}

/// Mostly what is right; what is wrong in a way that a schema can say; now and then anything.
fn member(right: &[Value], wrong: &[Value]) -> BoxedStrategy<Option<Value>> {
    let anything = [
        json!(null),
        json!(true),
        json!(7),
        json!(-0.5),
        json!("x"),
        json!([]),
        json!([1]),
        json!({}),
        json!({"a": 1}),
    ];
    let wrong: Vec<_> = wrong.iter().cloned().chain(anything).collect();
    prop_oneof![
        70 => of(right).prop_map(Some),
        2 => of(&wrong).prop_map(Some),
        1 => Just(None),
    ]
    .boxed()
}

fn object(members: Vec<(&'static str, BoxedStrategy<Option<Value>>)>) -> BoxedStrategy<Value> {
    let (names, values): (Vec<_>, Vec<_>) = members.into_iter().unzip();
    (values, 0..60_u8)
        .prop_map(move |(values, extra)| {
            let present =
                names.iter().zip(values).filter_map(|(name, value)| Some(((*name).to_owned(), value?)));
            let mut members: Map<_, _> = present.collect();
            if extra == 0 {
                members.insert("extra".to_owned(), json!(1));
            }
            Value::Object(members)
        })
        .boxed()
}

fn rare(strategy: BoxedStrategy<Option<Value>>) -> BoxedStrategy<Option<Value>> {
    prop_oneof![12 => Just(None), 1 => strategy].boxed()
}

/// The last integer that a `f64` shares with no other.
const LAST: i64 = 9_007_199_254_740_991;

fn item() -> BoxedStrategy<Value> {
    object(vec![
        (
            "name",
            member(
                &[json!("Llave"), json!("ñandúes!"), json!("a b"), json!("   justo 8.  ")],
                &[json!(""), json!(" "), json!("demasiado"), json!("a\tb"), json!("a\u{202e}")],
            ),
        ),
        (
            "count",
            member(
                &[json!(1), json!(99)],
                &[json!(0), json!(100), json!(1.5), json!(-1), json!(1.0), json!(1e1)],
            ),
        ),
        (
            "price",
            member(
                &[json!(1.25), json!(-3), json!(null), json!(2.0), json!(LAST), json!(-(LAST as f64))],
                &[json!("1.25"), json!(LAST + 1), json!(-LAST - 2), json!((LAST + 1) as f64), json!(1e300)],
            ),
        ),
    ])
}

fn form() -> BoxedStrategy<Value> {
    let items = prop_oneof![
        30 => prop::collection::vec(item(), 1..=3).prop_map(|items| Some(json!(items))),
        1 => Just(Some(json!([]))),
        1 => prop::collection::vec(item(), 4).prop_map(|items| Some(json!(items))),
        1 => member(&[json!([])], &[]),
    ];
    object(vec![
        (
            "title",
            member(
                &[json!("abc"), json!("ñandúes!"), json!("<b>&</b>"), json!("\n   ñandúes! ")],
                &[
                    json!("ab"),
                    json!(" ab "),
                    json!("nueve car"),
                    json!("a\nbc"),
                    json!("a\0bc"),
                    json!("ab\u{feff}c"),
                ],
            ),
        ),
        (
            "notes",
            member(
                &[json!(""), json!("a\nb\tc"), json!(null), json!("    12345\n")],
                &[json!("ñ"), json!("sieben."), json!("a\u{0}b"), json!("a\u{2028}b")],
            ),
        ),
        ("urgency", member(&[json!("low"), json!("high")], &[json!("LOW"), json!(""), json!("low ")])),
        ("second", member(&[json!("low"), json!(null)], &[json!("soon")])),
        ("zweite", rare(member(&[json!("high")], &[json!("soon")]))),
        (
            "tiny",
            member(
                &[json!(0), json!(255)],
                &[json!(-1), json!(256), json!("1"), json!(1e30), json!(1.0), json!(1e2)],
            ),
        ),
        ("small", member(&[json!(-128), json!(7)], &[json!(-129), json!(8), json!(127)])),
        (
            "wide",
            member(
                &[json!(i64::MIN), json!(i64::MAX), json!(null)],
                &[json!(u64::MAX), json!(1e300), json!(1e16)],
            ),
        ),
        ("huge", member(&[json!(u64::MAX), json!(0)], &[json!(-1), json!(0.0), json!(1.5)])),
        ("truth", member(&[json!(true), json!(false)], &[json!("true"), json!(0)])),
        ("lat", member(&[json!(-90), json!(90.0), json!(0.1)], &[json!(90.5), json!(-91), json!("1")])),
        ("lng", member(&[json!(181), json!(-58.4)], &[json!("west")])),
        ("lon", rare(member(&[json!(-58.4)], &[json!("west")]))),
        ("longitude", rare(member(&[json!(-58.4)], &[json!("west")]))),
        ("items", items.boxed()),
        (
            "grid",
            member(
                &[json!([]), json!([2, 5, 3, 4]), json!(null)],
                &[json!([1]), json!([2, 6]), json!([2, 2, 2, 2, 2]), json!([256])],
            ),
        ),
        ("nested", member(&[json!([]), json!([[], [true]])], &[json!([true]), json!([[1]]), json!([null])])),
        (
            "id",
            member(
                &[
                    json!("0190a6c4-7b3e-7cc0-98c4-dc0c0c07398f"),
                    json!("00000000-0000-0000-0000-000000000000"),
                    json!("FFFFFFFF-ffff-ffff-ffff-ffffffffffff"),
                    json!("0190A6C4-7B3E-4CC0-B8C4-DC0C0C07398F"),
                ],
                &[
                    json!("0190a6c47b3e7cc098c4dc0c0c07398f"),
                    json!("0190a6c4-7b3e-9cc0-98c4-dc0c0c07398f"),
                    json!("0190a6c4-7b3e-7cc0-18c4-dc0c0c07398f"),
                    json!("{0190a6c4-7b3e-7cc0-98c4-dc0c0c07398f}"),
                    json!(""),
                ],
            ),
        ),
        (
            "at",
            member(
                &[json!("2026-01-02T03:04:05-03:00"), json!("2026-01-02t03:04:05.123456789z"), json!(null)],
                &[
                    json!("2026-01-02T03:04:05"),
                    json!("2026-01-02"),
                    json!("2026-1-2T03:04:05Z"),
                    json!("2026-01-02T03:04:05.1234567890Z"),
                    json!("2026-01-02 03:04:05Z"),
                    json!(""),
                ],
            ),
        ),
        ("password", member(&[json!("x"), json!("pass word")], &[json!("")])),
        (
            "cursor",
            member(
                &[json!("abc-_9"), json!("x".repeat(512))],
                &[json!(""), json!("a="), json!("x".repeat(513))],
            ),
        ),
        (
            "dni",
            texts(
                &["20.123.456", "01234567", "1.234.567", "20123456"],
                &["0123456", "20.123456", "M1234567"],
            ),
        ),
        ("cbu", texts(&["28505909-40090418135201"], &["2850590940090418135201-", "285059094009041813520"])),
        ("cvu", texts(&["0000003110001234567898", "000-0003 1 10001234567898"], &["2850590940090418135201"])),
        ("alias", texts(&["CUARTO.CENTRO.NAIPE", "abc-12"], &["corto", "con espacio", "ñandues", "a.b_c.d"])),
        (
            "plate",
            texts(
                &["ab 123 cd", "ABC-123", "123abc", "A123BCD"],
                &["AB12CD", "AB  123CD", "AB123CD-", "ABC1234"],
            ),
        ),
        (
            "postal",
            texts(&["c 1425-cla", "1425", "X5000ABC"], &["O1425CLA", "i1425cla", "C1425", "14255", ""]),
        ),
        ("cae", texts(&["71234567890123"], &["7123456789012", "712345678901234", "7123456789012a"])),
        (
            "invoice",
            texts(&["0001-00000123", "99998-99999999"], &["1-123", "0000100000123", "000001-00000123"]),
        ),
        ("kind", texts(&["6", "06", "006", "211"], &["4", "0", "0006", "204", "22", "257"])),
        ("slug", texts(&["Gas-Agua", "24", "a-b-c-d-e"], &["a", "a--b", "-ab", "ab-", "gás", "demasiados"])),
        (
            "amount",
            texts(&["1234.5", "-0", "0.07", "-12345678901234567.89"], &["1e3", "05", "5.", ".5", "1.234"]),
        ),
    ])
}

/// Now and then, so that documents which are right stay many.
fn texts(right: &[&str], wrong: &[&str]) -> BoxedStrategy<Option<Value>> {
    let values = |texts: &[&str]| texts.iter().map(|text| json!(text)).collect::<Vec<_>>();
    prop_oneof![3 => Just(None), 1 => member(&values(right), &values(wrong))].boxed()
}

/// Where `jsonschema` finds faults, and the rules that stand for a missing, an unknown or a repeated member at its object.
fn places(validator: &jsonschema::Validator, document: &Value) -> BTreeSet<String> {
    validator.iter_errors(document).map(|error| error.instance_path().to_string()).collect()
}

#[test]
fn generated_documents_have_one_verdict() {
    let validator = validator(&schema::of::<Form>());
    let mut runner = TestRunner::new(Config {
        cases: Config::default().cases.max(20_000),
        failure_persistence: None,
        ..Config::default()
    });
    let (mut right, mut wrong) = (0, 0);
    let counts = std::cell::RefCell::new((&mut right, &mut wrong));
    let outcome = runner.run(&form(), |document| {
        let ours = validate_json::<Form>(document.to_string().as_bytes(), &Limits::new());
        let document = alike(&document);
        let theirs = validator.is_valid(&document);
        prop_assert_eq!(ours.is_ok(), theirs, "{:?}: {:?}", places(&validator, &document), ours.err());
        let mut counts = counts.borrow_mut();
        if theirs {
            *counts.0 += 1;
        } else {
            *counts.1 += 1;
        }
        // Each of them points at something that the other finds fault with, or at a member of it.
        let Err(rejection) = ours else { return Ok(()) };
        if rejection.status() == 422 {
            let theirs = places(&validator, &document);
            for issue in rejection.issues() {
                let FaultLocation::Pointer(pointer) = issue.location() else { unreachable!("a body") };
                let pointer = pointer.trim_start_matches('#');
                let parent = pointer.rsplit_once('/').map_or("", |(parent, _)| parent);
                let known = theirs
                    .iter()
                    .any(|there| there == pointer || there == parent || there.starts_with(pointer));
                prop_assert!(known, "{} is not in {:?}", pointer, theirs);
            }
        }
        Ok(())
    });
    outcome.unwrap();
    // Neither verdict is the rule.
    assert!(right > 4_000 && wrong > 4_000, "{right} {wrong}");
}

#[test]
fn the_schema_refuses_no_text_that_is_taken() {
    let validator = validator(&schema::of::<Partly>());
    let good = json!({
        "phone": "011 15 2345-6789", "email": "ana@example.com", "cuit": "20-05536168-2",
        "password": "cuatro caballos cruzan", "limit": 100, "dni": "20.123.456", "cbu": "2850590940090418135201",
        "cvu": "0000003110001234567898", "alias": "cuarto.centro.naipe", "plate": "AB123CD", "postal": "C1425CLA",
        "cae": "71234567890123", "invoice": "00001-00000123", "kind": "006", "slug": "plomeria-24",
        "amount": "1234.50", "place": {"lat": -34.6037, "lon": -58.3816},
    });
    assert!(validator.is_valid(&good) && is_taken::<Partly>(&good));
    let texts = prop_oneof![
        ".{0,40}",
        "(\\+|0|54|9|11|15|[0-9 -]){3,16}",
        "[a-zA-Z0-9.+_-]{1,12}@[a-zñüö.-]{1,12}\\.(com|ar|中国)",
        "[0-9]{2}-?[0-9]{8}-?[0-9]",
        "(\\PC|[ a-z]){15,30}",
        "[0-9]{1,2}[.]?[0-9]{3}[.]?[0-9]{3}|[0-9]{14}|[0-9]{1,3}|[0-9]{4,5}-[0-9]{8}|-?[0-9]{1,17}([.][0-9]{1,2})?",
        "000[ -]?[0-9]{4}[ -]?[0-9]{15}|[0-9]{8}[ -]?[0-9]{14}",
        "[A-Za-z]{0,3}[ -]?[0-9]{3,4}[ -]?[A-Za-z]{0,3}",
        "[0-9A-Za-z]{1,9}([.-][0-9A-Za-z]{1,5}){0,2}",
    ];
    let members = prop::sample::select(vec![
        "phone", "email", "cuit", "password", "dni", "cbu", "cvu", "alias", "plate", "postal", "cae",
        "invoice", "kind", "slug", "amount",
    ]);
    proptest!(Config { cases: 10_000, failure_persistence: None, ..Config::default() }, |(name in members, text in texts)| {
        let mut document = good.clone();
        document[name] = json!(text);
        prop_assert!(!is_taken::<Partly>(&document) || validator.is_valid(&document), "{}", name);
    });
    // An address is as long as it was sent, though its A-labels are shorter than the letters and marks apart.
    for (marks, taken) in [(118, true), (119, false)] {
        let label = |n: usize| "o\u{308}".repeat(n);
        let decomposed =
            format!("ana@{}.{}.{}.{}.a.example", label(29), label(29), label(29), label(marks - 87));
        assert_eq!(decomposed.chars().count() <= 254, taken, "{}", decomposed.chars().count());
        let mut document = good.clone();
        document["email"] = json!(decomposed);
        assert_eq!(
            (validator.is_valid(&document), is_taken::<Partly>(&document)),
            (taken, taken),
            "{decomposed}"
        );
    }
    // The longest of an identifier that a person may write, with a sign between any two.
    for (name, text) in [
        ("cbu", "2-8-5-0-5-9-0-9-4-0-0-9-0-4-1-8-1-3-5-2-0-1"),
        ("cvu", "0 0 0 0 0 0 3 1 1 0 0 0 1 2 3 4 5 6 7 8 9 8"),
        ("plate", "a-b 1-2 3-c d"),
        ("postal", "c 1-4 2-5 c l a"),
        ("amount", "-90000000000000000.00"),
    ] {
        let mut document = good.clone();
        document[name] = json!(text);
        assert!(is_taken::<Partly>(&document) && validator.is_valid(&document), "{name}");
    }
    for lat in ["1e1", "-1e-7", "-34.60370000"] {
        let place: Value = serde_json::from_str(&format!(r#"{{"lat": {lat}, "lon": -58.3816}}"#)).unwrap();
        let mut document = good.clone();
        document["place"] = place;
        assert!(is_taken::<Partly>(&document) && validator.is_valid(&document), "{lat}");
    }
}

#[test]
fn every_identifier_says_what_it_looks_like() {
    let document = schema::of::<Partly>();
    let properties = &document["$defs"]["Partly"]["properties"];
    for name in ["dni", "cbu", "cvu", "alias", "plate", "postal", "cae", "invoice", "kind", "slug", "amount"]
    {
        let schema = &properties[name];
        assert!(schema["pattern"].is_string() && schema["maxLength"].is_u64(), "{name}: {schema}");
        for example in schema["examples"].as_array().unwrap() {
            assert!(jsonschema::is_valid(schema, example), "{name}: {example}");
        }
    }
}

#[cfg(feature = "intl-phone")]
#[test]
fn numbers_of_every_country_say_what_they_look_like() {
    input! {
        struct Abroad { phone: campotech_validate::IntlPhone }
    }
    let document = schema::of::<Abroad>();
    let schema = &document["$defs"]["Abroad"]["properties"]["phone"];
    let validator = validator(schema);
    let right = ["+59894231234", "  +1 (202) 555-0123 ", "+54 11 15 8765-4321", "+(598) 94.231/234"];
    for (texts, valid) in
        [(&right[..], true), (&["", "11 4321 1234", "++1", "+", "+1 202 555 0123 x5"], false)]
    {
        for text in texts {
            let taken = text.parse::<campotech_validate::IntlPhone>().is_ok();
            assert_eq!((taken, validator.is_valid(&json!(text))), (valid, valid), "{text}");
        }
    }
}

fn is_taken<T: campotech_validate::Input>(document: &Value) -> bool {
    validate_json::<T>(document.to_string().as_bytes(), &Limits::new()).is_ok()
}

#[test]
fn texts_with_space_around_them_are_taken_by_both() {
    input! {
        struct Text { line: PlainText<20>, lines: MultilineText<20> }
    }
    let validator = validator(&schema::of::<Text>());
    for (line, taken) in [
        ("  a b\t", true),
        ("\n a", true),
        ("👩‍🔧", true),
        (" \t ", false),
        ("a\u{85}b", false),
        ("a\nb", false),
    ] {
        let document = json!({"line": line, "lines": ""});
        assert_eq!((validator.is_valid(&document), is_taken::<Text>(&document)), (taken, taken), "{line:?}");
    }
    for (lines, taken) in [("", true), (" \r\n a\r\tb\n", true), ("a\u{b}b", false), ("a\u{2029}b", false)] {
        let document = json!({"line": "a", "lines": lines});
        assert_eq!((validator.is_valid(&document), is_taken::<Text>(&document)), (taken, taken), "{lines:?}");
    }
}

#[test]
fn definitions_say_what_the_code_says() {
    let document = schema::of::<Form>();
    assert_eq!(document["$ref"], "#/$defs/Form");
    let form = &document["$defs"]["Form"];
    assert_eq!(form["description"], "One member of every sort.");
    assert_eq!(
        form["required"],
        json!(["title", "urgency", "tiny", "truth", "lat", "items", "id", "password"])
    );
    let properties = &form["properties"];
    assert_eq!(properties["title"]["description"], "What is to be done.");
    assert_eq!(
        (&properties["title"]["minLength"], &properties["title"]["maxLength"]),
        (&json!(3), &json!(8))
    );
    assert_eq!(properties["notes"]["type"], json!(["string", "null"]));
    assert_eq!(properties["urgency"], json!({"$ref": "#/$defs/Priority"}));
    assert_eq!(properties["second"], json!({"anyOf": [{"$ref": "#/$defs/Priority"}, {"type": "null"}]}));
    assert_eq!(properties["zweite"]["deprecated"], true);
    assert_eq!(properties["small"], json!({"type": "integer", "minimum": -128, "maximum": 7}));
    assert_eq!(
        properties["items"],
        json!({"type": "array", "items": {"$ref": "#/$defs/Item"}, "minItems": 1, "maxItems": 3})
    );
    assert_eq!(properties["grid"]["items"], json!({"type": "integer", "minimum": 2, "maximum": 5}));
    assert_eq!(
        document["$defs"]["Priority"],
        json!({"type": "string", "enum": ["low", "high"], "description": "How soon."})
    );
    assert_eq!(document["$defs"]["Item"]["description"], "A thing, to be brought.");
}

#[test]
fn bounds_are_narrowed_to_the_last_integer_and_within_options() {
    input! {
        struct Bounds {
            #[garde(range(max = u64::MAX - 1))]
            most: u64,
            #[garde(range(min = i64::MIN + 1, max = i64::MAX - 1))]
            least: i64,
            #[garde(inner(inner(inner(range(max = 7)))))]
            items: Vec<Option<u8>>,
            #[garde(range(min = 0.5))]
            share: f64,
        }
    }
    let document = schema::of::<Bounds>();
    let properties = &document["$defs"]["Bounds"]["properties"];
    assert_eq!(properties["most"]["maximum"], u64::MAX - 1);
    assert_eq!(
        properties["least"],
        json!({"type": "integer", "minimum": i64::MIN + 1, "maximum": i64::MAX - 1})
    );
    assert_eq!(
        properties["items"]["items"],
        json!({"type": ["integer", "null"], "minimum": 0, "maximum": 7})
    );
    assert_eq!(properties["share"], json!({"type": "number", "minimum": 0.5, "maximum": LAST}));
    let validator = validator(&document);
    for (items, right) in [(json!([7, null]), true), (json!([8]), false)] {
        let document = json!({"most": 0, "least": 0, "items": items, "share": 1});
        assert_eq!((validator.is_valid(&document), is_taken::<Bounds>(&document)), (right, right));
    }
}

#[test]
fn components_are_referred_to_and_types_of_one_name_are_told_apart() {
    mod other {
        use campotech_validate::{PlainText, input};

        input! {
            /// Another thing.
            #[derive(Debug)]
            pub(crate) struct Item { title: PlainText<3> }
        }
    }
    input! {
        struct Both { one: Item, other: other::Item, more: Option<Vec<Both>> }
    }
    let components = Definitions::of_openapi().with::<Both>().with::<Urgency>().into_schemas();
    let names: Vec<_> = components.keys().map(String::as_str).collect();
    assert_eq!(names, ["Both", "Item", "Item2", "Priority"]);
    let properties = &components["Both"]["properties"];
    assert_eq!(properties["one"]["$ref"], "#/components/schemas/Item");
    assert_eq!(properties["other"]["$ref"], "#/components/schemas/Item2");
    assert_eq!(properties["more"]["items"]["$ref"], "#/components/schemas/Both");
}

#[test]
fn parameters_are_described_for_openapi() {
    input! {
        struct List { page: Page, status as "status" | "state": Option<Urgency>, q: PlainText<9> }
    }
    let mut definitions = Definitions::of_openapi();
    let described = schema::parameters::<List>(ParameterPlace::Query, &mut definitions);
    assert_eq!(
        json!(described[0]),
        json!({
            "name": "limit", "in": "query", "description": "How many items at most.",
            "schema": {"type": "integer", "minimum": 1, "maximum": 100, "default": 20},
        })
    );
    let names: Vec<_> = described.iter().map(|parameter| parameter["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["limit", "cursor", "state", "status", "q"]);
    assert_eq!(
        (&described[1]["schema"]["type"], &described[4]["required"]),
        (&json!("string"), &json!(true))
    );
    assert_eq!((&described[2]["deprecated"], &described[3]["required"]), (&json!(true), &Value::Null));
    assert_eq!(described[3]["schema"], json!({"$ref": "#/components/schemas/Priority"}));
}
