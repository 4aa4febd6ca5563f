//! Forms, multipart bodies and headers: the same report, whichever way the input came.

#![allow(clippy::unwrap_used, reason = "a test that can't go on has failed")]

use std::convert::Infallible;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use axum::routing::{patch, post};
use campotech_core::{Language, RawBody};
use campotech_testkit::{ScriptedBody, Step};
use campotech_validate::{
    AsyncRules, CheckError, Code, Email, Findings, Limits, PlainText, Rejection, Upload, Uuid, ValidForm,
    ValidHeaders, ValidMultipart, Violation, codes, input, request, validate_headers, validate_json,
};
use http::header::RETRY_AFTER;
use http::{HeaderMap, HeaderValue};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tower::ServiceExt;

static NOT_OGG: Code = Code {
    name: "audio.format",
    text: campotech_core::Localized { en: "Send Ogg.", es: "Envíe Ogg.", es_ar: "Mandá Ogg." },
};

fn is_ogg(audio: &Upload<64>) -> Result<(), Violation> {
    if audio.bytes().starts_with(b"OggS") { Ok(()) } else { Err(Violation::new(&NOT_OGG)) }
}

input! {
    /// A login by form.
    #[derive(Debug)]
    struct Login { email: Email, remember: bool = false, next as "return-to": Option<PlainText<40>> }
}

input! {
    /// A voice message.
    #[derive(Debug)]
    struct Voice { title: PlainText<20>, audio: Upload<64>, seconds: Option<u16> }
    check audio: is_ogg(audio);
}

input! {
    /// Headers of a retried request.
    #[derive(Debug)]
    struct Retry { key as "Idempotency-Key": Uuid, attempt as "x-attempt": Option<u8> }
}

async fn login(ValidForm(form): ValidForm<Login>) -> String {
    format!("{} {} {}", form.email, form.remember, form.next.as_ref().map_or("-", |next| next.as_str()))
}

async fn voice(ValidMultipart(form): ValidMultipart<Voice>) -> String {
    let audio = &form.audio;
    let media_type = audio.media_type().unwrap_or("-");
    format!("{} {} {media_type} {} {:?}", form.title, audio.file_name(), audio.bytes().len(), form.seconds)
}

async fn retry(ValidHeaders(headers): ValidHeaders<Retry>) -> String {
    format!("{} {}", headers.key, headers.attempt.unwrap_or(1))
}

async fn ask(request: Request) -> (u16, Value, Response) {
    let app = Router::new()
        .route("/login", post(login).patch(login))
        .route("/voice", post(voice))
        .route("/retry", patch(retry));
    let answered = app.oneshot(request).await;
    let (parts, body) = answered.unwrap_or_else(|never: Infallible| match never {}).into_parts();
    let bytes = body.collect().await.unwrap().to_bytes();
    let value = serde_json::from_slice(&bytes);
    let value = value.unwrap_or_else(|_| json!(std::str::from_utf8(&bytes).unwrap()));
    (parts.status.as_u16(), value, Response::from_parts(parts, Body::empty()))
}

fn faults(body: &Value) -> Vec<(&str, &str)> {
    let errors = body["errors"].as_array().unwrap();
    errors
        .iter()
        .map(|error| {
            let place = error["pointer"].as_str().or_else(|| error["name"].as_str()).unwrap();
            (place, error["code"].as_str().unwrap())
        })
        .collect()
}

const FORM: &str = "application/x-www-form-urlencoded";

fn sent(path: &str, content_type: &str, body: impl Into<Body>) -> Request {
    Request::post(path).header("content-type", content_type).body(body.into()).unwrap()
}

#[tokio::test]
async fn forms() {
    let (status, body, _) =
        ask(sent("/login", FORM, "email=ana%40Example.com&remember=true&return-to=a+b")).await;
    assert_eq!((status, body), (200, json!("ana@example.com true a b")));
    let (status, body, response) =
        ask(sent("/login", FORM, "email=ana&remember=1&return-to=&color=red&return-to%00=x")).await;
    assert_eq!((status, &body["type"]), (422, &json!("urn:campotech:problem:validation")));
    assert_eq!(response.headers()["content-type"], "application/problem+json");
    let expected = [
        ("#/email", "email.syntax"),
        ("#/remember", "type"),
        ("#/return-to", "length.min"),
        ("#/color", "unknown"),
        ("#", "unknown"),
    ];
    assert_eq!(faults(&body), expected);
    assert_eq!(faults(&ask(sent("/login", FORM, "email=a%00@b.ar")).await.1), [("#/email", "text.control")]);
    for (form, code) in [("email=%zz", "encoding"), ("email=a&email=b", "duplicate")] {
        let (status, body, _) = ask(sent("/login", FORM, form)).await;
        assert_eq!((status, faults(&body)), (400, vec![("#", code)]), "{form}");
    }
}

