//! The layer under bare hyper and axum, with and without a DSN.
#![allow(clippy::unwrap_used, reason = "a helper that fails fails its test")]

mod support;

use std::convert::Infallible;
use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;

use axum::Router;
use axum::routing::get as route;
use bytes::Bytes;
use campotech_core::{Language, RequestContext, RequestId, Sampling, TraceContext};
use campotech_sentry::{SentryGuard, SentryLayer};
use campotech_testkit::HyperServer;
use http::{HeaderMap, Request, Response};
use http_body_util::{BodyExt, Empty};
use hyper::body::Incoming;
use support::{Receiver, app, get, items};
use tower::{Layer, ServiceBuilder, ServiceExt, service_fn};

/// Gives requests an id, as the layers outside do.
fn identified(mut request: Request<Incoming>) -> Request<Incoming> {
    request.extensions_mut().insert(RequestId::generate());
    request
}

async fn serve(layer: SentryLayer) -> HyperServer {
    HyperServer::start(
        ServiceBuilder::new().map_request(identified).layer(layer).service(service_fn(app::<Incoming>)),
    )
    .await
}

#[tokio::test]
async fn a_panic_is_a_500_problem_and_one_event() {
    let receiver = Receiver::start();
    let guard = receiver.init();
    let server = serve(SentryLayer::new(&guard)).await;
    let answer = get(server.addr(), "/panic", "accept-language: es\r\n").await.unwrap();
    assert_eq!(answer.status, 500);
    assert_eq!(answer.headers["content-type"], "application/problem+json");
    assert_eq!(answer.headers["content-language"], "es");
    let problem: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
    assert_eq!(problem["type"], "urn:campotech:problem:internal");
    assert!(!answer.text().contains("ana@"), "never internals");

    let events = items(&receiver.envelopes(&guard), "event");
    assert_eq!(events.len(), 1);
    let event = &events[0];
    assert_eq!(event["transaction"], "GET <unmatched>");
    assert_eq!(event["level"], "fatal");
    let exception = &event["exception"]["values"][0];
    assert_eq!(exception["value"], "no job for [Filtered]");
    assert_eq!(exception["mechanism"]["handled"], false);
    let frames = exception["stacktrace"]["frames"].as_array().unwrap();
    assert!(
        frames.iter().any(|f| f["function"].as_str().unwrap_or("").contains("support::app")),
        "where it was"
    );
    assert_eq!(
        problem["instance"],
        format!("urn:campotech:request:{}", event["tags"]["request_id"].as_str().unwrap())
    );
    assert_eq!(event["release"], "campotech@1.2.3");
    assert_eq!(event["environment"], "test");
}

#[tokio::test]
async fn without_a_dsn_a_panic_is_the_same_problem() {
    let server = serve(SentryLayer::new(&SentryGuard::disabled())).await;
    let answer = get(server.addr(), "/panic", "").await.unwrap();
    assert_eq!(
        (answer.status.as_u16(), &answer.headers["content-type"]),
        (500, &"application/problem+json".parse().unwrap())
    );
    assert_eq!(get(server.addr(), "/", "").await.unwrap().text(), "fine");
}

#[tokio::test]
async fn without_a_dsn_a_panic_is_told_in_the_language_of_the_request_that_is_worked_on() {
    let panics = service_fn(|_: Request<Empty<Bytes>>| async {
        if true {
            panic!("a bug");
        }
        Ok::<_, Infallible>(Response::new(Empty::<Bytes>::new()))
    });
    let service = SentryLayer::new(&SentryGuard::disabled()).layer(panics);
    let mut headers = HeaderMap::new();
    headers.insert("accept-language", "es-AR".parse().unwrap());
    let context = RequestContext::new(RequestId::generate(), TraceContext::root(Sampling::never()))
        .with_language(Language::negotiate(&headers));
    let answer = context.clone().scope(service.oneshot(Request::new(Empty::new()))).await.unwrap();
    assert_eq!(answer.status(), 500);
    assert_eq!(answer.headers()["content-language"], "es-AR");
    let body = answer.into_body().collect().await.unwrap().to_bytes();
    let body = String::from_utf8(body.to_vec()).unwrap();
    assert!(body.contains(context.request_id().as_str()), "{body}");
}

