//! One report with every fault, in wire names, and nothing of the input in it.

#![allow(clippy::unwrap_used, reason = "a test that can't go on has failed")]

use std::sync::atomic::{AtomicUsize, Ordering};

use campotech_core::{FaultLocation, Language, Localized};
use campotech_validate::{
    ArPhone, Code, Cuit, Email, Flat, Limits, MultilineText, NewPassword, PlainText, Rejection, Timestamp,
    Uuid, Violation, codes, input, schema, validate_json, validate_query,
};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

static ENDS_EARLY: Code = Code::new(
    "visit.ends_early",
    Localized {
        en: "It ends before it starts.",
        es: "Termina antes de empezar.",
        es_ar: "Termina antes de empezar.",
    },
);

fn ends_after_start(start: &Timestamp, end: &Timestamp) -> Result<(), Violation> {
    if end > start { Ok(()) } else { Err(Violation::new(&ENDS_EARLY)) }
}

fn is_not_personal(password: &NewPassword, email: &Email) -> Result<(), Violation> {
    password.refuse_words(&[email.as_str()])
}

input! {
    /// How soon.
    enum Priority { Low = "low", High = "high" }
}

input! {
    /// A thing to be brought.
    #[derive(Debug)]
    struct Item {
        name: PlainText<20>,
        #[garde(range(min = 1, max = 99))]
        count: u32,
    }
}

fn is_near(place: &Flat<Point>) -> Result<(), Violation> {
    if place.lon < -50.0 { Ok(()) } else { Err(Violation::new(&codes::RULE)) }
}

input! {
    /// A point, whose members stand beside others.
    #[derive(Debug)]
    struct Point {
        #[garde(range(min = -90.0, max = 90.0))]
        lat: f64,
        lon as "lng" | "lon": f64 = -58.0,
    }
}

input! {
    /// One field of every sort.
    #[derive(Debug)]
    struct Form {
        #[garde(length(chars, min = 3))]
        title: PlainText<40>,
        notes: Option<MultilineText<100>>,
        phone as "customer_phone": ArPhone,
        email: Email,
        cuit: Cuit,
        id: Uuid,
        r#type: Priority,
        point: Flat<Point>,
        urgent: bool,
        floor as "floor" | "level" | "storey": Option<i8>,
        #[garde(inner(inner(inner(range(max = 9)))))]
        grid: Option<Vec<u8>>,
        #[garde(length(min = 1, max = 3))]
        items: Vec<Item>,
        #[garde(length(min = 2))]
        tags: Vec<u8>,
        password: NewPassword,
        #[garde(matches(email))]
        email_again: Email,
        starts_at: Timestamp,
        ends_at: Timestamp,
    }
    check ends_at: ends_after_start(starts_at, ends_at);
    check password: is_not_personal(password, email);
    check point: is_near(point);
}

fn good() -> Value {
    json!({
        "title": "Caldera",
        "customer_phone": "0343 15 555 1212",
        "email": "ana@example.com",
        "email_again": "ana@example.com",
        "cuit": "20-05536168-2",
        "id": "0190a6c4-7b3e-7cc0-98c4-dc0c0c07398f",
        "type": "low",
        "lat": -34.6037,
        "urgent": true,
        "level": 2,
        "grid": [1, 2, 3],
        "items": [{"name": "Tornillo", "count": 3}, {"name": "Llave", "count": 1}],
        "tags": [1, 2],
        "password": "una frase de varias palabras",
        "starts_at": "2026-01-02T10:00:00-03:00",
        "ends_at": "2026-01-02T11:00:00-03:00",
    })
}

fn check(document: &Value) -> Result<(), Rejection> {
    validate_json::<Form>(document.to_string().as_bytes(), &Limits::new()).map(drop)
}

fn pointers(rejection: &Rejection) -> Vec<(String, &'static str)> {
    let pointer = |issue: &campotech_validate::Issue| match issue.location() {
        FaultLocation::Pointer(pointer) => (pointer.clone(), issue.code()),
        other => panic!("{other:?}"),
    };
    rejection.issues().iter().map(pointer).collect()
}