#[tokio::test]
async fn a_form_is_judged_by_its_headers_first() {
    let mut request = sent("/login", "application/json", "{}");
    *request.method_mut() = http::Method::PATCH;
    let (status, body, response) = ask(request).await;
    assert_eq!((status, faults(&body)), (415, vec![("content-type", "content_type.unsupported")]));
    assert_eq!(body["errors"][0]["detail"], format!("Send {FORM}."));
    assert_eq!(response.headers()["accept"], FORM);
    assert_eq!(response.headers()["accept-patch"], FORM);
    let mut coded = sent("/login", FORM, "email=a");
    coded.headers_mut().insert("content-encoding", HeaderValue::from_static("gzip"));
    assert_eq!(ask(coded).await.0, 415);
    let mut small = sent("/login", FORM, vec![b'a'; 11]);
    small.extensions_mut().insert(Limits::new().with_bytes(10));
    assert_eq!(ask(small).await.0, 413);
    let mut buffered = sent("/login", FORM, "%");
    buffered.extensions_mut().insert(RawBody("email=a@b.ar".into()));
    assert_eq!(ask(buffered).await.1, "a@b.ar false -");
}

fn multipart(parts: &[(&str, &[u8])]) -> Request {
    let mut body = Vec::new();
    for (parameters, content) in parts {
        body.extend(format!("--b\r\nContent-Disposition: form-data; {parameters}\r\n\r\n").into_bytes());
        body.extend_from_slice(content);
        body.extend(b"\r\n");
    }
    body.extend(b"--b--\r\n");
    sent("/voice", "multipart/form-data; boundary=b", body)
}

#[tokio::test]
async fn multipart_bodies() {
    let audio = "name=audio; filename=\"nota 1.ogg\"\r\nContent-Type: Audio/Ogg; codecs=opus";
    let (status, body, _) =
        ask(multipart(&[("name=title", b"Caldera"), (audio, b"OggS\0\xff"), ("name=seconds", b"7")])).await;
    assert_eq!((status, body), (200, json!("Caldera nota 1.ogg audio/ogg 6 Some(7)")));
    let (status, body, _) = ask(multipart(&[
        ("name=title; filename=a", b"x"),
        ("name=audio", b"OggS"),
        ("name=seconds", b"-1"),
        ("name=more", b""),
    ]))
    .await;
    assert_eq!(status, 422);
    let expected =
        [("#/title", "type"), ("#/audio", "type"), ("#/seconds", "range.min"), ("#/more", "unknown")];
    assert_eq!(faults(&body), expected);
    let title = ("name=title", &b"Caldera"[..]);
    assert_eq!(faults(&ask(multipart(&[title, (audio, &[0; 65])])).await.1), [("#/audio", "file.size")]);
    assert_eq!(faults(&ask(multipart(&[title, (audio, b"RIFF")])).await.1), [("#/audio", "audio.format")]);
    let unchosen = "name=audio; filename=\"\"";
    assert_eq!(faults(&ask(multipart(&[title, (unchosen, b"")])).await.1), [("#/audio", "missing")]);
    assert_eq!(ask(sent("/voice", "multipart/form-data", "--b--")).await.0, 400);
    assert_eq!(ask(sent("/voice", "multipart/mixed; boundary=b", "--b--")).await.0, 415);
}

