//! Two services: the second one goes on with the trace of the first, however deep in the first the call is made.
#![allow(clippy::unwrap_used, reason = "a helper that can't do its work fails the test")]

mod support;

use std::net::SocketAddr;

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, Request};
use axum::routing::get;
use axum::{Extension, Router};
use campotech::core::{PropagateTraceLayer, RequestContext};
use http_body_util::BodyExt;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use support::{Running, platform, start};
use tower::{Layer, ServiceExt};

/// Asks the second service, with headers of its own caller as a careless proxy would.
async fn call(second: SocketAddr, copied: HeaderMap) -> String {
    let client = PropagateTraceLayer.layer(Client::builder(TokioExecutor::new()).build_http::<Body>());
    let mut request = Request::get(format!("http://{second}/who")).body(Body::empty()).unwrap();
    *request.headers_mut() = copied;
    let answer = client.oneshot(request).await.unwrap();
    String::from_utf8(answer.into_body().collect().await.unwrap().to_bytes().to_vec()).unwrap()
}

fn ids(context: &RequestContext) -> String {
    let trace = context.trace();
    let parent = trace.parent().map(|parent| parent.to_string()).unwrap_or_default();
    format!("{} {} {} {parent}", context.request_id(), trace.trace_id(), trace.span_id())
}

/// Its own ids, and those that the second service saw: asked by the handler, by a task, on behalf of the request.
async fn ask(
    Extension(context): Extension<RequestContext>,
    State(second): State<SocketAddr>,
    headers: HeaderMap,
) -> String {
    let copied = headers.iter().filter(|(name, _)| *name == "traceparent" || *name == "x-request-id");
    let copied: HeaderMap = copied.map(|(name, value)| (name.clone(), value.clone())).collect();
    let direct = call(second, copied.clone()).await;
    let spawned = campotech::spawn(call(second, copied.clone())).await.unwrap();
    let behalf = campotech::on_behalf_of(&context, call(second, copied)).await;
    [ids(&context), direct, spawned, behalf].join("\n")
}

async fn two() -> (Running, Running) {
    let who = |Extension(context): Extension<RequestContext>| async move { ids(&context) };
    let trusting = platform(&[("CAMPOTECH_TRUSTED_PROXIES", "127.0.0.1")]);
    let second = start(trusting, Router::new().route("/who", get(who))).await;
    let first = start(platform(&[]), Router::new().route("/ask", get(ask)).with_state(second.addr)).await;
    (first, second)
}

#[tokio::test]
async fn the_second_service_knows_the_firsts_ids_and_no_strangers() {
    let (first, _second) = two().await;
    let stranger = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let head = format!("GET /ask HTTP/1.1\ntraceparent: {stranger}\nx-request-id: stranger");
    let answer = first.ask(&head, "").await;
    let text = answer.text();
    assert!(!text.contains("4bf92f35") && !text.contains("stranger"), "{text}");
    let seen: Vec<Vec<&str>> = text.lines().map(|line| line.split(' ').collect()).collect();
    let [own, direct, spawned, behalf] = &seen[..] else { unreachable!("{text}") };
    assert_eq!(own[0], answer.headers["x-request-id"].to_str().unwrap());
    for told in [direct, spawned, behalf] {
        assert_eq!((told[0], told[1]), (own[0], own[1]), "the same request id and trace: {text}");
        assert_ne!(told[2], own[2], "a span of its own");
    }
    assert_eq!((direct[3], spawned[3]), (own[2], own[2]), "the caller is the parent");
    assert!(behalf[3] != own[2] && behalf[3].len() == 16, "a step between them: {text}");
}
