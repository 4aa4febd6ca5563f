//! The structural gate in front of a service.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use campotech_core::{Mode, RawBody};
use campotech_security::inspect::{DuplicateParameters, InspectLayer, InspectService, JsonLimits};
use campotech_security::payload::PayloadLayer;
use campotech_testkit::{HyperServer, RawConnection, RecordingObserver};
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode, Version};
use http_body_util::{BodyExt, Full};
use proptest::prelude::*;
use serde_json::Value;
use tower::{Layer, ServiceExt, service_fn};

#[path = "inspect/bodies.rs"]
mod bodies;
#[path = "inspect/detection.rs"]
mod detection;

async fn echo(request: Request<Full<Bytes>>) -> Result<Response<Full<Bytes>>, Infallible> {
    let target = request.uri().path_and_query().map_or(String::new(), ToString::to_string);
    let mut response = Response::new(request.into_body());
    response.headers_mut().insert("target", target.parse().unwrap());
    Ok(response)
}

async fn through(layer: &InspectLayer, request: Request<Full<Bytes>>) -> (StatusCode, HeaderMap, Bytes) {
    let mut request = request;
    request.headers_mut().entry("host").or_insert(HeaderValue::from_static("x"));
    let stack = PayloadLayer::<Full<Bytes>>::new(10 << 20).layer(layer.layer(service_fn(echo)));
    let (parts, body) = stack.oneshot(request).await.unwrap().into_parts();
    (parts.status, parts.headers, body.collect().await.unwrap().to_bytes())
}

async fn get(layer: &InspectLayer, target: &str) -> (StatusCode, Value) {
    let (status, _, body) = through(layer, Request::get(target).body(Full::default()).unwrap()).await;
    (status, serde_json::from_slice(&body).unwrap_or_default())
}

async fn post(layer: &InspectLayer, content_type: &str, body: impl Into<Bytes>) -> (StatusCode, Value) {
    let request =
        Request::post("/").header("content-type", content_type).body(Full::new(body.into())).unwrap();
    let (status, _, body) = through(layer, request).await;
    (status, serde_json::from_slice(&body).unwrap_or_default())
}

#[tokio::test]
async fn a_malformed_target_is_400_with_a_reason() {
    let layer = InspectLayer::new();
    for (target, reason) in [
        ("/api/..%2f..%2fetc/passwd", "path.traversal"),
        ("/%2e%2e/x", "path.traversal"),
        ("/a%00b", "path.control"),
        ("/%c0%af", "path.utf8"),
        ("/%u002f", "path.percent_u"),
        ("/a%2", "path.percent"),
        ("/%2527", "path.double_encoding"),
        ("/a%2fb", "path.separator"),
        ("/x?q=%00", "query.control"),
        ("/x?q=%e9", "query.utf8"),
        ("/x?q=50%", "query.percent"),
        ("/x?f=../../etc/passwd", "query.traversal"),
        ("/x?f=%252e%252e%252f", "query.traversal"),
    ] {
        let (status, problem) = get(&layer, target).await;
        assert_eq!((status.as_u16(), problem["reason"].as_str()), (400, Some(reason)), "{target}");
        assert_eq!(problem["type"], "urn:campotech:problem:bad-request");
    }
    let (status, problem) = get(&layer, &format!("/{}", "a".repeat(8 << 10))).await;
    assert_eq!((status.as_u16(), problem["reason"].as_str()), (414, Some("uri.length")));
    assert_eq!(get(&layer, &format!("/{}", "a".repeat((8 << 10) - 1))).await.0, 200);
}

#[tokio::test]
async fn repeated_parameters_pass_unless_told_otherwise() {
    let strict = InspectLayer::new().with_duplicate_parameters(DuplicateParameters::Refuse);
    assert_eq!(get(&InspectLayer::new(), "/?a=1&a=2").await.0, 200);
    assert_eq!(get(&strict, "/?a=1&b=2").await.0, 200);
    let (status, problem) = get(&strict, "/?a=1&%61=2").await;
    assert_eq!((status.as_u16(), problem["reason"].as_str()), (400, Some("query.duplicate")));
}

