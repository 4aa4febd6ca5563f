//! Bodies in front of a service: size, time, codings, and what the service inside gets to see.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::convert::Infallible;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use campotech_core::{Mode, RawBody};
use campotech_security::payload::{PayloadLayer, PayloadService};
use campotech_testkit::{HyperServer, RawConnection, RecordingObserver, ScriptedBody, Step};
use http::{HeaderMap, Request, Response, StatusCode, Version};
use http_body::Body;
use http_body_util::{BodyExt, Empty, Full};
use tower::{Layer, ServiceExt, service_fn};

const LIMIT: usize = 1_000;

/// Headers, extension and body of a request.
type Inside = (HeaderMap, Option<RawBody>, Bytes);

/// What the service inside saw.
#[derive(Debug, Clone, Default)]
struct Seen(Arc<Mutex<Vec<Inside>>>);

impl Seen {
    fn service(
        &self,
    ) -> impl tower::Service<
        Request<Full<Bytes>>,
        Response = Response<Full<Bytes>>,
        Error = Infallible,
        Future: Send,
    > + Clone
    + Send
    + use<> {
        let seen = self.clone();
        service_fn(move |request: Request<Full<Bytes>>| {
            let seen = seen.clone();
            async move {
                let (parts, body) = request.into_parts();
                let body = body.collect().await?.to_bytes();
                let raw = parts.extensions.get::<RawBody>().cloned();
                seen.0.lock().unwrap().push((parts.headers, raw, body));
                Ok(Response::new(Full::new(Bytes::from_static(b"done"))))
            }
        })
    }

    fn bodies(&self) -> Vec<Bytes> {
        self.0.lock().unwrap().iter().map(|(.., body)| body.clone()).collect()
    }
}

struct Probe {
    layer: PayloadLayer<Full<Bytes>>,
    seen: Seen,
    observer: RecordingObserver,
}

impl Probe {
    fn new(set: impl FnOnce(PayloadLayer<Full<Bytes>>) -> PayloadLayer<Full<Bytes>>) -> Self {
        let (seen, observer) = (Seen::default(), RecordingObserver::default());
        let layer = set(PayloadLayer::new(LIMIT)).with_observer(Arc::new(observer.clone()));
        Self { layer, seen, observer }
    }

    async fn send<B: Body<Data = Bytes>>(&self, request: Request<B>) -> (StatusCode, HeaderMap) {
        let answer = self.layer.layer(self.seen.service()).oneshot(request).await.unwrap();
        (answer.status(), answer.headers().clone())
    }

    async fn post<B: Body<Data = Bytes>>(&self, body: B) -> (StatusCode, HeaderMap) {
        self.send(Request::post("/").body(body).unwrap()).await
    }

    fn decisions(&self) -> Vec<String> {
        self.observer.lines()
    }
}

fn plain(layer: PayloadLayer<Full<Bytes>>) -> PayloadLayer<Full<Bytes>> {
    layer
}

fn data(bytes: usize) -> Step {
    Step::Data(Bytes::from(vec![b'x'; bytes]))
}

#[tokio::test]
async fn a_body_within_the_limit_is_the_same_below() {
    let probe = Probe::new(plain);
    let whole = Bytes::from(vec![b'x'; LIMIT]);
    assert_eq!(probe.post(Full::new(whole.clone())).await.0, 200);
    assert_eq!(probe.post(ScriptedBody::new([data(400), data(0), data(600)])).await.0, 200);
    assert_eq!(probe.seen.bodies(), [whole.clone(), whole.clone()]);
    assert!(probe.seen.0.lock().unwrap().iter().all(|(_, raw, _)| *raw == Some(RawBody(whole.clone()))));
    assert_eq!(probe.decisions(), ["decision payload allowed ok"; 2]);
}

#[tokio::test]
async fn no_body_passes_straight_through() {
    let probe = Probe::new(plain);
    assert_eq!(probe.post(Empty::<Bytes>::new()).await.0, 200);
    assert_eq!(probe.seen.0.lock().unwrap()[0].1, None);
    assert!(probe.decisions().is_empty());
}