#[tokio::test]
async fn a_panic_in_call_itself_is_caught_too() {
    #[derive(Clone)]
    struct Rash;
    impl tower::Service<Request<Incoming>> for Rash {
        type Response = Response<support::Body>;
        type Error = Infallible;
        type Future = std::future::Ready<Result<Self::Response, Self::Error>>;
        fn poll_ready(&mut self, _: &mut std::task::Context<'_>) -> std::task::Poll<Result<(), Self::Error>> {
            std::task::Poll::Ready(Ok(()))
        }
        fn call(&mut self, _: Request<Incoming>) -> Self::Future {
            panic!("at once")
        }
    }
    let receiver = Receiver::start();
    let guard = receiver.init();
    for (guard, events) in [(&guard, 1), (&SentryGuard::disabled(), 1)] {
        let layer = SentryLayer::new(guard);
        let server = HyperServer::start(ServiceBuilder::new().layer(layer).service(Rash)).await;
        assert_eq!(get(server.addr(), "/", "").await.unwrap().status, 500);
        assert_eq!(items(&receiver.envelopes(guard), "event").len(), events);
    }
}

#[tokio::test]
async fn a_panic_in_the_body_is_reported_and_breaks_the_answer_off() {
    let receiver = Receiver::start();
    let guard = receiver.init();
    let server = serve(SentryLayer::new(&guard)).await;
    assert!(get(server.addr(), "/panic-body", "").await.is_err(), "the answer must not look complete");
    let events = items(&receiver.envelopes(&guard), "event");
    assert_eq!(events.len(), 1);
    assert_eq!(events[0]["exception"]["values"][0]["value"], "while streaming");
}

#[tokio::test]
async fn server_errors_are_reported_once_and_only_when_asked_for() {
    let receiver = Receiver::start();
    let guard = receiver.init();
    let quiet = serve(SentryLayer::new(&guard)).await;
    assert_eq!(get(quiet.addr(), "/500", "").await.unwrap().status, 500);
    assert_eq!(items(&receiver.envelopes(&guard), "event").len(), 0);
    let server = serve(SentryLayer::new(&guard).with_server_errors(true)).await;
    for path in ["/500", "/error", "/panic", "/"] {
        get(server.addr(), path, "").await.unwrap();
    }
    let events = items(&receiver.envelopes(&guard), "event");
    assert_eq!(events.len(), 3);
    assert_eq!(events[0]["message"], "answered 500");
    assert_eq!(events[1]["message"], "seen by the handler");
}

#[tokio::test]
async fn under_axum_the_route_names_the_event_and_only_allowed_headers_leave() {
    let receiver = Receiver::start();
    let guard = receiver.init();
    let router = Router::new()
        .route("/api/v1/jobs/{id}", route(|| async { panic!("broken") as String }))
        .layer(SentryLayer::new(&guard));
    let server = HyperServer::start(router).await;
    let headers = "user-agent: probe/1.0\r\naccept: */*\r\nx-request-id: abc\r\nauthorization: Bearer leak1\r\n\
        cookie: sid=leak2\r\nx-auth-token: leak3\r\nforwarded: for=leak4\r\nx-forwarded-for: 203.0.113.9\r\n\
        traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\r\n";
    let path = "/api/v1/jobs/leak5?token=leak6";
    assert_eq!(get(server.addr(), path, headers).await.unwrap().status, 500);
    let envelopes = receiver.envelopes(&guard);
    let all = envelopes.concat();
    assert!(!all.contains("leak") && !all.contains("203.0.113.9"), "{all}");
    let event = &items(&envelopes, "event")[0];
    #[cfg(feature = "axum")]
    assert_eq!(event["transaction"], "GET /api/v1/jobs/{id}");
    assert_eq!(event["tags"]["trace_id"], "4bf92f3577b34da6a3ce929d0e0e4736");
    assert_eq!(
        event["request"],
        serde_json::json!({"method": "GET", "headers": {
            "host": "campo.example", "user-agent": "probe/1.0", "accept": "*/*", "x-request-id": "abc"}})
    );
}

