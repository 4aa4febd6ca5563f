//! No piece of what a client sent is told back, at any entry point, in any language, nor in what `{:?}` shows.

#![allow(clippy::unwrap_used, reason = "a test that can't go on has failed")]

use std::fmt::Debug;

use bytes::Bytes;
use campotech_core::Language;
use campotech_validate::{
    ArMobile, ArPhone, Cae, Cbu, CbuAlias, Cuit, Cursor, Cvu, Dni, Email, Flat, GeoPoint, InvoiceNumber,
    Limits, MultilineText, NewPassword, Page, Password, Patente, PlainText, PostalCode, Rejection, Slug,
    Timestamp, Upload, Uuid, Valid, input, json as node, validate_form, validate_headers, validate_json,
    validate_multipart, validate_path, validate_query,
};
use http::{HeaderMap, HeaderValue};
use proptest::prelude::*;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

input! {
    /// How soon.
    enum Priority { Low = "low", High = "high" }
}

input! {
    /// A struct within another.
    #[derive(Debug)]
    struct Inner { text: PlainText<10>, count: u8 }
}

input! {
    /// A field of every type.
    #[derive(Debug)]
    struct Everything {
        #[garde(length(chars, min = 3))]
        plain: PlainText<12>,
        lines: MultilineText<12>,
        phone: ArPhone,
        email: Email,
        #[garde(matches(email))]
        again: Email,
        cuit: Cuit,
        id: Uuid,
        priority as "priority" | "urgency": Priority,
        number: f64,
        #[garde(range(min = 1, max = 9))]
        small: i16,
        truth: bool,
        #[garde(length(max = 2), inner(inner(range(max = 9))))]
        list: Vec<u8>,
        inner: Inner,
        beside: Flat<Inner>,
        page: Page,
        at: Timestamp,
        chosen: NewPassword,
        given: Password,
        cursor as "from": Cursor,
        file: Upload<8>,
    }
}

const FIELDS: [&str; 22] = [
    "plain", "lines", "phone", "email", "again", "cuit", "id", "priority", "urgency", "number", "small",
    "truth", "list", "inner", "text", "count", "limit", "at", "chosen", "given", "from", "file",
];

/// Everything that a refusal could say, or what is shown of what was taken.
fn told<T: Debug>(result: Result<Valid<T>, Rejection>) -> String {
    let rejection = match result {
        Ok(valid) => return format!("{valid:?}"),
        Err(rejection) => rejection,
    };
    let mut told = format!("{rejection} {rejection:?}");
    for language in [Language::En, Language::Es, Language::EsAr] {
        let response = rejection.problem(language).into_response_in(language, None);
        told += std::str::from_utf8(response.body()).unwrap();
        told += &format!("{:?}", response.headers());
    }
    told
}

fn leak<'s>(secret: &'s str, told: &str) -> Option<&'s str> {
    (0..=secret.len() - 6).map(|start| &secret[start..start + 6]).find(|piece| told.contains(piece))
}

/// The secret as it stands, or in something that nearly holds it.
fn dressed(secret: &str, sort: usize) -> String {
    match sort {
        0 => secret.to_owned(),
        1 => format!("{secret}@{secret}.com"),
        2 => format!("{secret}\u{202e}"),
        3 => format!("+54 9 11 {secret}"),
        4 => format!("2026-01-02T03:04:05{secret}"),
        _ => format!("{secret}\0"),
    }
}

fn percent_encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

proptest! {
    #[test]
    fn bodies(secret in "[a-zA-Z0-9]{12,24}", sort in 0_usize..6, wrap in 0_usize..4) {
        let text = dressed(&secret, sort);
        let value = || match wrap {
            0 => json!(text),
            1 => json!([text, 7]),
            // Names that can be nothing but names are told back, so that an unknown member can be found: this one is none.
        2 => json!({ &*format!("{text}.{text}"): text }),
            _ => json!({ "text": text, "count": text, &*format!("{text}@"): 1 }),
        };
        let mut members: Map<String, Value> = FIELDS.iter().map(|name| ((*name).to_owned(), value())).collect();
        members.remove("urgency");
        let whole = Value::Object(members).to_string();
        let cut = whole[..whole.len() - 9].to_owned();
        let bare = whole.replacen(&format!("\"{text}\""), &secret, 1);
        let twice = whole.replacen('{', &format!("{{\"priority\":\"{secret}\",\"urgency\":\"{secret}\","), 1);
        for body in [&whole, &cut, &bare, &twice] {
            let told = told(validate_json::<Everything>(body.as_bytes(), &Limits::new()));
            prop_assert_eq!(leak(&secret, &told), None);
            let told = format!("{:?}", node::parse(body.as_bytes(), &Limits::new()));
            prop_assert_eq!(leak(&secret, &told), None);
        }
    }

    #[test]
    fn forms_and_parameters(secret in "[a-zA-Z0-9]{12,24}", sort in 0_usize..6, skipped in 0_usize..23) {
        let text = dressed(&secret, sort);
        let names = FIELDS.iter().enumerate().filter(|(index, _)| *index != skipped).map(|(_, name)| *name);
        let pairs: Vec<_> = names.map(|name| format!("{name}={}", percent_encoded(&text))).collect();
        let query = format!("{}&{}%40={text}", pairs.join("&"), text.replace('\0', ""));
        let mut all = told(validate_query::<Everything>(&query));
        all += &told(validate_form::<Everything>(query.as_bytes(), &Limits::new()));
        all += &told(validate_form::<Everything>(format!("{query}&plain={text}").as_bytes(), &Limits::new()));
        all += &told(validate_path::<Everything>(FIELDS.map(|name| (name, &*text))));
        prop_assert_eq!(leak(&secret, &all), None);
    }

    #[test]
    fn headers(secret in "[a-zA-Z0-9]{12,24}", sort in 0_usize..6, twice in any::<bool>()) {
        let mut headers = HeaderMap::new();
        for name in FIELDS {
            let Ok(value) = HeaderValue::from_bytes(dressed(&secret, sort).as_bytes()) else { continue };
            headers.append(name, value.clone());
            if twice {
                headers.append(name, value);
            }
        }
        let told = told(validate_headers::<Everything>(&headers));
        prop_assert_eq!(leak(&secret, &told), None);
    }

    #[test]
    fn multipart_bodies(secret in "[a-zA-Z0-9]{12,24}", sort in 0_usize..6, head in 0_usize..5) {
        let text = dressed(&secret, sort);
        let mut body = String::new();
        for name in FIELDS {
            let parameters = match head {
                0 => format!("name=\"{name}\""),
                1 => format!("name=\"{name}\"; filename=\"{text}\""),
                2 => format!("name=\"{name}@{text}\""),
                3 => format!("name=\"{name}\"; {text}"),
                _ => format!("name=\"{name}\"; filename=\"../{text}\""),
            };
            body += &format!("--b\r\nContent-Disposition: form-data; {parameters}\r\n\r\n{text}\r\n");
        }
        for end in ["--b--", &*secret] {
            let body = Bytes::from(body.clone() + end);
            let told = told(validate_multipart::<Everything>(&body, "b", &Limits::new()));
            prop_assert_eq!(leak(&secret, &told), None);
        }
    }
}