#[tokio::test]
async fn too_much_is_refused_before_it_is_read_or_as_it_comes() {
    let probe = Probe::new(plain);
    let (status, headers) = probe.post(Full::new(Bytes::from(vec![0; LIMIT + 1]))).await;
    assert_eq!((status.as_u16(), headers["connection"].to_str().unwrap()), (413, "close"));
    // Announced, and never sent: nobody waits for it.
    let announced =
        Request::post("/").header("content-length", "1001").body(ScriptedBody::new([Step::Hang])).unwrap();
    assert_eq!(probe.send(announced).await.0, 413);
    let (status, headers) = probe.post(ScriptedBody::new([data(LIMIT), data(1), Step::Hang])).await;
    assert_eq!(
        (status.as_u16(), headers["content-type"].to_str().unwrap()),
        (413, "application/problem+json")
    );
    let mut http2 = Request::post("/").body(ScriptedBody::new([data(LIMIT + 1)])).unwrap();
    *http2.version_mut() = Version::HTTP_2;
    let (status, headers) = probe.send(http2).await;
    assert_eq!((status.as_u16(), headers.get("connection")), (413, None));
    assert!(probe.seen.bodies().is_empty());
    assert_eq!(
        probe.decisions(),
        [
            "decision payload refused declared_size",
            "decision payload refused declared_size",
            "decision payload refused size",
            "decision payload refused size"
        ]
    );
}