#[tokio::test]
async fn a_client_cannot_switch_tracing_on_but_a_trusted_peer_continues_its_trace() {
    use campotech_core::ClientIp;
    const PARENT: &str = "sentry-trace: 771a43a4192642f0b136d5159a501700-b72fa28504b07285-1\r\n";
    let receiver = Receiver::start();
    let never = receiver.init();
    let server = serve(SentryLayer::new(&never)).await;
    get(server.addr(), "/", PARENT).await.unwrap();
    assert_eq!(items(&receiver.envelopes(&never), "transaction").len(), 0);

    let always = campotech_sentry::init(receiver.config().with_traces_sample_rate(1.0).unwrap()).unwrap();
    let server = serve(SentryLayer::new(&always)).await;
    get(server.addr(), "/leak?x=leak", PARENT).await.unwrap();
    let trusted = HyperServer::start(
        ServiceBuilder::new()
            .map_request(|mut request: Request<Incoming>| {
                request.extensions_mut().insert(ClientIp::new("10.0.0.1".parse().unwrap(), true));
                request
            })
            .layer(SentryLayer::new(&always))
            .service(service_fn(app::<Incoming>)),
    )
    .await;
    get(trusted.addr(), "/500", PARENT).await.unwrap();
    // A trace ends with the answer's body, shortly after the client has read it.
    let mut transactions = Vec::new();
    while transactions.len() < 2 {
        tokio::time::sleep(Duration::from_millis(5)).await;
        transactions = items(&receiver.envelopes(&always), "transaction");
    }
    let trace = |i: usize| &transactions[i]["contexts"]["trace"];
    assert_eq!(transactions[0]["transaction"], "GET <unmatched>");
    assert_ne!(trace(0)["trace_id"], "771a43a4192642f0b136d5159a501700");
    assert_eq!(trace(0)["status"], "ok");
    assert_eq!(trace(1)["trace_id"], "771a43a4192642f0b136d5159a501700");
    assert_eq!(trace(1)["status"], "internal_error");
    assert!(!receiver.envelopes(&always).concat().contains("leak"));
}

