//! The extractors and the layer under axum.

#![allow(clippy::unwrap_used, reason = "a test that can't go on has failed")]

use std::convert::Infallible;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Extension, Request};
use axum::response::Response;
use axum::routing::{get, patch, post};
use campotech_core::{RawBody, RequestId};
use campotech_testkit::RecordingObserver;
use campotech_validate::{
    ArPhone, CursorKeys, Limits, ObserverExtension, Page, PlainText, Uuid, Valid, ValidJson, ValidPath,
    ValidQuery, ValidateLayer, input,
};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tower::ServiceExt;

input! {
    /// The state of a job.
    enum Status { Open = "open", Done = "done" }
}

input! {
    /// A job.
    #[derive(Debug)]
    struct NewJob { title: PlainText<20>, customer_phone: ArPhone }
}

input! {
    /// Which job.
    #[derive(Debug)]
    struct JobPath { id: Uuid }
}

input! {
    /// Which jobs.
    #[derive(Debug)]
    struct JobQuery { page: Page, status: Option<Status> }
}

async fn create(ValidJson(job): ValidJson<NewJob>) -> String {
    format!("{} {}", job.title, job.customer_phone)
}

async fn list(ValidQuery(query): ValidQuery<JobQuery>) -> String {
    format!("{} {}", query.page.limit.get(), query.status.map_or("any", Status::as_str))
}

async fn show(ValidPath(path): ValidPath<JobPath>) -> String {
    path.id.to_string()
}

async fn layered(Extension(job): Extension<Arc<Valid<NewJob>>>) -> String {
    job.title.to_string()
}

fn app(observer: &RecordingObserver) -> Router {
    let id = RequestId::adopt(&http::HeaderValue::from_static("one")).unwrap();
    Router::new()
        .route("/jobs", post(create).get(list))
        .route("/jobs/{id}", get(show))
        .route("/patched", patch(create).post(create))
        .route("/layered", patch(layered).post(layered).layer(ValidateLayer::<NewJob>::new()))
        .layer(Extension(ObserverExtension::new(observer.clone())))
        .layer(Extension(id))
}

async fn ask(request: Request) -> (u16, Value, Response) {
    let response = app(&RecordingObserver::default()).oneshot(request).await;
    let (parts, body) = response.unwrap_or_else(|never: Infallible| match never {}).into_parts();
    let bytes = body.collect().await.unwrap().to_bytes();
    let value =
        serde_json::from_slice(&bytes).unwrap_or_else(|_| json!(std::str::from_utf8(&bytes).unwrap()));
    (parts.status.as_u16(), value, Response::from_parts(parts, Body::empty()))
}

fn posted(path: &str, body: impl Into<Body>) -> Request {
    Request::post(path).header("content-type", "application/json").body(body.into()).unwrap()
}

fn got(path: &str) -> Request {
    Request::get(path).header("accept-language", "es").body(Body::empty()).unwrap()
}

#[tokio::test]
async fn valid_values_reach_the_handler() {
    let body = r#"{"title":" Caldera ","customer_phone":"011 15 8765 4321"}"#;
    assert_eq!(ask(posted("/jobs", body)).await.1, "Caldera +5491187654321");
    assert_eq!(ask(posted("/layered", body)).await.1, "Caldera");
    assert_eq!(ask(got("/jobs?limit=7&status=done")).await.1, "7 done");
    assert_eq!(ask(got("/jobs")).await.1, "20 any");
    let id = "0190a6c4-7b3e-7cc0-98c4-dc0c0c07398f";
    assert_eq!(ask(got(&format!("/jobs/{}", id.to_uppercase()))).await.1, id);
}