#[tokio::test]
async fn repeated_hosts_are_refused() {
    let layer = InspectLayer::new();
    let request = Request::get("/").header("host", "a").header("host", "b").body(Full::default()).unwrap();
    let (status, _, body) = through(&layer, request).await;
    let problem: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!((status.as_u16(), &problem["errors"][0]["name"]), (400, &Value::from("host")));
    assert_eq!(problem["errors"][0]["code"], "header.duplicate");
}

#[tokio::test]
async fn hostile_json_is_400_and_says_where() {
    let layer = InspectLayer::new();
    for (body, code, pointer) in [
        ("[".repeat(100_000), "json.depth", "/0".repeat(8)),
        ("{\"a\":".repeat(100_000), "json.depth", "/a".repeat(8)),
        ("{\"rol\":\"user\",\"rol\":\"admin\"}".to_owned(), "duplicate", "/rol".to_owned()),
        ("{\"a\":[0,{\"b\":\"\\ud800\"}]}".to_owned(), "json.surrogate", "/a/1/b".to_owned()),
        ("\u{feff}{}".to_owned(), "json.bom", String::new()),
        ("{} x".to_owned(), "json.trailing", String::new()),
        ("{\"n\":NaN}".to_owned(), "json.syntax", "/n".to_owned()),
        (format!("[{}0]", "0,".repeat(20_000)), "json.nodes", "/9999".to_owned()),
    ] {
        let (status, problem) = post(&layer, "application/json", body).await;
        let error = &problem["errors"][0];
        assert_eq!(
            (status.as_u16(), problem["reason"].as_str(), error["code"].as_str()),
            (400, Some(code), Some(code))
        );
        assert_eq!(error["pointer"], format!("#{pointer}"), "{code}");
    }
    assert_eq!(post(&layer, "application/json", &b"{\"a\":\"\xff\"}"[..]).await.1["reason"], "json.utf8");
    let deep = post(&layer, "application/json", "[".repeat(65)).await.1;
    assert_eq!(deep["errors"][0]["params"], serde_json::json!({"max": 64}));
}

#[tokio::test]
async fn a_host_is_required_under_http_1_1_only() {
    let service = InspectLayer::new().layer(service_fn(echo));
    for (version, status) in [(Version::HTTP_10, 200), (Version::HTTP_11, 400), (Version::HTTP_2, 200)] {
        let request = Request::get("http://x/").version(version).body(Full::default()).unwrap();
        let answer = service.clone().oneshot(request).await.unwrap();
        assert_eq!(answer.status(), status, "{version:?}");
        if status == 400 {
            let body = answer.into_body().collect().await.unwrap().to_bytes();
            let problem: Value = serde_json::from_slice(&body).unwrap();
            assert_eq!(
                (&problem["reason"], &problem["errors"][0]["name"]),
                (&"header.host".into(), &"host".into())
            );
        }
    }
}

#[tokio::test]
async fn two_ways_to_tell_a_length_are_refused() {
    let request = |name: &str| Request::post("/").header("host", "x").header(name, "4").body(Full::default());
    let service = InspectLayer::new().layer(service_fn(echo));
    let both = |mut request: Request<Full<Bytes>>| {
        request.headers_mut().insert("transfer-encoding", HeaderValue::from_static("chunked"));
        service.clone().oneshot(request)
    };
    assert_eq!(both(request("x-length").unwrap()).await.unwrap().status(), 200);
    let refused = both(request("content-length").unwrap()).await.unwrap();
    let body = refused.into_body().collect().await.unwrap().to_bytes();
    let problem: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!((&problem["status"], &problem["reason"]), (&400.into(), &"header.framing".into()));
}