/// Faults that don't depend on each other: where, what is put there (None: it is left out), and the code.
fn faults() -> Vec<(&'static str, Option<Value>, &'static str)> {
    vec![
        ("/title", Some(json!("x")), "length.min"),
        ("/notes", Some(json!("a\u{202e}b")), "text.bidi"),
        ("/customer_phone", Some(json!("15 5555 5555")), "phone.unassigned"),
        ("/email_again", Some(json!("eva@example.com")), "matches"),
        ("/cuit", Some(json!("20-26756539-2")), "cuit.check"),
        ("/id", Some(json!(7)), "type"),
        ("/type", Some(json!("soon")), "value"),
        ("/lat", Some(json!(90.5)), "range.max"),
        ("/urgent", None, "missing"),
        ("/lon", Some(json!("west")), "type"),
        ("/level", Some(json!(128)), "range.max"),
        ("/grid/1", Some(json!(10)), "range.max"),
        // A rule on the other items of a list isn't asked.
        ("/grid/2", Some(json!("x")), "type"),
        // One on their number is.
        ("/tags", Some(json!([7])), "length.min"),
        ("/tags/0", Some(json!("x")), "type"),
        ("/items/0/count", Some(json!(0)), "range.min"),
        ("/items/1/count", Some(json!(1.5)), "type"),
        ("/items/0/name", Some(json!("")), "length.min"),
        ("/items/1/name", None, "missing"),
        ("/items/1/colour", Some(json!(1)), "unknown"),
        ("/password", Some(json!("ana@example.com1")), "password.personal"),
        ("/ends_at", Some(json!("2026-01-02T09:00:00-03:00")), "visit.ends_early"),
        ("/colour", Some(json!({"a": [1]})), "unknown"),
        ("/Title", Some(Value::Null), "unknown"),
    ]
}

fn put(document: &mut Value, pointer: &str, value: Option<Value>) {
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    let parent = document.pointer_mut(parent).unwrap();
    if let Some(items) = parent.as_array_mut() {
        items[name.parse::<usize>().unwrap()] = value.unwrap();
        return;
    }
    let members = parent.as_object_mut().unwrap();
    match value {
        Some(value) => drop(members.insert(name.to_owned(), value)),
        None => drop(members.remove(name)),
    }
}

#[test]
fn members_are_found_wherever_they_stand() {
    for before in [0, 1, 62, 63, 64, 65, 127, 128, 200] {
        let item = json!({"name": "Caldera", "count": 2});
        let mut members: Vec<_> = (0..before).map(|number| (format!("x-{number:03}"), Value::Null)).collect();
        members.extend(item.as_object().unwrap().clone());
        let body: Vec<_> = members.iter().map(|(name, value)| format!("{name:?}:{value}")).collect();
        let read = validate_json::<Item>(format!("{{{}}}", body.join(",")).as_bytes(), &Limits::new());
        let unknown = read.map_or_else(|rejection| rejection.issues().to_vec(), |_| Vec::new());
        assert_eq!(unknown.len(), before.min(64));
        assert!(unknown.iter().all(|issue| issue.code() == "unknown"), "{unknown:?}");
    }
}