#[tokio::test]
async fn refusals_are_problems() {
    for path in ["/jobs", "/layered"] {
        let (status, body, response) = ask(posted(path, r#"{"title":1,"color":2}"#)).await;
        assert_eq!(status, 422);
        assert_eq!(response.headers()["content-type"], "application/problem+json");
        assert_eq!(body["instance"], "urn:campotech:request:one");
        let codes: Vec<_> =
            body["errors"].as_array().unwrap().iter().map(|e| (&e["pointer"], &e["code"])).collect();
        let expected = json!([["#/title", "type"], ["#/customer_phone", "missing"], ["#/color", "unknown"]]);
        assert_eq!(json!(codes), expected);
    }
    let (status, body, response) = ask(got("/jobs?limit=101&status=gone&sort=x")).await;
    assert_eq!((status, &body["type"]), (400, &json!("urn:campotech:problem:invalid-parameters")));
    assert_eq!(response.headers()["content-language"], "es");
    assert_eq!(
        body["errors"],
        json!([
            {"in": "query", "name": "limit", "code": "range.max", "params": {"max": 100}, "detail": "Como máximo 100."},
            {"in": "query", "name": "status", "code": "value", "params": {"allowed": ["open", "done"]}, "detail": "Uno de: open, done."},
            {"in": "query", "name": "sort", "code": "unknown", "detail": "No se conoce nada con este nombre."},
        ])
    );
    for id in ["7", "%2e%2e%2f", "%ff", "0190a6c4-7b3e-7cc0-98c4-dc0c0c07398f%00"] {
        let (status, body, _) = ask(got(&format!("/jobs/{id}"))).await;
        assert_eq!((status, &body["errors"][0]["in"]), (400, &json!("path")), "{id}");
    }
}

#[tokio::test]
async fn bodies_are_limited_and_their_type_is_checked_first() {
    let (status, body, response) = ask(Request::post("/jobs").body(Body::from("{")).unwrap()).await;
    assert_eq!((status, &body["errors"][0]["code"]), (415, &json!("content_type.missing")));
    assert_eq!(response.headers()["accept"], "application/json");
    assert_eq!(ask(posted("/jobs", vec![b' '; 256 * 1024 + 1])).await.0, 413);
    let mut small = posted("/jobs", vec![b' '; 11]);
    small.extensions_mut().insert(Limits::new().with_bytes(10));
    assert_eq!(ask(small).await.0, 413);
    let mut buffered = posted("/jobs", "{");
    buffered.extensions_mut().insert(RawBody(r#"{"title":"a","customer_phone":"01143211234"}"#.into()));
    assert_eq!(ask(buffered).await.1, "a +541143211234");
}

#[tokio::test]
async fn a_patch_is_told_what_patches_are_read() {
    for path in ["/patched", "/layered"] {
        for (method, accept_patch) in [("PATCH", Some("application/json")), ("POST", None)] {
            for content_type in [None, Some("application/xml"), Some("application/json;charset=utf-7")] {
                let mut request = Request::builder().method(method).uri(path);
                if let Some(value) = content_type {
                    request = request.header("content-type", value);
                }
                let (status, body, response) = ask(request.body(Body::from("{}")).unwrap()).await;
                let header = |name| response.headers().get(name).map(|value| value.to_str().unwrap());
                assert_eq!((status, &body["errors"][0]["name"]), (415, &json!("content-type")));
                assert_eq!(header("accept"), Some("application/json"), "{method} {path}");
                assert_eq!(header("accept-patch"), accept_patch, "{method} {path}");
            }
            // What is wrong here is not the type of the patch.
            let coded =
                Request::builder().method(method).uri(path).header("content-type", "application/json");
            let coded = coded.header("content-encoding", "gzip").body(Body::from("{}")).unwrap();
            let (status, _, response) = ask(coded).await;
            assert_eq!(status, 415);
            assert_eq!(response.headers()["accept-encoding"], "identity");
            assert!(!response.headers().contains_key("accept-patch"), "{method} {path}");
            let mut wrong = posted(path, "{}");
            *wrong.method_mut() = method.parse().unwrap();
            let (status, _, response) = ask(wrong).await;
            assert_eq!((status, response.headers().get("accept-patch")), (422, None));
        }
    }
}

#[tokio::test]
async fn the_observer_hears_of_codes_by_route() {
    let observer = RecordingObserver::default();
    app(&observer).oneshot(got("/jobs/7")).await.unwrap();
    app(&observer).oneshot(posted("/jobs", r#"{"a":1,"b":2,"title":3,"customer_phone":"x"}"#)).await.unwrap();
    assert_eq!(
        observer.lines(),
        [
            "validation /jobs/{id} uuid.invalid",
            "validation /jobs type",
            "validation /jobs phone.invalid",
            "validation /jobs unknown",
        ]
    );
}

#[tokio::test]
async fn a_foreign_cursor_is_a_refusal_of_the_parameter() {
    let query = campotech_validate::validate_query::<Page>("cursor=bm90IG91cnM").unwrap();
    let keys = CursorKeys::new(&[7; 32]).unwrap();
    let error = keys.open::<u32>(query.cursor.as_ref().unwrap(), "jobs").unwrap_err();
    let rejection = error.rejection();
    assert_eq!((rejection.status().as_u16(), rejection.issues()[0].code()), (400, "cursor.invalid"));
}