#[test]
fn serde_s_own_errors_tell_nothing_back() {
    fn refused<T: DeserializeOwned>(json: &str) {
        let Err(error) = serde_json::from_str::<T>(json) else { panic!("{json} was taken") };
        let told = format!("{error} {error:?}");
        assert!(["20055361682", "canary"].iter().all(|secret| leak(secret, &told).is_none()), "{told}");
    }
    for json in ["20055361682", "[\"canary\"]", "{\"canary\":20055361682}", "\"canary\"", "\"canary"] {
        refused::<Cuit>(json);
        refused::<Priority>(json);
        refused::<Timestamp>(json);
    }
}

#[test]
fn what_was_taken_is_not_shown_either() {
    let body = json!({
        "title": "Canary1Canary2", "lines": "Canary1Canary2", "phone": "011 15 8765 4321", "mobile": "011 8765 4321",
        "email": "canary1canary2@canary3canary4.com", "cuit": "20-05536168-2", "chosen": "canary1canary2canary3",
        "given": "canary1canary2", "slug": "canary1-canary2", "dni": "20.123.456", "cbu": "2850590940090418135201",
        "cvu": "0000003110001234567898", "alias": "canary1.canary2", "plate": "AB123CD", "postal": "C1425CLA",
        "cae": "71234567890123", "invoice": "00001-00000123", "place": {"lat": -34.6037123, "lon": -58.3816999},
    });
    let taken = validate_json::<Personal>(body.to_string().as_bytes(), &Limits::new());
    let told = format!("{:?}", taken.unwrap());
    for secret in [
        "Canary1Canary2",
        "canary1canary2",
        "canary3canary4.com",
        "5491187654321",
        "20055361682",
        "canary1-canary2",
        "canary1.canary2",
        "20123456",
        "20.123.456",
        "2850590940090418135201",
        "0000003110001234567898",
        "AB123CD",
        "C1425CLA",
        "71234567890123",
        "00001-00000123",
        "34.6037123",
        "58.3816999",
        "346037123",
        "583816999",
    ] {
        assert_eq!(leak(secret, &told), None, "{told}");
    }
}

#[cfg(feature = "intl-phone")]
#[test]
fn numbers_of_other_countries_are_not_shown_either() {
    let phone: campotech_validate::IntlPhone = "+12025550123".parse().unwrap();
    assert_eq!(leak("12025550123", &format!("{phone:?}")), None);
}

#[cfg(feature = "rich-html")]
#[test]
fn html_is_not_shown_either() {
    type Note = campotech_validate::RichHtml<20>;
    let note: Note = "<p>Canary1Canary2</p>".parse().unwrap();
    assert_eq!(leak("Canary1Canary2", &format!("{note:?}")), None);
    let long = format!("<p>{}</p>", "Canary1Canary2".repeat(9));
    let odd = "<p Canary1Canary2=Canary1Canary2>Canary1Canary2&#x202e;</p>";
    for refused in [long.as_str(), odd] {
        let violation = refused.parse::<Note>().unwrap_err();
        assert_eq!(leak("Canary1Canary2", &format!("{violation} {violation:?}")), None);
    }
}

input! {
    /// What is about a person.
    #[derive(Debug)]
    struct Personal {
        title: PlainText<20>, lines: MultilineText<20>, phone: ArPhone, mobile: ArMobile, email: Email, cuit: Cuit,
        chosen: NewPassword, given: Password, slug: Slug<20>, dni: Dni, cbu: Cbu, cvu: Cvu, alias: CbuAlias,
        plate: Patente, postal: PostalCode, cae: Cae, invoice: InvoiceNumber, place: GeoPoint,
    }
}