#[tokio::test]
async fn names_are_told_back_only_where_they_can_be_nothing_else() {
    let layer = InspectLayer::new();
    for (name, pointer) in [
        ("rol", "#/rol"),
        ("sha256", "#/sha256"),
        ("5493435551212", "#"),
        ("a.b", "#"),
        ("x".repeat(33).as_str(), "#"),
    ] {
        let body = format!("{{\"{name}\":[}}");
        let (_, problem) = post(&layer, "application/json", body).await;
        let expected = if pointer == "#" { "#".to_owned() } else { format!("{pointer}/0") };
        assert_eq!(problem["errors"][0]["pointer"], expected, "{name}");
    }
}

#[tokio::test]
async fn refusals_never_repeat_the_input() {
    let layer = InspectLayer::new();
    let name = "<script>alert(1)</script>";
    let (status, problem) = post(&layer, "application/json", format!("{{\"{name}\":1,\"{name}\":2}}")).await;
    assert_eq!(status, 400);
    assert!(!problem.to_string().contains("script"), "{problem}");
    let (_, problem) = get(&layer, "/?evil-marker=%00").await;
    assert!(!problem.to_string().contains("evil-marker"));
}

#[tokio::test]
async fn only_json_is_read_as_json() {
    let layer = InspectLayer::new();
    for (content_type, status) in [
        ("application/json", 400),
        ("Application/JSON; charset=utf-8", 400),
        ("application/merge-patch+json", 400),
        ("application/problem+JSON;x", 400),
        ("text/plain", 200),
        ("application/jsonx", 200),
        ("application/octet-stream", 200),
        ("application/", 200),
        ("application/json; charset=utf-16", 200),
        ("application/json; charset", 200),
        ("application/json;charset=\"UTF-8\"", 400),
        ("application/json, text/plain", 200),
        ("application/+json", 200),
        ("application/a b+json", 200),
    ] {
        assert_eq!(post(&layer, content_type, "{").await.0, status, "{content_type}");
    }
    assert_eq!(post(&layer, "application/json", "").await.0, 200);
    let twice = Request::post("/")
        .header("content-type", "application/json")
        .header("content-type", "application/json")
        .body(Full::from("{"))
        .unwrap();
    assert_eq!(through(&layer, twice).await.0, 200, "it is for validation to refuse it");
}

#[tokio::test]
async fn report_only_lets_pass_and_tells() {
    let observer = RecordingObserver::default();
    let layer = InspectLayer::new().with_mode(Mode::ReportOnly).with_observer(Arc::new(observer.clone()));
    assert_eq!(get(&layer, "/a%00").await.0, 200);
    assert_eq!(post(&layer, "application/json", "[1,]").await.0, 200);
    assert_eq!(get(&layer, "/").await.0, 200);
    let enforced = layer.with_mode(Mode::Enforce);
    assert_eq!(get(&enforced, "/a%00").await.0, 400);
    assert_eq!(
        observer.lines(),
        [
            "decision inspect reported path.control",
            "decision inspect reported json.syntax",
            "decision inspect allowed ok",
            "decision inspect refused path.control"
        ]
    );
}

#[tokio::test]
async fn it_runs_under_bare_hyper() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&seen);
    let service = InspectLayer::new().layer(service_fn(move |request: Request<Full<Bytes>>| {
        let kept = Arc::clone(&kept);
        async move {
            let raw = request.extensions().get::<RawBody>().cloned().unwrap_or_default().0;
            kept.lock().unwrap().push((request.uri().to_string(), raw));
            Ok::<_, Infallible>(Response::new(request.into_body()))
        }
    }));
    let server = HyperServer::start(PayloadLayer::<Full<Bytes>>::new(1_000).layer(service)).await;
    let mut connection = RawConnection::open(server.addr()).await.unwrap();
    for (request, status) in [
        ("GET /%2e%2e/x HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        ("GET /caf%C3%A9?q=%C3%B1 HTTP/1.1\r\nHost: x\r\n\r\n", 200),
        (
            "POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 5\r\n\r\n[1,2 ",
            400,
        ),
        (
            "POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 8\r\n\r\n[1,\n 2 ]",
            200,
        ),
    ] {
        connection.send(request).await.unwrap();
        assert_eq!(connection.receive().await.unwrap().status, status, "{request}");
    }
    let expected =
        [("/caf%C3%A9?q=%C3%B1".to_owned(), Bytes::new()), ("/".to_owned(), Bytes::from("[1,\n 2 ]"))];
    assert_eq!(*seen.lock().unwrap(), expected);
}

