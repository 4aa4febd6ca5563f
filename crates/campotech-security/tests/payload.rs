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
async fn a_route_may_have_times_of_its_own() {
    let probe = Probe::new(|layer| {
        let minute = Duration::from_secs(60);
        layer.with_pace_for("/uploads/*", minute, 10, Duration::from_secs(30)).unwrap()
    });
    let slow = || (0..20).flat_map(|_| [data(40), Step::Pause(Duration::from_secs(2))]);
    for (path, status) in
        [("/uploads/1", 200), ("/api", 408), ("/uploads/../api", 408), ("/uploads/%2e%2e/api", 408)]
    {
        let request = Request::post(path).body(ScriptedBody::new(slow())).unwrap();
        assert_eq!(probe.send(request).await.0, status, "{path}");
    }
    let start = tokio::time::Instant::now();
    let silent = Request::post("/uploads/1").body(ScriptedBody::new([data(1), Step::Hang])).unwrap();
    assert_eq!(probe.send(silent).await.0, 408);
    assert_eq!(start.elapsed(), Duration::from_millis(30_100));
}

#[tokio::test]
async fn trailers_are_dropped_and_end_the_body() {
    let probe = Probe::new(plain);
    let mut trailers = HeaderMap::new();
    trailers.insert("content-length", http::HeaderValue::from_static("9"));
    assert_eq!(probe.post(ScriptedBody::new([data(3), Step::Trailers(trailers)])).await.0, 200);
    let seen = probe.seen.0.lock().unwrap();
    assert_eq!((seen[0].0.len(), &seen[0].2[..]), (0, &b"xxx"[..]));
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
    let paced = |pattern, deadline| Layer::new(1).with_pace_for(pattern, deadline, 1, Duration::ZERO);
    assert_eq!(paced("/", Duration::ZERO).unwrap_err().code(), "range");
    assert_eq!(paced("x", Duration::from_secs(1)).unwrap_err().code(), "path_pattern");
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
    use async_compression::Level;
    use async_compression::tokio::write::{BrotliEncoder, GzipEncoder, ZlibEncoder, ZstdEncoder};
    use tokio::io::AsyncWriteExt;

    use super::*;

    const CODINGS: [&str; 4] = ["gzip", "br", "deflate", "zstd"];

    async fn encoded(coding: &str, plain: &[u8]) -> Bytes {
        macro_rules! with {
            ($encoder:ident, $level:expr) => {{
                let mut encoder = $encoder::with_quality(Vec::new(), $level);
                encoder.write_all(plain).await.unwrap();
                encoder.shutdown().await.unwrap();
                Bytes::from(encoder.into_inner())
            }};
        }
        match coding {
            "gzip" => with!(GzipEncoder, Level::Default),
            "br" => with!(BrotliEncoder, Level::Precise(5)),
            "deflate" => with!(ZlibEncoder, Level::Default),
            _ => with!(ZstdEncoder, Level::Default),
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
    async fn a_limit_that_no_memory_could_hold_takes_none() {
        for coding in CODINGS {
            let probe = Probe::new(|layer| {
                layer.with_limit_for("/", usize::MAX).unwrap().with_mode(Mode::ReportOnly)
            });
            assert_eq!(
                probe.send(request(coding, encoded(coding, &[b'x'; LIMIT]).await)).await.0,
                200,
                "{coding}"
            );
            assert_eq!(probe.seen.bodies()[0].len(), LIMIT, "{coding}");
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

    const ROUTE: usize = 512 << 10;

    /// What it took at most, besides the request itself.
    fn peak(coding: &str, body: Bytes, limit: usize) -> (u16, usize) {
        let probe = Probe::new(|layer| layer.with_limit_for("/", limit).unwrap());
        let service = probe.layer.layer(probe.seen.service());
        let request = request(coding, body);
        let mut status = 0;
        let counted = allocation_counter::measure(|| {
            let mut answer = std::pin::pin!(service.oneshot(request));
            let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
            if let std::task::Poll::Ready(answer) = answer.as_mut().poll(&mut cx) {
                status = answer.unwrap().status().as_u16();
            }
        });
        (status, usize::try_from(counted.bytes_max).unwrap())
    }

    /// 512 MiB of zeros, of which an encoder made 8; behind something else 128.
    async fn bomb(coding: &str, before: &[u8]) -> Bytes {
        let zeros = vec![0; 8 << 20];
        let times = if before.is_empty() { 64 } else { 16 };
        macro_rules! repeated {
            ($encoder:ident, $level:ident) => {{
                let mut encoder = $encoder::with_quality(Vec::new(), Level::$level);
                encoder.write_all(before).await.unwrap();
                encoder.flush().await.unwrap();
                let begun = encoder.get_ref().len();
                encoder.write_all(&zeros).await.unwrap();
                encoder.flush().await.unwrap();
                let (head, part) = encoder.get_ref().split_at(begun);
                Bytes::from([head, &part.repeat(times)].concat())
            }};
        }
        match coding {
            "gzip" => {
                let mut member = GzipEncoder::with_quality(Vec::new(), Level::Best);
                member.write_all(&zeros).await.unwrap();
                member.shutdown().await.unwrap();
                Bytes::from(member.into_inner().repeat(times))
            }
            "deflate" => repeated!(ZlibEncoder, Best),
            "br" => repeated!(BrotliEncoder, Fastest),
            _ => {
                // A window of 8 MiB, and 4,096 blocks that each repeat a byte 128 KiB times.
                let blocks = (0..4_096).flat_map(|at| [2 | u8::from(at == 4_095), 0, 0x10, 0]);
                Bytes::from_iter([0x28, 0xb5, 0x2f, 0xfd, 0, 0x68].into_iter().chain(blocks))
            }
        }
    }

    #[tokio::test]
    async fn bombs_take_no_more_than_the_limit_and_128_kib() {
        for coding in CODINGS {
            for before in [Vec::new(), noise(100_000)] {
                let bomb = bomb(coding, &before).await;
                assert!(bomb.len() <= ROUTE, "{coding}: {}", bomb.len());
                assert!(coding != "zstd" || bomb.len() <= 16_400, "{}", bomb.len());
                let (status, peak) = peak(coding, bomb.clone(), ROUTE);
                assert_eq!(status, 413, "{coding}");
                assert!(peak <= ROUTE + (128 << 10), "{coding}: {} over {ROUTE}", peak.saturating_sub(ROUTE));
            }
        }
    }

    #[tokio::test]
    async fn a_window_that_nothing_fills_is_not_made() {
        // Each asks for 8 MiB or 16, for three bytes.
        let zstd = Bytes::from_static(b"\x28\xb5\x2f\xfd\x00\x68\x19\x00\x00abc");
        let br = Bytes::from_static(b"\x0f\x01\x00\x00abc\x03");
        for (coding, body) in [("zstd", zstd), ("br", br)] {
            let (status, peak) = peak(coding, body, 4_096);
            assert!(matches!(status, 200 | 400), "{coding} {status}");
            assert!(peak <= 4_096 + (400 << 10), "{coding}: {peak}");
        }
    }

    /// Words that repeat far and near, many of them in brotli's own dictionary.
    fn text(bytes: usize) -> Vec<u8> {
        let words =
            ["the ", "time ", "orden ", "of ", "Hello, ", "http://www.", "\u{e1}rbol ", "\u{0}", "12345 "];
        let picks = noise(bytes);
        let mut text: Vec<u8> =
            picks.iter().flat_map(|pick| words[usize::from(*pick) % words.len()].bytes()).collect();
        text.truncate(bytes / 2);
        let again = text.clone();
        text.extend(again);
        text
    }

    #[tokio::test]
    async fn a_smaller_window_changes_nothing() {
        for limit in [2_000, 200_000, (1 << 18) - 16, 300_000, ROUTE - 16] {
            let plain = text(limit);
            for coding in CODINGS {
                let probe = Probe::new(|layer| layer.with_limit_for("/", limit).unwrap());
                let status = probe.send(request(coding, encoded(coding, &plain).await)).await.0;
                assert_eq!(status, 200, "{coding} {limit}");
                assert!(probe.seen.bodies()[0] == plain, "{coding} {limit}");
            }
        }
    }

    #[tokio::test]
    async fn frames_and_members_that_follow_each_other_are_one_body() {
        for coding in ["gzip", "zstd"] {
            let parts =
                [encoded(coding, b"ho").await, encoded(coding, b"").await, encoded(coding, b"la").await];
            let probe = Probe::new(plain);
            assert_eq!(probe.send(request(coding, parts.concat().into())).await.0, 200, "{coding}");
            assert_eq!(probe.seen.bodies(), ["hola"], "{coding}");
        }
        let skippable = b"\x50\x2a\x4d\x18\x03\x00\x00\x00any";
        let frame = encoded("zstd", b"hola").await;
        let probe = Probe::new(plain);
        assert_eq!(probe.send(request("zstd", [skippable, &frame[..]].concat().into())).await.0, 200);
        assert_eq!(probe.seen.bodies(), ["hola"]);
        // One that says it is longer than it is, a dictionary, a frame of an old format; brotli's large window.
        for (coding, bad) in [
            ("zstd", &b"\x50\x2a\x4d\x18\xff\xff\xff\xffany"[..]),
            ("zstd", b"\x28\xb5\x2f\xfd\x21\x07\x03\x19\x00\x00abc"),
            ("zstd", b"\x27\xb5\x2f\xfd\x20\x03\x19\x00\x00abc"),
            ("br", b"\x11\xde"),
        ] {
            let probe = Probe::new(plain);
            assert_eq!(probe.send(request(coding, Bytes::from_static(bad))).await.0, 400, "{coding} {bad:?}");
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
