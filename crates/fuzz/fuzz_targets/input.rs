//! Bodies and queries as input: what is refused says so at a place that is there.
#![no_main]

use bytes::Bytes;
use campotech_core::{FaultLocation, Language};
use campotech_validate::{
    ArPhone, Email, Flat, Limits, Page, PlainText, Rejection, Timestamp, Upload, Uuid, input, validate_form,
    validate_json, validate_multipart, validate_query,
};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

input! {
    /// How soon.
    enum Priority { Low = "low", High = "high" }
}

input! {
    /// A thing to be brought.
    struct Item {
        name: PlainText<8>,
        #[garde(range(min = 1, max = 99))]
        count: u32,
    }
}

input! {
    /// Where it is.
    struct Point {
        #[garde(range(min = -90.0, max = 90.0))]
        lat: f64,
        floor as "floor" | "level": Option<i8>,
    }
}

input! {
    /// A bit of everything.
    struct Form {
        #[garde(length(chars, min = 3))]
        title: PlainText<20>,
        phone as "customer_phone": Option<ArPhone>,
        email: Option<Email>,
        id: Option<Uuid>,
        r#type: Priority,
        point: Flat<Point>,
        #[garde(length(max = 3))]
        items: Option<Vec<Item>>,
        #[garde(length(min = 2))]
        tags: Option<Vec<u8>>,
        ratio: Option<f64>,
        at: Option<Timestamp>,
        file: Option<Upload<64>>,
        page: Page,
    }
}

fuzz_target!(|data: &[u8]| {
    let Some((first, data)) = data.split_first() else { return };
    let limits = Limits::new().with_bytes(4_096).with_depth(8).with_nodes(256).with_keys(64).with_fields(16);
    match first % 4 {
        0 => match validate_json::<Form>(data, &limits) {
            Ok(_) => assert!(serde_json::from_slice::<Value>(data).is_ok()),
            Err(rejection) => {
                check(&rejection, &[400, 413, 422]);
                resolve(&rejection, data);
            }
        },
        1 => {
            let _ =
                validate_form::<Form>(data, &limits).map_err(|rejection| check(&rejection, &[400, 413, 422]));
        }
        2 => {
            let Ok(query) = std::str::from_utf8(data) else { return };
            let _ = validate_query::<Form>(query).map_err(|rejection| check(&rejection, &[400]));
        }
        _ => {
            let read = validate_multipart::<Form>(&Bytes::copy_from_slice(data), "b", &limits);
            let _ = read.map_err(|rejection| check(&rejection, &[400, 413, 422]));
        }
    }
});

fn check(rejection: &Rejection, statuses: &[u16]) {
    assert!(statuses.contains(&rejection.status().as_u16()));
    assert!((1..=64).contains(&rejection.issues().len()));
    let answer = rejection.problem(Language::EsAr).into_response_in(Language::EsAr, None);
    assert!(serde_json::from_slice::<Value>(answer.body()).is_ok());
}

/// What is well-formed is JSON to others, and a pointer into it leads somewhere, or to a member that its parent lacks.
fn resolve(rejection: &Rejection, data: &[u8]) {
    if rejection.status() != 422 {
        return;
    }
    let document = match serde_json::from_slice::<Value>(data) {
        Ok(document) => document,
        // It has no number for `1e400`; here it is the field that refuses it.
        Err(error) => return assert!(error.to_string().starts_with("number out of range")),
    };
    for issue in rejection.issues() {
        let FaultLocation::Pointer(pointer) = issue.location() else { panic!("not in a body") };
        let pointer = pointer.strip_prefix('#').unwrap();
        let parent = pointer.rsplit_once('/').map_or("", |(parent, _)| parent);
        let missing = issue.code() == "missing" && document.pointer(parent).is_some_and(Value::is_object);
        assert!(missing || document.pointer(pointer).is_some(), "{pointer}");
    }
}
