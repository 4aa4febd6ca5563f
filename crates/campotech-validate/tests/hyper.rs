//! The layer under bare hyper.

#![allow(clippy::unwrap_used, reason = "a test that can't go on has failed")]

use std::convert::Infallible;
use std::sync::Arc;

use bytes::Bytes;
use campotech_core::{RawBody, RequestId, Route};
use campotech_testkit::{HyperServer, RawConnection, RawResponse, RecordingObserver, ScriptedBody, Step};
use campotech_validate::layer::ValidateBody;
use campotech_validate::{Limits, ObserverExtension, PlainText, Valid, ValidateLayer, input};
use http::{HeaderValue, Request, Response};
use http_body::Body;
use http_body_util::{BodyExt, Full};
use serde_json::{Value, json};
use tower::{Layer, Service, ServiceExt, service_fn};

input! {
    /// A note.
    #[derive(Debug)]
    struct Note { text: PlainText<8>, stars: Option<u8> }
}

/// Answers with the valid text and the length of the body that came with it.
async fn echo<B: Body<Data = Bytes>>(
    request: Request<ValidateBody<B>>,
) -> Result<Response<Full<Bytes>>, Infallible>
where
    B::Error: std::fmt::Debug,
{
    let note = request.extensions().get::<Arc<Valid<Note>>>().unwrap().clone();
    let body = request.into_body().collect().await.unwrap().to_bytes();
    Ok(Response::new(Full::from(format!("{} {}", note.text, body.len()))))
}

async fn ask(
    layer: ValidateLayer<Note>,
    head: &str,
    body: &str,
    observer: &RecordingObserver,
) -> RawResponse {
    let inner = layer.layer(service_fn(echo));
    let observer = ObserverExtension::new(observer.clone());
    let service = service_fn(move |mut request: Request<hyper::body::Incoming>| {
        request.extensions_mut().insert(observer.clone());
        request.extensions_mut().insert(Route("/notes".into()));
        let id = RequestId::adopt(&HeaderValue::from_static("one")).unwrap();
        request.extensions_mut().insert(id);
        inner.clone().oneshot(request)
    });
    let server = HyperServer::start(service).await;
    let mut connection = RawConnection::open(server.addr()).await.unwrap();
    let length = body.len();
    connection
        .send(format!("POST /notes HTTP/1.1\r\nhost: x\r\n{head}content-length: {length}\r\n\r\n{body}"))
        .await
        .unwrap();
    connection.receive().await.unwrap()
}

const JSON: &str = "content-type: application/json\r\n";

