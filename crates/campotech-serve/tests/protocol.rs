//! HTTP/1.1, HTTP/2 with prior knowledge, frameworks, panics, early answers.
#![allow(clippy::unwrap_used, reason = "a helper that fails fails its test")]

#[path = "protocol/haproxy.rs"]
mod haproxy;
#[path = "protocol/proxy.rs"]
mod proxy;
mod support;
#[cfg(feature = "tls")]
#[path = "protocol/tls.rs"]
mod tls;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use bytes::Bytes;
use campotech_core::PeerAddr;
use campotech_serve::{ConfigError, Networks, ProxyProtocol, ServeError, Server};
use campotech_testkit::RawResponse;
use http::{Request, Response, StatusCode, Version};
use http_body_util::{BodyExt, Empty, Full};
use hyper_util::rt::{TokioExecutor, TokioIo};
use support::{echo, get, local, start};
use tokio::net::TcpStream;
use tower::service_fn;

#[tokio::test]
async fn a_bare_service_keeps_its_connection_and_knows_its_peer() {
    let running = start(local().await, service_fn(echo));
    let stream = TcpStream::connect(running.addr).await.unwrap();
    let own = stream.local_addr().unwrap();
    let (mut sender, conn) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.unwrap();
    tokio::spawn(conn);
    for i in 0..3 {
        let request =
            Request::post("/").header("host", "a").body(Full::<Bytes>::from(format!("n{i}"))).unwrap();
        let response = sender.send_request(request).await.unwrap();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        assert_eq!(body, format!("{own} n{i}"));
    }
    let stats = running.stats.snapshot();
    assert_eq!((stats.accepted, stats.active, stats.requests), (1, 1, 3));
}

#[tokio::test]
async fn http2_with_prior_knowledge_serves_streams_side_by_side() {
    let running = start(local().await, service_fn(echo));
    let stream = TcpStream::connect(running.addr).await.unwrap();
    let (sender, conn) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
    tokio::spawn(conn);
    let mut waiting = tokio::task::JoinSet::new();
    for _ in 0..50 {
        let mut sender = sender.clone();
        waiting.spawn(async move {
            let request = Request::get("http://a/slow").body(Empty::<Bytes>::new()).unwrap();
            let response = sender.send_request(request).await.unwrap();
            assert_eq!(response.version(), Version::HTTP_2);
            response.into_body().collect().await.unwrap().to_bytes()
        });
    }
    while let Some(body) = waiting.join_next().await {
        assert!(body.unwrap().starts_with(b"127.0.0.1:"));
    }
    let stats = running.stats.snapshot();
    assert_eq!((stats.accepted, stats.requests), (1, 50));
}

#[tokio::test]
async fn an_axum_router_is_served_as_it_is() {
    let router = axum::Router::new().route(
        "/jobs/{id}",
        axum::routing::get(
            |axum::extract::Path(id): axum::extract::Path<u32>,
             axum::Extension(peer): axum::Extension<PeerAddr>| async move {
                format!("{id} {}", peer.0.ip())
            },
        ),
    );
    let running = start(local().await, router);
    let answer = get(&mut running.client().await, "/jobs/7").await.unwrap();
    assert_eq!((answer.status.as_u16(), answer.text()), (200, "7 127.0.0.1".to_owned()));
}

#[tokio::test]
async fn a_panic_ends_its_connection_and_nothing_else() {
    let running = start(local().await, service_fn(echo));
    let mut client = running.client().await;
    client.send("GET /panic HTTP/1.1\r\nhost: a\r\n\r\n").await.unwrap();
    assert_eq!(client.read_to_close().await.unwrap_or_default(), b"");
    assert_eq!(get(&mut running.client().await, "/").await.unwrap().status, 200);
    running.until(|s| s.active <= 1).await;
    assert_eq!(running.stats.snapshot().panicked, 1);

    let stream = TcpStream::connect(running.addr).await.unwrap();
    let (mut sender, conn) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
    tokio::spawn(conn);
    let request = |path: &str| Request::get(format!("http://a{path}")).body(Empty::<Bytes>::new()).unwrap();
    assert!(sender.send_request(request("/panic")).await.is_err());
    assert_eq!(sender.send_request(request("/")).await.unwrap().status(), 200, "only the stream ended");
    assert_eq!(running.stats.snapshot().panicked, 2);
}