#[tokio::test]
async fn a_requests_hub_ends_with_it() {
    let receiver = Receiver::start();
    let guard = campotech_sentry::init(
        receiver.config().with_traces_sample_rate(1.0).unwrap().with_request_sessions(true),
    )
    .unwrap();
    let hubs: Arc<Mutex<Vec<Weak<sentry::Hub>>>> = Arc::default();
    let seen = Arc::clone(&hubs);
    let server = HyperServer::start(ServiceBuilder::new().layer(SentryLayer::new(&guard)).service(
        service_fn(move |request: Request<Incoming>| {
            seen.lock().unwrap().push(Arc::downgrade(&sentry::Hub::current()));
            app(request)
        }),
    ))
    .await;
    let client = sentry::Hub::main().client().unwrap();
    let paths = ["/", "/500", "/panic", "/panic-body"];
    // What is made once is made by these.
    for path in paths {
        let _ = get(server.addr(), path, "").await;
    }
    tokio::time::sleep(Duration::from_millis(100)).await;
    let before = Arc::strong_count(&client);
    for i in 0..500 {
        let _ = get(server.addr(), paths[i % 4], "").await;
    }
    while Arc::strong_count(&client) > before {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let hubs = hubs.lock().unwrap();
    assert_eq!(hubs.len(), 504);
    assert!(hubs.iter().all(|hub| hub.upgrade().is_none()), "a hub outlived its request");
    let distinct: std::collections::HashSet<_> = hubs.iter().map(Weak::as_ptr).collect();
    assert!(!distinct.contains(&Arc::as_ptr(&sentry::Hub::main())), "each request has a hub of its own");
}

/// Says what it is told, in steps that two requests take in turn, on one thread.
async fn in_turn(
    turns: Arc<tokio::sync::Barrier>,
    request: Request<Incoming>,
) -> Result<Response<support::Body>, Infallible> {
    let order = request.uri().path().trim_start_matches('/').to_owned();
    sentry::configure_scope(|scope| scope.set_tag("order", &order));
    turns.wait().await;
    for step in ["first", "second"] {
        sentry::add_breadcrumb(sentry::Breadcrumb {
            message: Some(format!("{step} of {order}")),
            ..Default::default()
        });
        turns.wait().await;
    }
    sentry::configure_scope(|scope| scope.set_tag(&format!("only-{order}"), "1"));
    turns.wait().await;
    sentry::capture_message(&format!("end of {order}"), sentry::Level::Error);
    app(Request::get("/").body(request.into_body()).unwrap()).await
}

#[tokio::test(flavor = "current_thread")]
async fn interleaved_requests_have_a_hub_each() {
    let receiver = Receiver::start();
    let guard = receiver.init();
    let turns = Arc::new(tokio::sync::Barrier::new(2));
    let service = service_fn(move |request| in_turn(Arc::clone(&turns), request));
    let layer = SentryLayer::new(&guard);
    let server =
        HyperServer::start(ServiceBuilder::new().map_request(identified).layer(layer).service(service)).await;
    // What the thread's own hub holds is no request's.
    sentry::configure_scope(|scope| scope.set_tag("thread", "1"));
    let (left, right) = tokio::join!(get(server.addr(), "/left", ""), get(server.addr(), "/right", ""));
    assert_eq!((left.unwrap().status.as_u16(), right.unwrap().status.as_u16()), (200, 200));

    let mut events = items(&receiver.envelopes(&guard), "event");
    events.sort_by_key(|event| event["message"].to_string());
    assert_eq!(events.len(), 2);
    let mut ids = std::collections::HashSet::new();
    for (event, order) in events.iter().zip(["left", "right"]) {
        assert_eq!(event["message"], format!("end of {order}"));
        let tags = event["tags"].as_object().unwrap();
        let names: Vec<_> = tags.keys().map(String::as_str).collect();
        assert_eq!(names, [&*format!("only-{order}"), "order", "request_id"]);
        assert_eq!(tags["order"], order);
        ids.insert(tags["request_id"].as_str().unwrap().to_owned());
        let crumbs = event["breadcrumbs"]["values"].as_array().unwrap();
        let crumbs: Vec<_> = crumbs.iter().map(|crumb| crumb["message"].as_str().unwrap()).collect();
        assert_eq!(crumbs, [format!("first of {order}"), format!("second of {order}")]);
    }
    assert_eq!(ids.len(), 2);
}

#[tokio::test]
async fn requests_are_counted_as_sessions_when_asked_for() {
    let receiver = Receiver::start();
    let guard = campotech_sentry::init(receiver.config().with_request_sessions(true)).unwrap();
    let server = serve(SentryLayer::new(&guard)).await;
    for path in ["/", "/", "/panic"] {
        get(server.addr(), path, "").await.unwrap();
    }
    let mut sum = (0, 0);
    while sum.0 + sum.1 < 3 {
        tokio::time::sleep(Duration::from_millis(5)).await;
        sum = (0, 0);
        for aggregates in items(&receiver.envelopes(&guard), "sessions") {
            for aggregate in aggregates["aggregates"].as_array().unwrap() {
                sum.0 += aggregate["exited"].as_u64().unwrap_or(0);
                sum.1 += aggregate["crashed"].as_u64().unwrap_or(0);
            }
        }
    }
    assert_eq!(sum, (2, 1));
}

#[test]
fn layers_and_services_are_cheap_to_share() {
    fn shared<T: Clone + Send + Sync + 'static>() {}
    shared::<SentryLayer>();
    shared::<campotech_sentry::SentryService<Router>>();
}