#[tokio::test]
async fn what_is_right_goes_on_with_its_body() {
    let observer = RecordingObserver::default();
    let answer = ask(ValidateLayer::new(), JSON, r#"{"text":"hola"}"#, &observer).await;
    assert_eq!((answer.status.as_u16(), &*answer.body), (200, &b"hola 15"[..]));
    assert!(observer.lines().is_empty());
}

#[tokio::test]
async fn what_is_wrong_is_answered_in_the_language_of_the_request() {
    let observer = RecordingObserver::default();
    let head = format!("{JSON}accept-language: es-AR\r\n");
    let answer = ask(ValidateLayer::new(), &head, r#"{"text":"demasiado","stars":-1}"#, &observer).await;
    assert_eq!(answer.status, 422);
    assert_eq!(answer.headers["content-type"], "application/problem+json");
    assert_eq!(answer.headers["content-language"], "es-AR");
    assert_eq!(answer.headers["cache-control"], "no-store");
    let body: Value = serde_json::from_slice(&answer.body).unwrap();
    assert_eq!(body["instance"], "urn:campotech:request:one");
    assert_eq!(body["type"], "urn:campotech:problem:validation");
    assert_eq!(
        body["errors"],
        json!([
            {"pointer": "#/text", "code": "length.max", "params": {"max": 8}, "detail": "Máximo 8."},
            {"pointer": "#/stars", "code": "range.min", "params": {"min": 0}, "detail": "Mínimo 0."},
        ])
    );
    assert_eq!(observer.lines(), ["validation /notes length.max", "validation /notes range.min"]);
}

#[tokio::test]
async fn headers_are_judged_before_the_body() {
    let observer = RecordingObserver::default();
    for (head, code) in [
        ("", "content_type.missing"),
        ("content-type: text/json\r\n", "content_type.unsupported"),
        ("content-type: application/json;charset=utf-7\r\n", "content_type.charset"),
        (&*format!("{JSON}{JSON}"), "content_type.repeated"),
    ] {
        let answer = ask(ValidateLayer::new(), head, "{", &observer).await;
        assert_eq!(
            (answer.status.as_u16(), &answer.headers["accept"]),
            (415, &HeaderValue::from_static("application/json"))
        );
        let body: Value = serde_json::from_slice(&answer.body).unwrap();
        assert_eq!(body["errors"][0]["code"], code);
        assert_eq!(
            (&body["errors"][0]["in"], &body["errors"][0]["name"]),
            (&json!("header"), &json!("content-type"))
        );
    }
    let gzip = format!("{JSON}content-encoding: gzip\r\n");
    let answer = ask(ValidateLayer::new(), &gzip, "{}", &observer).await;
    assert_eq!(
        (answer.status.as_u16(), answer.headers["accept-encoding"].as_bytes()),
        (415, &b"identity"[..])
    );
}

#[tokio::test]
async fn a_patch_is_told_what_patches_are_read() {
    for (method, accept_patch) in [("PATCH", Some("application/json")), ("PUT", None)] {
        let server = HyperServer::start(ValidateLayer::<Note>::new().layer(service_fn(echo))).await;
        let mut connection = RawConnection::open(server.addr()).await.unwrap();
        connection
            .send(format!("{method} /notes HTTP/1.1\r\nhost: x\r\ncontent-type: text/plain\r\ncontent-length: 2\r\n\r\n{{}}"))
            .await
            .unwrap();
        let answer = connection.receive().await.unwrap();
        assert_eq!(
            (answer.status.as_u16(), answer.headers["accept"].as_bytes()),
            (415, &b"application/json"[..])
        );
        let told = answer.headers.get("accept-patch").map(|value| value.to_str().unwrap());
        assert_eq!(told, accept_patch, "{method}");
    }
}

fn scripted(body: ScriptedBody) -> Request<ScriptedBody> {
    Request::post("/notes").header("content-type", "application/json").body(body).unwrap()
}

async fn status_of(layer: ValidateLayer<Note>, request: Request<ScriptedBody>) -> u16 {
    layer.layer(service_fn(echo)).oneshot(request).await.unwrap().status().as_u16()
}

#[tokio::test]
async fn bodies_are_read_up_to_the_limit_only() {
    let layer = || ValidateLayer::new().with_limits(Limits::new().with_bytes(20));
    let good = ["{\"text\"", ":", "\"hola\"}"];
    assert_eq!(status_of(layer(), scripted(ScriptedBody::chunks(good))).await, 200);
    // It never ends, and isn't waited for.
    let endless = [Step::Data("{\"text\":\"".into()), Step::Data("x".repeat(20).into()), Step::Hang];
    assert_eq!(status_of(layer(), scripted(ScriptedBody::new(endless))).await, 413);
    let broken = [Step::Data("{".into()), Step::Error];
    assert_eq!(status_of(layer(), scripted(ScriptedBody::new(broken))).await, 400);
    let mut wider = scripted(ScriptedBody::chunks(["{\"text\":\"hola\"}", "          "]));
    wider.extensions_mut().insert(Limits::new());
    assert_eq!(status_of(layer(), wider).await, 200);
}

#[tokio::test]
async fn a_buffered_body_is_taken_and_none_is_read() {
    let mut request = scripted(ScriptedBody::new([Step::Hang]));
    request.extensions_mut().insert(RawBody(r#"{"text":""}"#.into()));
    assert_eq!(status_of(ValidateLayer::new(), request).await, 422);
}

#[tokio::test]
async fn the_service_that_was_ready_is_the_one_that_is_called() {
    /// Panics where it is called without having been found ready itself.
    #[derive(Debug, Default)]
    struct Strict(bool);

    impl Clone for Strict {
        fn clone(&self) -> Self {
            Self(false)
        }
    }

    impl Service<Request<ValidateBody<ScriptedBody>>> for Strict {
        type Response = Response<Full<Bytes>>;
        type Error = Infallible;
        type Future = std::future::Ready<Result<Self::Response, Infallible>>;

        fn poll_ready(&mut self, _: &mut std::task::Context<'_>) -> std::task::Poll<Result<(), Infallible>> {
            self.0 = true;
            std::task::Poll::Ready(Ok(()))
        }

        fn call(&mut self, _: Request<ValidateBody<ScriptedBody>>) -> Self::Future {
            assert!(std::mem::take(&mut self.0), "called without being ready");
            std::future::ready(Ok(Response::default()))
        }
    }

    let mut service = ValidateLayer::<Note>::new().layer(Strict::default());
    for _ in 0..2 {
        let request = scripted(ScriptedBody::chunks([r#"{"text":"hola"}"#]));
        assert_eq!(service.ready().await.unwrap().call(request).await.unwrap().status(), 200);
    }
}

#[test]
fn the_layer_is_light_to_share() {
    fn shared<T: Clone + Send + Sync + 'static>(_: &T) {}
    /// Nothing about it can be cloned.
    struct Bare;
    shared(&ValidateLayer::<Bare>::new());
    shared(&ValidateLayer::<Bare>::new().layer(()));
}