#[tokio::test]
async fn headers() {
    let id = "0190a6c4-7b3e-7cc0-98c4-dc0c0c07398f";
    let request = |headers: &[(&'static str, &'static [u8])]| {
        let mut request = Request::patch("/retry").body(Body::empty()).unwrap();
        for (name, value) in headers {
            request.headers_mut().append(*name, HeaderValue::from_bytes(value).unwrap());
        }
        request
    };
    let key = ("idempotency-key", id.as_bytes());
    let other = ("user-agent", &b"\xff"[..]);
    assert_eq!(ask(request(&[key, other, other])).await.1, format!("{id} 1"));
    assert_eq!(ask(request(&[key, ("x-attempt", b"2")])).await.1, format!("{id} 2"));
    for (headers, code) in [
        (vec![("x-attempt", &b"256"[..]), key], ("x-attempt", "range.max")),
        (vec![key, key], ("Idempotency-Key", "duplicate")),
        (vec![], ("Idempotency-Key", "missing")),
        (vec![("idempotency-key", &b"\xc3\xb1"[..])], ("Idempotency-Key", "encoding")),
    ] {
        let (status, body, _) = ask(request(&headers)).await;
        assert_eq!((status, faults(&body)), (400, vec![code]));
        assert_eq!(
            (&body["errors"][0]["in"], &body["type"]),
            (&json!("header"), &json!("urn:campotech:problem:invalid-parameters"))
        );
    }
    assert!(validate_headers::<Retry>(&HeaderMap::new()).is_err());
}

#[tokio::test]
async fn plain_functions_read_any_body_up_to_the_limit() {
    let (parts, ()) = http::Request::post("/?a=1")
        .header("content-type", "application/json")
        .extension(Limits::new().with_bytes(20))
        .body(())
        .unwrap()
        .into_parts();
    let good = ScriptedBody::chunks(["{\"email\":", "\"a@b.ar\"}"]);
    assert!(request::read_json::<Login, _>(&parts, good).await.is_ok());
    let endless = ScriptedBody::new([Step::Data("{".into()), Step::Data("x".repeat(20).into()), Step::Hang]);
    let rejection = request::read_json::<Login, _>(&parts, endless).await.unwrap_err();
    assert_eq!(rejection.status(), 413);
    let rejection = request::read_query::<Login>(&parts).unwrap_err();
    assert_eq!((rejection.status().as_u16(), rejection.issues().len()), (400, 2));
}

/// Whether the store works, and which address is taken.
struct Accounts(Result<&'static str, ()>);

impl AsyncRules<Accounts> for Login {
    type Error = std::io::Error;

    async fn check(&self, accounts: &Accounts, findings: &mut Findings) -> Result<(), Self::Error> {
        tokio::task::yield_now().await;
        let taken = accounts.0.map_err(|()| std::io::Error::other("the database is away"))?;
        if self.email.as_str() == taken {
            findings.conflict("#/email", &codes::TAKEN);
        }
        if self.remember {
            findings.report("#/remember", &codes::RULE);
        }
        Ok(())
    }
}

#[tokio::test]
async fn rules_of_the_second_phase_end_in_the_same_report() {
    let check = |email: &str, remember: bool, accounts: Accounts| {
        let body = json!({"email": email, "remember": remember}).to_string();
        async move {
            let valid = validate_json::<Login>(body.as_bytes(), &Limits::new()).unwrap();
            // Handlers are spawned: so are these.
            let checked = tokio::spawn(async move { valid.check_with(&accounts).await }).await.unwrap();
            checked.map(drop).map_err(|error: CheckError<_>| (error.to_string(), Rejection::from(error)))
        }
    };
    let taken = || Accounts(Ok("a@b.ar"));
    assert!(check("c@b.ar", false, taken()).await.is_ok());
    let (_, conflict) = check("a@b.ar", false, taken()).await.unwrap_err();
    assert_eq!((conflict.status().as_u16(), conflict.issues()[0].code()), (409, "taken"));
    let (_, both) = check("a@b.ar", true, taken()).await.unwrap_err();
    assert_eq!((both.status().as_u16(), both.issues().len()), (422, 2));
    let (text, failed) = check("a@b.ar", true, Accounts(Err(()))).await.unwrap_err();
    assert_eq!((failed.status().as_u16(), failed.issues().len()), (503, 0));
    let cause = std::error::Error::source(&failed).unwrap().to_string();
    assert_eq!(cause, "the database is away");
    let answer = failed.problem(Language::En).into_response_in(Language::En, None);
    assert_eq!(answer.headers()[RETRY_AFTER], "5");
    assert!(!format!("{failed} {failed:?} {answer:?}").contains("database"));
    assert_eq!(text, "a rule could not be checked");
}
