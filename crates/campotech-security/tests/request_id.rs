//! Ids: ours, or a trusted peer's, and never a changed header.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use std::convert::Infallible;
use std::future::Future;
use std::sync::Arc;

use campotech_core::{ClientIp, Language, RequestContext, RequestId, Sampling, TraceId};
use campotech_security::client_ip::{ClientIpLayer, TrustedProxies};
use campotech_security::request_id::RequestIdLayer;
use campotech_testkit::{HyperServer, RawConnection, RecordingObserver};
use http::{HeaderValue, Request, Response};
use http_body_util::Full;
use proptest::prelude::*;
use tower::{Layer, Service, ServiceExt, service_fn};

const PARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

/// What the handler saw, as text, and the answer's id.
struct Outcome {
    id: String,
    trace: String,
    inbound: Vec<Vec<u8>>,
    answered: String,
}

async fn run(layer: RequestIdLayer, trusted: Option<bool>, headers: &[(&'static str, &[u8])]) -> Outcome {
    let mut request = Request::new(());
    if let Some(trusted) = trusted {
        request.extensions_mut().insert(ClientIp::new([203, 0, 113, 7].into(), trusted));
    }
    for (name, value) in headers {
        request.headers_mut().append(*name, HeaderValue::from_bytes(value).unwrap());
    }
    let service = layer.layer(service_fn(|request: Request<()>| async move {
        let extensions = request.extensions();
        let told = (
            RequestId::of(extensions).unwrap().to_string(),
            TraceId::of(extensions).unwrap().to_string(),
            request.headers().get_all("x-request-id").iter().map(|v| v.as_bytes().to_vec()).collect(),
        );
        let mut response = Response::new(told);
        response.headers_mut().insert("x-request-id", HeaderValue::from_static("the handler's own"));
        Ok::<_, Infallible>(response)
    }));
    let response = service.oneshot(request).await.unwrap();
    assert_eq!(response.headers().get_all("x-request-id").iter().count(), 1);
    let answered = response.headers()["x-request-id"].to_str().unwrap().to_owned();
    let (id, trace, inbound) = response.into_body();
    Outcome { id, trace, inbound, answered }
}

fn is_uuid_v7(text: &str) -> bool {
    text.len() == 36 && text.as_bytes()[14] == b'7' && text.bytes().filter(|b| *b == b'-').count() == 4
}

#[tokio::test]
async fn every_request_has_a_new_id() {
    let first = run(RequestIdLayer::new(), None, &[]).await;
    let second = run(RequestIdLayer::new(), None, &[]).await;
    assert!(is_uuid_v7(&first.id), "{}", first.id);
    assert_eq!(first.id, first.answered);
    assert_ne!(first.id, second.id);
    assert_ne!(first.trace, second.trace);
}

#[tokio::test]
async fn a_trusted_peers_ids_are_taken_over() {
    let headers: &[(_, &[u8])] = &[("x-request-id", b"edge_42-A"), ("traceparent", PARENT.as_bytes())];
    let outcome = run(RequestIdLayer::new(), Some(true), headers).await;
    assert_eq!((outcome.id.as_str(), outcome.answered.as_str()), ("edge_42-A", "edge_42-A"));
    assert_eq!(outcome.trace, "4bf92f3577b34da6a3ce929d0e0e4736");
}

#[tokio::test]
async fn a_strangers_ids_are_not_and_stay_where_they_are() {
    let headers: &[(_, &[u8])] = &[("x-request-id", b"forged"), ("traceparent", PARENT.as_bytes())];
    for trusted in [None, Some(false)] {
        let outcome = run(RequestIdLayer::new(), trusted, headers).await;
        assert!(is_uuid_v7(&outcome.id), "{}", outcome.id);
        assert_eq!(outcome.id, outcome.answered);
        assert_ne!(outcome.trace, "4bf92f3577b34da6a3ce929d0e0e4736");
        assert_eq!(outcome.inbound, [b"forged".to_vec()]);
    }
}

#[tokio::test]
async fn malformed_ids_of_a_trusted_peer_are_reported() {
    let observer = RecordingObserver::default();
    let layer = || RequestIdLayer::new().with_observer(Arc::new(observer.clone()));
    let cases: &[&[(_, &[u8])]] = &[
        &[("x-request-id", b"a b")],
        &[("x-request-id", b"")],
        &[("x-request-id", b"one"), ("x-request-id", b"two")],
        &[("x-request-id", &[b'x'; 129])],
        &[("x-request-id", b"caf\xc3\xa9")],
        &[("traceparent", b"00-0-0-0")],
        &[("traceparent", PARENT.as_bytes()), ("traceparent", PARENT.as_bytes())],
    ];
    for headers in cases {
        let outcome = run(layer(), Some(true), headers).await;
        assert!(is_uuid_v7(&outcome.id), "{}", outcome.id);
        assert_eq!(outcome.trace.len(), 32);
    }
    let mut expected = vec!["decision request_id reported request_id"; 5];
    expected.extend(["decision request_id reported traceparent"; 2]);
    assert_eq!(observer.lines(), expected);
    run(layer(), Some(true), &[]).await;
    assert_eq!(observer.lines().len(), 7);
}

proptest! {
    #[test]
    fn whatever_comes_in_the_answers_id_is_well_formed(bytes in proptest::collection::vec(prop_oneof![Just(9_u8), 32..127_u8, 128..=255_u8], 0..200), trusted: bool) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let outcome = runtime.block_on(run(RequestIdLayer::new(), Some(trusted), &[("x-request-id", &bytes)]));
        let fine = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
        prop_assert!((1..=128).contains(&outcome.answered.len()) && outcome.answered.bytes().all(fine));
        prop_assert_eq!(outcome.inbound, [bytes]);
    }
}

#[tokio::test]
async fn it_works_under_bare_hyper_behind_the_client_ip_layer() {
    let handler = service_fn(|request: Request<hyper::body::Incoming>| async move {
        let id = RequestId::of(request.extensions()).unwrap().to_string();
        Ok::<_, Infallible>(Response::new(Full::<bytes::Bytes>::from(id)))
    });
    let client_ip = ClientIpLayer::new(TrustedProxies::parse("127.0.0.2").unwrap());
    let server = HyperServer::start(client_ip.layer(RequestIdLayer::new().layer(handler))).await;
    for (from, adopted) in [("127.0.0.1", false), ("127.0.0.2", true)] {
        let mut connection = RawConnection::open_from(from.parse().unwrap(), server.addr()).await.unwrap();
        connection.send("GET / HTTP/1.1\r\nhost: a\r\nx-request-id: edge-1\r\n\r\n").await.unwrap();
        let answer = connection.receive().await.unwrap();
        assert_eq!(answer.headers["x-request-id"], answer.text());
        assert_eq!(answer.text() == "edge-1", adopted);
    }
}

#[cfg(feature = "axum")]
#[tokio::test]
async fn it_works_under_axum_also_for_a_route_that_is_not_there() {
    let router = axum::Router::new()
        .route("/", axum::routing::get(|| async { "fine" }))
        .layer(RequestIdLayer::new())
        .layer(ClientIpLayer::new(TrustedProxies::none()));
    for (path, status) in [("/", 200), ("/none", 404)] {
        let mut request = Request::get(path).body(axum::body::Body::empty()).unwrap();
        request.extensions_mut().insert(campotech_core::PeerAddr(([127, 0, 0, 1], 1).into()));
        let response = router.clone().oneshot(request).await.unwrap();
        assert_eq!(response.status(), status);
        assert!(is_uuid_v7(response.headers()["x-request-id"].to_str().unwrap()));
    }
}

/// What the handler saw of its place in the trace, and whether it is the current request's.
async fn place(
    layer: RequestIdLayer,
    trusted: bool,
    headers: &[(&'static str, &'static str)],
) -> RequestContext {
    let mut request = Request::new(());
    request.extensions_mut().insert(ClientIp::new([203, 0, 113, 7].into(), trusted));
    for (name, value) in headers {
        request.headers_mut().append(*name, HeaderValue::from_static(value));
    }
    let service = layer.layer(service_fn(|request: Request<()>| {
        assert!(RequestContext::current().is_some(), "also before the future is polled");
        async move {
            tokio::task::yield_now().await;
            let context = request.extensions().get::<RequestContext>().unwrap().clone();
            assert_eq!(RequestContext::current().as_ref(), Some(&context));
            assert_eq!(TraceId::of(request.extensions()), Some(context.trace().trace_id()));
            assert_eq!(RequestId::of(request.extensions()), Some(context.request_id()));
            Ok::<_, Infallible>(Response::new(context))
        }
    }));
    service.oneshot(request).await.unwrap().into_body()
}

#[tokio::test]
async fn a_trusted_peers_trace_goes_on_with_a_span_of_our_own() {
    for (flags, sampled) in [("01", true), ("00", false)] {
        let parent: &'static str = PARENT.replace("-01", &format!("-{flags}")).leak();
        let layer = RequestIdLayer::new().with_sampling(Sampling::share(1.0).unwrap());
        let place = place(layer, true, &[("traceparent", parent), ("tracestate", "a=1")]).await;
        let trace = place.trace();
        assert_eq!(trace.parent().unwrap().to_string(), "00f067aa0ba902b7");
        assert_eq!(trace.state().unwrap().as_str(), "a=1");
        assert_eq!(trace.sampled(), sampled, "a trusted peer decides");
        assert_ne!(Some(trace.span_id()), trace.parent());
    }
}

#[tokio::test]
async fn a_stranger_neither_decides_sampling_nor_leaves_state() {
    for (share, sampled) in [(0.0, false), (1.0, true)] {
        for flags in ["00", "01", "03"] {
            let parent: &'static str = PARENT.replace("-01", &format!("-{flags}")).leak();
            let layer = RequestIdLayer::new().with_sampling(Sampling::share(share).unwrap());
            let place = place(layer, false, &[("traceparent", parent), ("tracestate", "a=1")]).await;
            assert_eq!(place.trace().sampled(), sampled, "{flags}");
            assert!(place.trace().parent().is_none() && place.trace().state().is_none());
        }
    }
}

#[tokio::test]
async fn the_clients_language_is_known() {
    for (line, language) in [("es-AR,es;q=0.8", Language::EsAr), ("en", Language::En), ("de", Language::En)] {
        let place = place(RequestIdLayer::new(), false, &[("accept-language", line)]).await;
        assert_eq!(place.language(), language);
    }
}

#[test]
fn a_request_costs_one_allocation() {
    let mut service = RequestIdLayer::new().layer(service_fn(|_: Request<()>| {
        let mut response = Response::new(());
        // The map of an answer without a header would be the layer's to allocate.
        response.headers_mut().insert("content-length", HeaderValue::from_static("0"));
        std::future::ready(Ok::<_, Infallible>(response))
    }));
    let mut requests: Vec<_> = (0..100)
        .map(|_| {
            let mut request = Request::new(());
            request.extensions_mut().insert(ClientIp::new([203, 0, 113, 7].into(), false));
            request
        })
        .collect();
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    let mut send = |request| {
        let mut answer = std::pin::pin!(service.call(request));
        assert!(answer.as_mut().poll(&mut context).is_ready());
    };
    send(requests.pop().unwrap());
    let answer = allocation_counter::measure(|| {
        let mut response = Response::new(());
        response.headers_mut().insert("content-length", HeaderValue::from_static("0"));
    });
    let all = allocation_counter::measure(|| requests.drain(..).for_each(&mut send));
    assert_eq!(all.count_total, 99 * (answer.count_total + 1), "the extension");
}