#[test]
fn what_is_right_is_taken() {
    check(&good()).unwrap();
    let form = validate_json::<Form>(good().to_string().as_bytes(), &Limits::new()).unwrap().into_inner();
    assert_eq!(form.phone.as_str(), "+5493435551212");
    assert_eq!((form.title.as_str(), form.items[1].count, form.point.lat), ("Caldera", 1, -34.6037));
    assert_eq!((form.floor, form.point.lon), (Some(2), -58.0));
    assert!(form.notes.is_none() && form.urgent && matches!(form.r#type, Priority::Low));
}

proptest! {
    #[test]
    fn k_faults_in_k_faults_out(chosen in prop::sample::subsequence(faults(), 1..=20)) {
        let mut document = good();
        for (pointer, value, _) in &chosen {
            put(&mut document, pointer, value.clone());
        }
        let rejection = check(&document).unwrap_err();
        let mut found = pointers(&rejection);
        let hidden = |at: &str| at == "/grid/1" && chosen.iter().any(|(at, ..)| *at == "/grid/2");
        let told = chosen.iter().filter(|(at, ..)| !hidden(at));
        let mut expected: Vec<_> = told.map(|(at, _, code)| (format!("#{at}"), *code)).collect();
        found.sort();
        expected.sort();
        prop_assert_eq!(&found, &expected);
        for (pointer, code) in found {
            let pointer = pointer.strip_prefix('#').unwrap();
            let resolves = document.pointer(pointer).is_some();
            let parent = document.pointer(pointer.rsplit_once('/').unwrap().0);
            let missing = code == "missing" && parent.is_some_and(Value::is_object);
            prop_assert!(missing || resolves);
        }
    }

    #[test]
    fn nothing_of_the_input_is_told_back(secret in "[a-zA-Z0-9!?<>]{12,24}", sort in 0_usize..6) {
        let name = |value: &Value| match sort {
            0 => json!(secret),
            1 => json!([secret]),
            2 => json!({ &*secret: secret }),
            3 => json!(format!("{secret}\u{202e}")),
            4 => json!(format!("{secret}@{secret}")),
            _ => json!([value, secret, 7]),
        };
        let fields: Map<_, _> =
            good().as_object().unwrap().iter().map(|(field, value)| (field.clone(), name(value))).collect();
        let text = Value::Object(fields).to_string();
        // Also as JSON that is cut off in the middle, as a repeated member, and with the secret outside of a string.
        for text in [
            text.clone(),
            text[..text.len() - 9].to_owned(),
            format!("{{\"{secret}\":1,\"{secret}\":2}}"),
            format!("{{\"title\":{secret}}}"),
        ] {
            let Err(rejection) = validate_json::<Form>(text.as_bytes(), &Limits::new()) else { continue };
            let mut told = format!("{rejection} {rejection:?}");
            for language in [Language::En, Language::Es, Language::EsAr] {
                let response = rejection.problem(language).into_response_in(language, None);
                told += std::str::from_utf8(response.body()).unwrap();
                told += &format!("{:?}", response.headers());
            }
            for start in 0..=secret.len() - 6 {
                let part = &secret[start..start + 6];
                prop_assert!(!told.contains(part), "{part} in {told}");
            }
        }
    }
}

#[test]
fn a_member_under_two_names_stands_twice_and_nothing_else_is_said() {
    let mut document = good();
    put(&mut document, "/title", Some(json!(7)));
    put(&mut document, "/storey", Some(json!(2)));
    let rejection = check(&document).unwrap_err();
    assert_eq!(rejection.status(), 400);
    assert_eq!(pointers(&rejection), [("#/storey".to_owned(), "duplicate")]);
    put(&mut document, "/level", None);
    assert_eq!(pointers(&check(&document).unwrap_err()), [("#/title".to_owned(), "type")]);
    let query = validate_query::<Point>("lat=1&lng=2&lon=3").unwrap_err();
    assert_eq!(
        (query.status().as_u16(), query.issues().len(), query.issues()[0].code()),
        (400, 1, "duplicate")
    );
}

#[test]
fn a_rule_over_members_that_stand_beside_others_is_told_at_their_object() {
    let mut document = good();
    put(&mut document, "/lng", Some(json!(2)));
    put(&mut document, "/title", Some(json!("x")));
    let expected = [("#/title".to_owned(), "length.min"), ("#".to_owned(), "rule")];
    assert_eq!(pointers(&check(&document).unwrap_err()), expected);
    put(&mut document, "/lat", Some(json!(91)));
    let expected = [("#/lat".to_owned(), "range.max"), ("#/title".to_owned(), "length.min")];
    assert_eq!(pointers(&check(&document).unwrap_err()), expected);
}

#[test]
fn a_rule_on_broken_fields_says_nothing() {
    let mut document = good();
    put(&mut document, "/email", Some(json!(5)));
    put(&mut document, "/starts_at", Some(json!("2026-01-02T10:00:00")));
    let found = pointers(&check(&document).unwrap_err());
    // Neither the repeated address nor the order of the two times can be judged.
    let expected = [("#/email".to_owned(), "type"), ("#/starts_at".to_owned(), "timestamp.offset")];
    assert_eq!(found, expected);
}

fn never<T>(_: &T, (): &()) -> garde::Result {
    Err(garde::Error::new("a text that nobody wrote for clients"))
}

input! {
    /// Rules on what may be absent.
    #[derive(Debug)]
    struct Sparse {
        #[garde(required, length(chars, min = 3))]
        nick: Option<PlainText<9>>,
        #[garde(inner(inner(range(min = 1))))]
        sizes: Vec<u8>,
        #[garde(custom(never))]
        own: u8 = 1,
    }
}

#[test]
fn a_field_has_the_fault_of_its_type_or_those_of_its_rules() {
    let found = |body: &str| pointers(&validate_json::<Sparse>(body.as_bytes(), &Limits::new()).unwrap_err());
    let own = ("#/own".to_owned(), "rule");
    assert_eq!(found(r#"{"nick":7,"sizes":[]}"#), [("#/nick".to_owned(), "type"), own.clone()]);
    assert_eq!(found(r#"{"nick":"x","sizes":[1]}"#), [("#/nick".to_owned(), "length.min"), own.clone()]);
    let sizes = |text: &str| found(&format!(r#"{{"nick":"Ana","sizes":{text}}}"#));
    assert_eq!(sizes("[1,0]"), [own.clone(), ("#/sizes/1".to_owned(), "range.min")]);
    // The rules of a list's other items are left out, too.
    assert_eq!(sizes(r#"[0,"x"]"#), [("#/sizes/1".to_owned(), "type"), own]);
}

#[test]
fn required_makes_an_option_no_option() {
    let found = |body: &str| pointers(&validate_json::<Sparse>(body.as_bytes(), &Limits::new()).unwrap_err());
    let expected = [("#/nick".to_owned(), "required"), ("#/own".to_owned(), "rule")];
    assert_eq!(found(r#"{"sizes":[]}"#), expected);
    assert_eq!(found(r#"{"nick":null,"sizes":[]}"#), expected);
    let schema = &schema::of::<Sparse>()["$defs"]["Sparse"];
    assert_eq!(schema["required"], json!(["nick", "sizes"]));
    assert_eq!(schema["properties"]["nick"]["type"], "string");
}

#[test]
fn lists_are_counted_whatever_is_in_them() {
    input! {
        #[derive(Debug)]
        struct Lists {
            #[garde(length(equal = 2))]
            two: Option<Vec<u8>>,
            #[garde(length(min = 2, max = 3))]
            some: Option<Vec<u8>> = None,
            #[garde(if(cond = true, length(chars, min = 2, max = 5)))]
            text: Option<PlainText<9>>,
        }
    }
    let found = |body: &str| pointers(&validate_json::<Lists>(body.as_bytes(), &Limits::new()).unwrap_err());
    let fault = |at: &str, code| (format!("#/{at}"), code);
    assert_eq!(found(r#"{"two":[1]}"#), [fault("two", "length.min")]);
    assert_eq!(found(r#"{"two":["x"]}"#), [fault("two/0", "type"), fault("two", "length.min")]);
    assert_eq!(found(r#"{"two":["x",1,2]}"#), [fault("two", "length.max")]);
    assert_eq!(found(r#"{"some":["x"]}"#), [fault("some/0", "type"), fault("some", "length.min")]);
    assert_eq!(found(r#"{"some":["x",1,2,3]}"#), [fault("some", "length.max")]);
    // What should be a text isn't counted.
    for list in ["[]", "[1]", "[1,2,3,4,5,6,7,8,9,0]"] {
        assert_eq!(found(&format!(r#"{{"text":{list}}}"#)), [fault("text", "type")], "{list}");
    }
}

static ASKED: AtomicUsize = AtomicUsize::new(0);

fn asked_by_garde<T>(_: &T, (): &()) -> garde::Result {
    ASKED.fetch_add(1, Ordering::Relaxed);
    Ok(())
}

fn asked_about_small(small: &u8) -> Result<(), Violation> {
    assert!(*small < 5, "it broke its rule");
    ASKED.fetch_add(1, Ordering::Relaxed);
    Ok(())
}

#[test]
fn nothing_is_asked_about_what_may_be_wrong_unlisted() {
    input! {
        #[derive(Debug)]
        struct Many {
            list: Vec<u8>,
            #[garde(range(max = 4), custom(asked_by_garde))]
            small: u8,
        }
        check small: asked_about_small(small);
    }
    let found = |wrong: usize| {
        ASKED.store(0, Ordering::Relaxed);
        let body = json!({"list": vec![-1; wrong], "small": 5}).to_string();
        let rejection = validate_json::<Many>(body.as_bytes(), &Limits::new()).unwrap_err();
        (rejection.issues().len(), rejection.truncated(), ASKED.load(Ordering::Relaxed))
    };
    assert_eq!(found(63), (64, false, 1));
    // The rule's fault is the one that isn't listed.
    assert_eq!(found(64), (64, true, 1));
    assert_eq!(found(65), (64, true, 0));
}

#[test]
fn null_is_absence_for_options_only() {
    let mut document = good();
    put(&mut document, "/notes", Some(Value::Null));
    check(&document).unwrap();
    put(&mut document, "/title", Some(Value::Null));
    assert_eq!(pointers(&check(&document).unwrap_err()), [("#/title".to_owned(), "type")]);
}

#[test]
fn the_list_ends_at_64() {
    let mut document = good();
    for index in 0..10_000 {
        let name: String = index.to_string().bytes().map(|digit| char::from(digit - b'0' + b'a')).collect();
        put(&mut document, &format!("/{name}"), Some(json!(1)));
    }
    let rejection = check(&document).unwrap_err();
    assert_eq!(rejection.issues().len(), 64);
    assert!(rejection.truncated());
    let body = rejection.problem(Language::En).into_response_in(Language::En, None).into_body();
    let body: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(body["truncated"], true);
    assert!(body.to_string().len() < 10_000);
}

#[test]
fn texts_follow_the_language() {
    let mut document = good();
    put(&mut document, "/lat", Some(json!(91)));
    put(&mut document, "/type", Some(json!("soon")));
    let rejection = check(&document).unwrap_err();
    let told = |language| {
        let body = rejection.problem(language).into_response_in(language, None).into_body();
        let body: Value = serde_json::from_slice(&body).unwrap();
        body["errors"].clone()
    };
    assert_eq!(
        told(Language::EsAr),
        json!([
            {"pointer": "#/type", "code": "value", "params": {"allowed": ["low", "high"]}, "detail": "Uno de: low, high."},
            {"pointer": "#/lat", "code": "range.max", "params": {"max": 90}, "detail": "Máximo 90."},
        ])
    );
    assert_eq!(told(Language::Es)[1]["detail"], "Como máximo 90.");
    assert_eq!(told(Language::En)[1]["detail"], "At most 90.");
}