#[tokio::test]
async fn an_early_answer_reaches_a_client_that_is_still_sending() {
    let running = start(local().await, service_fn(echo));
    for _ in 0..20 {
        let mut client = running.client().await;
        client.send("POST /early HTTP/1.1\r\nhost: a\r\ncontent-length: 4000000\r\n\r\n").await.unwrap();
        // The whole body is sent before the answer is read; a reset would destroy it.
        client.send(vec![b'x'; 4_000_000]).await.unwrap();
        assert_eq!(client.receive().await.unwrap().status, 413);
    }
}

#[tokio::test]
async fn an_oversize_head_is_refused() {
    let running = start(local().await, service_fn(echo));
    let mut client = running.client().await;
    let head = format!("GET / HTTP/1.1\r\nhost: a\r\nx-long: {}\r\n\r\n", "x".repeat(80_000));
    let _ = client.send(head).await;
    // Either the answer or, where the rest of the head was still unread, a reset.
    if let Ok(answer) = client.receive().await {
        assert_eq!(answer.status, 431);
    }
    assert_eq!(running.stats.snapshot().requests, 0);
}

/// As a refusal of any layer: a problem, with what every answer has.
fn is_refusal(answer: &RawResponse, status: u16, kind: &str) {
    assert_eq!(answer.status, status, "{}", answer.text());
    assert_eq!(answer.headers["content-type"], "application/problem+json");
    assert_eq!(answer.headers["connection"], "close");
    assert_eq!(answer.headers["x-content-type-options"], "nosniff");
    assert!(answer.headers.contains_key("content-security-policy") && answer.headers.contains_key("date"));
    let id = answer.headers["x-request-id"].to_str().unwrap();
    let text = answer.text();
    assert!(text.contains(&format!("\"type\":\"urn:campotech:problem:{kind}\"")), "{text}");
    assert!(text.contains(&format!("urn:campotech:request:{id}")), "{text}");
    assert!(!text.contains("hunter2"), "nothing is echoed");
}

#[tokio::test]
async fn what_http_cannot_read_is_refused_as_by_any_layer() {
    let running = start(local().await, service_fn(echo));
    let long = "x".repeat(66_000);
    for (head, status, kind) in [
        ("hunter2\r\n\r\n", 400, "bad-request"),
        ("GET / HTTP/1.1\r\nhost: a\r\nhunter2\r\n\r\n", 400, "bad-request"),
        ("GET / HTTP/9.9\r\nhost: a\r\n\r\n", 400, "bad-request"),
        ("\u{16}\u{3}\u{1}\u{0}\u{1}hello\r\n\r\n", 400, "bad-request"),
        (&format!("GET / HTTP/1.1\r\nhost: a\r\nhunter2: {}\r\n", &long[..65_600]), 431, "headers-too-large"),
    ] {
        let mut client = running.client().await;
        client.send(head).await.unwrap();
        is_refusal(&client.receive().await.unwrap(), status, kind);
        assert!(client.receive().await.is_err(), "it is closed");
    }
    // Also after a request that was fine.
    let mut client = running.client().await;
    client.send("GET / HTTP/1.1\r\nhost: a\r\n\r\n").await.unwrap();
    assert_eq!(client.receive().await.unwrap().status, 200);
    client.send("GET\r\n\r\n").await.unwrap();
    is_refusal(&client.receive().await.unwrap(), 400, "bad-request");
    // However much more of it comes: the answer is not lost with the connection.
    let mut client = running.client().await;
    let _ = client.send(format!("GET / HTTP/1.1\r\nhost: a\r\nx: {}\r\n\r\n", "x".repeat(150_000))).await;
    is_refusal(&client.receive().await.unwrap(), 431, "headers-too-large");
    let counted = running.stats.snapshot();
    assert_eq!((counted.requests, counted.malformed, counted.oversize_heads), (1, 5, 2));
}

/// What hyper would say by itself to what it can't read.
const HYPERS: &str = "HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";