#[tokio::test]
async fn it_runs_under_axum() {
    let app = axum::Router::new()
        .route("/{name}", axum::routing::post(|body: String| async { body }))
        .layer(InspectLayer::new())
        .layer(PayloadLayer::<axum::body::Body>::new(1_000));
    let request = |path: &str, body: &'static str| {
        Request::post(path)
            .header("content-type", "application/json")
            .header("host", "x")
            .body(axum::body::Body::from(body))
            .unwrap()
    };
    assert_eq!(app.clone().oneshot(request("/x", "{}")).await.unwrap().status(), 200);
    assert_eq!(app.clone().oneshot(request("/%2e%2e%2f", "{}")).await.unwrap().status(), 400);
    assert_eq!(app.oneshot(request("/x", "{\"a\":1,\"a\":1}")).await.unwrap().status(), 400);
}

#[test]
fn misconfiguration_is_refused_at_build() {
    assert_eq!(InspectLayer::new().with_max_uri(0).unwrap_err().code(), "range");
    assert_eq!(JsonLimits::default().with_depth(0).unwrap_err().code(), "range");
    assert_eq!(JsonLimits::default().with_depth(128).unwrap_err().code(), "range");
    assert_eq!(JsonLimits::default().with_nodes(0).unwrap_err().code(), "range");
    assert_eq!(JsonLimits::default().with_key_length(0).unwrap_err().code(), "range");
    let error = JsonLimits::default().with_string_length(0).unwrap_err();
    assert_eq!(error.to_string(), "the length of strings in JSON must be 1 or more");
}

#[test]
fn it_is_send_sync_and_clone() {
    fn check<T: Send + Sync + Clone + 'static>() {}
    check::<InspectLayer>();
    check::<InspectService<()>>();
}

proptest! {
    #[test]
    fn what_passes_is_byte_identical(
        path in "(/[a-zA-Z0-9._~%&;=:@!$'()*+,-]{0,8}){1,3}", query in "[a-z0-9%=&+./-]{0,20}",
        body in prop_oneof!["[\\[\\]{}\",:0-9a-z ]{0,24}", ".{0,24}"],
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let target = format!("{path}?{query}");
        let request = Request::post(&*target).header("content-type", "application/json").body(Full::from(body.clone()));
        let Ok(request) = request else { return Ok(()) };
        let target = request.uri().to_string();
        let (status, headers, answer) = runtime.block_on(through(&InspectLayer::new(), request));
        if status == 200 {
            prop_assert_eq!(headers["target"].to_str().unwrap(), target);
            prop_assert_eq!(answer, body);
        } else {
            prop_assert_eq!(status, 400);
        }
    }
}

#[tokio::test]
async fn bodies_of_exempt_paths_are_not_read() {
    let layer = InspectLayer::new().without_body_for("/webhooks/*").unwrap();
    for (path, status) in [("/webhooks/x", 200), ("/webhooks", 200), ("/api/x", 400), ("/webhooksx", 400)] {
        let request = Request::post(path).header("content-type", "application/json");
        let request = request.body(Full::from(r#"{"a":1,"a":2}"#)).unwrap();
        assert_eq!(through(&layer, request).await.0, status, "{path}");
    }
    assert!(InspectLayer::new().without_body_for("webhooks").is_err());
}