#[tokio::test]
async fn limits_per_path_can_not_be_borrowed() {
    let probe = Probe::new(|layer| {
        layer.with_limit_for("/webhooks/*", 2_000).unwrap().with_limit_for("/small", 10).unwrap()
    });
    for (path, size, status) in [
        ("/webhooks/whatsapp", 2_000, 200),
        ("/webhooks/whatsapp", 2_001, 413),
        ("/webhooks/../api", 1_001, 413),
        ("/webhooks/..%2fapi", 1_001, 413),
        ("/api", 1_000, 200),
        ("/api", 1_001, 413),
        ("/small", 10, 200),
        ("/small", 11, 413),
        ("/sm%61ll/", 11, 413),
    ] {
        let request = Request::post(path).body(Full::new(Bytes::from(vec![b'x'; size]))).unwrap();
        assert_eq!(probe.send(request).await.0, status, "{path} {size}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_slow_body_is_408() {
    let probe = Probe::new(plain);
    let slow = |step: fn() -> Step, gap: u64| {
        ScriptedBody::new((0..900).flat_map(move |_| [step(), Step::Pause(Duration::from_millis(gap))]))
    };
    let (status, headers) = probe.post(ScriptedBody::new([Step::Hang])).await;
    assert_eq!((status.as_u16(), headers["connection"].to_str().unwrap()), (408, "close"));
    assert_eq!(probe.post(slow(|| data(1), 900)).await.0, 408);
    assert_eq!(probe.post(slow(|| data(0), 10)).await.0, 408);
    let start = tokio::time::Instant::now();
    let fast_enough = [data(500), Step::Pause(Duration::from_millis(5_900)), data(500)];
    assert_eq!(probe.post(ScriptedBody::new(fast_enough)).await.0, 200);
    assert_eq!(start.elapsed(), Duration::from_millis(5_900));
    assert_eq!(probe.decisions()[..3], ["decision payload refused rate"; 3]);
}

#[tokio::test(start_paused = true)]
async fn the_deadline_is_for_the_whole_body() {
    let probe = Probe::new(|layer| layer.with_minimum_rate(0, Duration::ZERO));
    let start = tokio::time::Instant::now();
    let trickle = (0..100).flat_map(|_| [data(1), Step::Pause(Duration::from_millis(150))]);
    assert_eq!(probe.post(ScriptedBody::new(trickle)).await.0, 408);
    assert_eq!(start.elapsed(), Duration::from_secs(10));
    assert_eq!(probe.decisions(), ["decision payload refused deadline"]);
    assert!(probe.seen.bodies().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_body_without_an_end_is_413_however_fast() {
    let probe = Probe::new(plain);
    let endless = ScriptedBody::new((0..100_000).map(|_| data(1)));
    assert_eq!(probe.post(endless).await.0, 413);
}

#[tokio::test]
async fn a_client_that_goes_away_never_reaches_the_service() {
    let probe = Probe::new(plain);
    assert_eq!(probe.post(ScriptedBody::new([data(10), Step::Error])).await.0, 400);
    assert!(probe.seen.bodies().is_empty());
    assert_eq!(probe.decisions(), ["decision payload refused incomplete"]);
}

#[tokio::test(start_paused = true)]
async fn what_is_only_reported_passes_up_to_the_hard_stop() {
    let probe = Probe::new(|layer| layer.with_mode(Mode::ReportOnly));
    assert_eq!(probe.post(Full::new(Bytes::from(vec![0; 16 * LIMIT]))).await.0, 200);
    assert_eq!(probe.post(Full::new(Bytes::from(vec![0; 16 * LIMIT + 1]))).await.0, 413);
    assert_eq!(
        probe.post(ScriptedBody::new([data(1), Step::Pause(Duration::from_secs(100)), data(1)])).await.0,
        200
    );
    assert_eq!(probe.post(ScriptedBody::new([data(1), Step::Hang])).await.0, 408);
    let odd = Request::post("/").header("content-encoding", "compress").body(Full::from("x")).unwrap();
    assert_eq!(probe.send(odd).await.0, 200);
    assert_eq!(probe.seen.0.lock().unwrap().last().unwrap().0["content-encoding"], "compress");
    assert_eq!(
        probe.decisions(),
        [
            "decision payload reported declared_size",
            "decision payload refused declared_size",
            "decision payload reported rate",
            "decision payload refused rate",
            "decision payload reported coding"
        ]
    );
}

#[tokio::test]
async fn it_runs_under_bare_hyper() {
    let seen = Seen::default();
    let server = HyperServer::start(PayloadLayer::<Full<Bytes>>::new(LIMIT).layer(seen.service())).await;
    let mut connection = RawConnection::open(server.addr()).await.unwrap();
    connection.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nho").await.unwrap();
    connection.send("la").await.unwrap();
    assert_eq!(connection.receive().await.unwrap().status, 200);
    connection
        .send("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhola\r\n3\r\n, m\r\n0\r\n\r\n")
        .await
        .unwrap();
    assert_eq!(connection.receive().await.unwrap().status, 200);
    connection.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    assert_eq!(connection.receive().await.unwrap().status, 200);
    assert_eq!(seen.bodies(), ["hola", "hola, m", ""]);

    // Refused before a byte of it was asked for: no 100, and the connection ends.
    connection
        .send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5000\r\nExpect: 100-continue\r\n\r\n")
        .await
        .unwrap();
    let refused = connection.receive().await.unwrap();
    assert_eq!((refused.status.as_u16(), refused.headers["connection"].to_str().unwrap()), (413, "close"));
    assert!(connection.read_to_close().await.unwrap().is_empty());

    let mut gone = RawConnection::open(server.addr()).await.unwrap();
    gone.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhalf").await.unwrap();
    drop(gone);
    let mut after = RawConnection::open(server.addr()).await.unwrap();
    after.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nafter").await.unwrap();
    assert_eq!(after.receive().await.unwrap().status, 200);
    assert_eq!(seen.bodies().len(), 4);
}

#[tokio::test]
async fn it_runs_under_axum() {
    let app = axum::Router::new()
        .route(
            "/",
            axum::routing::post(|raw: axum::Extension<RawBody>, body: String| async move {
                format!("{}{body}", raw.0.0.len())
            }),
        )
        .layer(PayloadLayer::<axum::body::Body>::new(LIMIT));
    let answer =
        app.clone().oneshot(Request::post("/").body(axum::body::Body::from("hola")).unwrap()).await.unwrap();
    assert_eq!(answer.into_body().collect().await.unwrap().to_bytes(), "4hola");
    let large = axum::body::Body::from(vec![b'x'; LIMIT + 1]);
    assert_eq!(app.oneshot(Request::post("/").body(large).unwrap()).await.unwrap().status(), 413);
}

#[test]
fn misconfiguration_is_refused_at_build() {
    type Layer = PayloadLayer<Full<Bytes>>;
    assert_eq!(Layer::new(1).with_limit_for("x", 1).unwrap_err().code(), "path_pattern");
    assert_eq!(Layer::new(1).without_decoding_for("").unwrap_err().code(), "path_pattern");
    assert_eq!(Layer::new(1).with_deadline(Duration::ZERO).unwrap_err().code(), "range");
    assert_eq!(Layer::new(1).with_max_ratio(0).unwrap_err().code(), "range");
}

#[test]
fn it_is_send_sync_and_clone() {
    fn check<T: Send + Sync + Clone + 'static>() {}
    check::<PayloadLayer<axum::body::Body>>();
    check::<PayloadService<(), axum::body::Body>>();
}

#[cfg(not(feature = "decompression"))]
#[tokio::test]
async fn every_coding_is_refused() {
    let probe = Probe::new(plain);
    let (status, headers) = probe
        .send(Request::post("/").header("content-encoding", "gzip").body(Full::from("x")).unwrap())
        .await;
    assert_eq!((status.as_u16(), headers["accept-encoding"].to_str().unwrap()), (415, "identity"));
}

#[cfg(feature = "decompression")]
mod decompression {
    use async_compression::tokio::write::{BrotliEncoder, GzipEncoder, ZlibEncoder, ZstdEncoder};
    use tokio::io::AsyncWriteExt;

    use super::*;

    const CODINGS: [&str; 4] = ["gzip", "br", "deflate", "zstd"];

    async fn encoded(coding: &str, plain: &[u8]) -> Bytes {
        macro_rules! with {
            ($encoder:ident) => {{
                let mut encoder = $encoder::new(Vec::new());
                encoder.write_all(plain).await.unwrap();
                encoder.shutdown().await.unwrap();
                Bytes::from(encoder.into_inner())
            }};
        }
        match coding {
            "gzip" => with!(GzipEncoder),
            "br" => with!(BrotliEncoder),
            "deflate" => with!(ZlibEncoder),
            _ => with!(ZstdEncoder),
        }
    }

    fn request(coding: &str, body: Bytes) -> Request<Full<Bytes>> {
        Request::post("/").header("content-encoding", coding).body(Full::new(body)).unwrap()
    }

    fn noise(bytes: usize) -> Vec<u8> {
        let mut state = 7_u32;
        let mut next = move || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            state.to_be_bytes()[0]
        };
        (0..bytes).map(|_| next()).collect()
    }

    #[tokio::test]
    async fn every_coding_is_undone() {
        for coding in CODINGS {
            for plain in [&b"{}"[..], &noise(LIMIT - 200), &[b'x'; LIMIT]] {
                let probe = Probe::new(self::plain);
                assert_eq!(
                    probe.send(request(coding, encoded(coding, plain).await)).await.0,
                    200,
                    "{coding}"
                );
                let seen = probe.seen.0.lock().unwrap().pop().unwrap();
                assert_eq!(
                    (seen.1.unwrap().0, seen.2),
                    (Bytes::copy_from_slice(plain), Bytes::copy_from_slice(plain))
                );
                assert_eq!(seen.0.get("content-encoding"), None);
                assert_eq!(seen.0["content-length"], plain.len().to_string().as_str());
            }
        }
    }

    #[tokio::test]
    async fn bombs_are_413() {
        for coding in CODINGS {
            let bomb = encoded(coding, &vec![0; 8 << 20]).await;
            let large = |layer: PayloadLayer<_>| layer.with_limit_for("/", 1 << 20).unwrap();
            let probe = Probe::new(large);
            assert_eq!(probe.send(request(coding, bomb.clone())).await.0, 413, "{coding}");
            assert!(probe.seen.bodies().is_empty());
            let unlimited = Probe::new(|layer| layer.with_limit_for("/", 64 << 20).unwrap());
            assert_eq!(unlimited.send(request(coding, bomb)).await.0, 413, "{coding}");
            assert_eq!(unlimited.decisions(), ["decision payload refused ratio"], "{coding}");
        }
    }

    #[tokio::test]
    async fn one_byte_over_is_413_and_the_wire_counts_too() {
        for coding in CODINGS {
            let probe = Probe::new(plain);
            assert_eq!(
                probe.send(request(coding, encoded(coding, &[b'x'; LIMIT + 1]).await)).await.0,
                413,
                "{coding}"
            );
            assert_eq!(probe.send(request(coding, Bytes::from(vec![0; LIMIT + 1]))).await.0, 413, "{coding}");
            assert_eq!(
                probe.decisions(),
                ["decision payload refused decoded_size", "decision payload refused declared_size"],
                "{coding}"
            );
        }
    }

    #[tokio::test]
    async fn what_is_not_its_coding_is_400() {
        for coding in CODINGS {
            let good = encoded(coding, b"{\"a\":1}").await;
            let trailing = [&good[..], b"trailing"].concat();
            for (what, bad) in [
                ("truncated", good.slice(..good.len() - 1)),
                ("noise", Bytes::from(noise(64))),
                ("trailing", Bytes::from(trailing)),
            ] {
                let probe = Probe::new(plain);
                assert_eq!(probe.send(request(coding, bad)).await.0, 400, "{coding} {what}");
                assert!(probe.seen.bodies().is_empty(), "{coding} {what}");
            }
        }
    }

    #[tokio::test]
    async fn unknown_and_stacked_codings_are_415() {
        let probe = Probe::new(|layer| layer.without_decoding_for("/webhooks/*").unwrap());
        for coding in ["compress", "gzip, gzip", "br, zstd"] {
            let (status, headers) = probe.send(request(coding, Bytes::from_static(b"x"))).await;
            assert_eq!(status, 415, "{coding}");
            assert_eq!(headers["accept-encoding"], "gzip, br, deflate, zstd");
        }
        for path in ["/webhooks/whatsapp", "/w%65bhooks/whatsapp"] {
            let signed =
                Request::post(path).header("content-encoding", "gzip").body(Full::from("x")).unwrap();
            let (status, headers) = probe.send(signed).await;
            assert_eq!((status.as_u16(), headers["accept-encoding"].to_str().unwrap()), (415, "identity"));
        }
        assert!(probe.seen.bodies().is_empty());
    }
}