#[tokio::test]
async fn a_body_that_looks_like_an_answer_of_hypers_is_left_as_it_is() {
    let file = |_| async {
        let chunks = futures_util::stream::once(async {
            // The head has left by then, and this goes alone.
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
            Ok::<_, std::convert::Infallible>(http_body::Frame::data(Bytes::from_static(HYPERS.as_bytes())))
        });
        let body = http_body_util::StreamBody::new(chunks);
        let answer = Response::builder().header("content-length", HYPERS.len()).body(body);
        Ok::<_, std::convert::Infallible>(answer.unwrap())
    };
    let running = start(local().await, service_fn(file));
    let mut client = running.client().await;
    for _ in 0..2 {
        client.send("GET / HTTP/1.1\r\nhost: a\r\n\r\n").await.unwrap();
        assert_eq!(client.receive().await.unwrap().text(), HYPERS);
    }
    assert_eq!(running.stats.snapshot().malformed, 0);
}

#[tokio::test]
async fn a_routers_own_bare_answer_is_left_as_it_is() {
    let refuse = axum::routing::get(|| async { StatusCode::BAD_REQUEST });
    let running = start(local().await, axum::Router::new().route("/", refuse));
    let mut client = running.client().await;
    client.send("GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n").await.unwrap();
    let answer = client.receive().await.unwrap();
    assert_eq!((answer.status.as_u16(), answer.body.len()), (400, 0));
    assert_eq!(running.stats.snapshot().malformed, 0);
}

#[tokio::test]
async fn a_services_own_bare_answer_is_left_as_it_is() {
    let bare = |_| async {
        let mut answer = Response::new(Empty::<Bytes>::new());
        *answer.status_mut() = StatusCode::BAD_REQUEST;
        Ok::<_, std::convert::Infallible>(answer)
    };
    let running = start(local().await, service_fn(bare));
    let mut client = running.client().await;
    client.send("GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n").await.unwrap();
    let answer = client.receive().await.unwrap();
    assert_eq!((answer.status.as_u16(), answer.body.len()), (400, 0));
    assert!(!answer.headers.contains_key("content-type"));
    assert_eq!(running.stats.snapshot().malformed, 0);
}

#[tokio::test]
async fn a_service_is_called_only_after_it_was_ready() {
    #[derive(Clone)]
    struct Shy(Arc<AtomicU64>, bool);
    impl tower::Service<Request<campotech_serve::ClientBody>> for Shy {
        type Response = Response<Empty<Bytes>>;
        type Error = std::convert::Infallible;
        type Future = std::future::Ready<Result<Self::Response, Self::Error>>;
        fn poll_ready(
            &mut self,
            cx: &mut std::task::Context<'_>,
        ) -> std::task::Poll<Result<(), Self::Error>> {
            if self.0.fetch_add(1, Relaxed) % 3 != 2 {
                cx.waker().wake_by_ref();
                return std::task::Poll::Pending;
            }
            self.1 = true;
            std::task::Poll::Ready(Ok(()))
        }
        fn call(&mut self, _: Request<campotech_serve::ClientBody>) -> Self::Future {
            assert!(std::mem::take(&mut self.1), "called before it was ready");
            std::future::ready(Ok(Response::new(Empty::new())))
        }
    }
    let running = start(local().await, Shy(Arc::default(), false));
    let mut client = running.client().await;
    for _ in 0..3 {
        assert_eq!(get(&mut client, "/").await.unwrap().status, 200);
    }
}

#[tokio::test]
async fn a_taken_port_and_impossible_settings_are_typed_errors() {
    let first = local().await;
    let error = Server::bind(first.local_addr()).await.unwrap_err();
    assert!(matches!(&error, ServeError::Bind { addr, .. } if *addr == first.local_addr()));
    assert_eq!(error.to_string(), format!("cannot listen on {}", first.local_addr()));
    assert_eq!(error.code(), "bind");
    let zero = first.with_idle_timeout(std::time::Duration::ZERO).unwrap_err();
    assert_eq!(zero, ConfigError::ZeroDuration { setting: "idle_timeout" });
    assert_eq!(local().await.with_max_header_bytes(100).unwrap_err(), ConfigError::HeaderBufferTooSmall);
    for path in ["live", "", "/*/live", "/live**"] {
        assert_eq!(local().await.with_reserve(1, [path]).unwrap_err(), ConfigError::KeptPath, "{path}");
    }
    let nobody = ProxyProtocol::required_from(Networks::none()).unwrap_err();
    assert_eq!((nobody, nobody.code()), (ConfigError::NoProxies, "no-proxies"));
}
