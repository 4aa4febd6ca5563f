//! Load beyond the limit, and handlers beyond their deadline.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::convert::Infallible;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use campotech_core::{ClientIp, Mode, PeerAddr};
use campotech_security::deadline::{HandlerDeadlineLayer, HandlerDeadlineService};
use campotech_security::overload::{OverloadLayer, OverloadService};
use campotech_testkit::{HyperServer, RawConnection, RecordingObserver, ScriptedBody, Step};
use http::{Request, Response};
use http_body_util::{BodyExt, Either, Full};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::Semaphore;
use tower::{Layer, Service, ServiceExt, service_fn};

async fn hello<B>(_: Request<B>) -> Result<Response<Full<Bytes>>, Infallible> {
    Ok(Response::new(Full::new(Bytes::from_static(b"hola"))))
}

#[tokio::test]
async fn the_one_too_many_is_shed_at_once() {
    let observer = RecordingObserver::default();
    let layer = OverloadLayer::new(2).unwrap().with_observer(Arc::new(observer.clone()));
    let layer = layer.with_retry_after(Duration::from_millis(1_200));
    let gate = Arc::new(Semaphore::new(0));
    let waits = Arc::clone(&gate);
    let service = layer.layer(service_fn(move |request: Request<()>| {
        let gate = Arc::clone(&waits);
        async move {
            gate.acquire().await.unwrap().forget();
            hello(request).await
        }
    }));
    let held: Vec<_> = (0..2).map(|_| tokio::spawn(service.clone().oneshot(Request::new(())))).collect();
    while layer.in_flight() < 2 {
        tokio::task::yield_now().await;
    }
    let shed = service.clone().oneshot(Request::new(())).await.unwrap();
    assert_eq!((shed.status().as_u16(), shed.headers()["retry-after"].to_str().unwrap()), (503, "2"));
    let problem: serde_json::Value =
        serde_json::from_slice(&shed.into_body().collect().await.unwrap().to_bytes()).unwrap();
    assert_eq!(problem["type"], "https://iana.org/assignments/http-problem-types#temporary-reduced-capacity");
    assert_eq!(layer.in_flight(), 2);
    gate.add_permits(3);
    for held in held {
        assert_eq!(held.await.unwrap().unwrap().status(), 200);
    }
    assert_eq!(layer.in_flight(), 0);
    assert_eq!(service.oneshot(Request::new(())).await.unwrap().status(), 200);
    assert_eq!(observer.lines()[2], "decision overload refused in_flight");
}

#[tokio::test]
async fn a_request_is_in_flight_until_its_body_ends() {
    let layer = OverloadLayer::new(1).unwrap();
    let streaming = service_fn(|_: Request<()>| async {
        Ok::<_, Infallible>(Response::new(ScriptedBody::chunks(["a", "b"])))
    });
    let service = layer.layer(streaming);
    let mut answer = service.clone().oneshot(Request::new(())).await.unwrap();
    assert_eq!(answer.body_mut().frame().await.unwrap().unwrap().into_data().unwrap(), "a");
    assert_eq!(service.clone().oneshot(Request::new(())).await.unwrap().status(), 503);
    assert_eq!(answer.into_body().collect().await.unwrap().to_bytes(), "b");
    let unread = service.clone().oneshot(Request::new(())).await.unwrap();
    assert_eq!((unread.status().as_u16(), layer.in_flight()), (200, 1));
    drop(unread);
    let mut broken = layer
        .layer(service_fn(|_: Request<()>| async {
            Ok::<_, Infallible>(Response::new(ScriptedBody::new([Step::Error, Step::Hang])))
        }))
        .oneshot(Request::new(()))
        .await
        .unwrap();
    assert!(broken.body_mut().frame().await.unwrap().is_err());
    assert_eq!(layer.in_flight(), 0);
}

#[tokio::test]
async fn a_request_that_is_dropped_or_fails_gives_its_place_back() {
    let layer = OverloadLayer::new(1).unwrap();
    let never = layer.layer(service_fn(|_: Request<()>| {
        std::future::pending::<Result<Response<Full<Bytes>>, Infallible>>()
    }));
    let call = never.oneshot(Request::new(()));
    assert!(tokio::time::timeout(Duration::from_millis(1), call).await.is_err());
    assert_eq!(layer.in_flight(), 0);
    let fails = layer.layer(service_fn(|_: Request<()>| async { Err::<Response<Full<Bytes>>, _>("failed") }));
    assert_eq!(fails.oneshot(Request::new(())).await.unwrap_err(), "failed");
    assert_eq!(layer.in_flight(), 0);
}

/// A service that is never ready.
#[derive(Clone)]
struct Busy;

impl Service<Request<()>> for Busy {
    type Response = Response<Full<Bytes>>;
    type Error = Infallible;
    type Future = std::future::Ready<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Pending
    }

    fn call(&mut self, _: Request<()>) -> Self::Future {
        unreachable!("it was not ready")
    }
}

#[tokio::test]
async fn what_is_not_ready_sheds_in_any_mode() {
    for mode in [Mode::Enforce, Mode::ReportOnly] {
        let layer = OverloadLayer::new(10).unwrap().with_mode(mode);
        assert_eq!(layer.layer(Busy).oneshot(Request::new(())).await.unwrap().status(), 503);
        assert_eq!(layer.in_flight(), 0);
    }
}

#[tokio::test]
async fn report_only_lets_pass_and_tells() {
    let observer = RecordingObserver::default();
    let layer =
        OverloadLayer::new(1).unwrap().with_mode(Mode::ReportOnly).with_observer(Arc::new(observer.clone()));
    let service = layer.layer(service_fn(hello::<()>));
    let first = service.clone().oneshot(Request::new(())).await.unwrap();
    assert_eq!(service.oneshot(Request::new(())).await.unwrap().status(), 200);
    drop(first);
    assert_eq!(observer.lines(), ["decision overload allowed ok", "decision overload reported in_flight"]);
}

#[tokio::test]
async fn it_runs_under_bare_hyper_over_all_connections() {
    let layer = OverloadLayer::new(1).unwrap();
    let gate = Arc::new(Semaphore::new(0));
    let waits = Arc::clone(&gate);
    let server =
        HyperServer::start(layer.layer(service_fn(move |request: Request<hyper::body::Incoming>| {
            let gate = Arc::clone(&waits);
            async move {
                gate.acquire().await.unwrap().forget();
                hello(request).await
            }
        })))
        .await;
    let mut first = RawConnection::open(server.addr()).await.unwrap();
    first.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    while layer.in_flight() == 0 {
        tokio::task::yield_now().await;
    }
    let mut second = RawConnection::open(server.addr()).await.unwrap();
    second.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    let shed = second.receive().await.unwrap();
    assert_eq!((shed.status.as_u16(), shed.headers["retry-after"].to_str().unwrap()), (503, "1"));
    gate.add_permits(2);
    assert_eq!(first.receive().await.unwrap().text(), "hola");
    second.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    assert_eq!(second.receive().await.unwrap().status, 200);
}

fn from(client: &str) -> Request<()> {
    let mut request = Request::new(());
    request.extensions_mut().insert(ClientIp::new(client.parse().unwrap(), false));
    request
}

#[tokio::test]
async fn a_refusal_from_inside_gives_its_permit_back_while_its_body_is_unread() {
    let layer = OverloadLayer::new(100).unwrap();
    for (status, bytes, in_flight) in
        [(429, 100, 0), (503, 16 << 10, 0), (503, (16 << 10) + 1, 1), (200, 100, 1), (204, 0, 0), (200, 0, 0)]
    {
        let service = layer.layer(service_fn(move |_: Request<()>| async move {
            let answer = Response::builder().status(status);
            Ok::<_, Infallible>(answer.body(Full::new(Bytes::from(vec![b'x'; bytes]))).unwrap())
        }));
        let unread = service.oneshot(from("203.0.113.7")).await.unwrap();
        assert_eq!(layer.in_flight(), in_flight, "{status} of {bytes}");
        assert_eq!(unread.into_body().collect().await.unwrap().to_bytes().len(), bytes);
    }
    // Its length is not known: more may be to do.
    let streamed = layer.layer(service_fn(|_: Request<()>| async {
        let answer = Response::builder().status(500);
        Ok::<_, Infallible>(answer.body(ScriptedBody::chunks(["a"])).unwrap())
    }));
    let unread = streamed.oneshot(from("203.0.113.7")).await.unwrap();
    assert_eq!(layer.in_flight(), 1);
    drop(unread);
    assert_eq!(layer.in_flight(), 0);
}

#[tokio::test]
async fn a_permit_is_given_back_with_the_last_frame() {
    let layer = OverloadLayer::new(1).unwrap();
    let service = layer.layer(service_fn(hello::<()>));
    let mut answer = service.oneshot(Request::new(())).await.unwrap();
    assert_eq!(layer.in_flight(), 1);
    assert_eq!(answer.body_mut().frame().await.unwrap().unwrap().into_data().unwrap(), "hola");
    assert_eq!(layer.in_flight(), 0, "whether or not anybody asks for more");
}

#[tokio::test]
async fn one_network_gets_its_share_and_no_more() {
    let observer = RecordingObserver::default();
    let layer = OverloadLayer::new(4).unwrap().with_share(NonZeroUsize::new(2).unwrap());
    let layer = layer.with_observer(Arc::new(observer.clone()));
    let service = layer.layer(service_fn(hello::<()>));
    let get = |request| service.clone().oneshot(request);
    let held = [
        get(from("2001:db8:1:2::1")).await.unwrap(),
        get(from("2001:db8:1:2::2")).await.unwrap(),
        get(from("2001:db8:1:3::1")).await.unwrap(),
    ];
    let shed = get(from("2001:db8:1:2::3")).await.unwrap();
    assert_eq!((shed.status().as_u16(), shed.headers()["retry-after"].to_str().unwrap()), (503, "1"));
    assert_eq!(observer.lines()[3], "decision overload refused network_share");
    // Without a client only the limit counts.
    let nameless = get(Request::new(())).await.unwrap();
    assert_eq!((nameless.status().as_u16(), layer.in_flight()), (200, 4));
    assert_eq!(get(Request::new(())).await.unwrap().status(), 503);
    assert_eq!(observer.lines()[5], "decision overload refused in_flight");
    drop(held);
    drop(nameless);
    assert_eq!(layer.in_flight(), 0);
    assert_eq!(get(from("2001:db8:1:2::3")).await.unwrap().status(), 200);
}

#[tokio::test]
async fn by_default_a_network_gets_an_eighth_and_at_least_sixteen() {
    for (limit, share) in [(1_024, 128), (64, 16), (8, 8)] {
        let service = OverloadLayer::new(limit).unwrap().layer(service_fn(hello::<()>));
        let mut held = Vec::new();
        let refused = loop {
            let answer = service.clone().oneshot(from("203.0.113.7")).await.unwrap();
            if answer.status() != 200 {
                break held.len();
            }
            held.push(answer);
        };
        assert_eq!(refused, share);
    }
}

#[tokio::test]
async fn clients_of_one_network_that_read_nothing_leave_the_others_served() {
    let layer = OverloadLayer::new(8).unwrap().with_share(NonZeroUsize::new(3).unwrap());
    // More than the sockets' buffers hold.
    let endless = || ScriptedBody::chunks(std::iter::repeat_n(Bytes::from(vec![b'x'; 1 << 20]), 64));
    let limited = layer.layer(service_fn(move |request: Request<hyper::body::Incoming>| async move {
        let small = request.uri().path() == "/small";
        let body = if small { ScriptedBody::chunks(["hola"]) } else { endless() };
        Ok::<_, Infallible>(Response::new(body))
    }));
    // What the client-ip layer does.
    let server = HyperServer::start(service_fn(move |mut request: Request<hyper::body::Incoming>| {
        let peer = request.extensions().get::<PeerAddr>().unwrap().0.ip();
        request.extensions_mut().insert(ClientIp::new(peer, false));
        limited.clone().oneshot(request)
    }))
    .await;
    let mut slow = Vec::new();
    for n in 0..20 {
        let mut connection = RawConnection::open_from([127, 0, 0, 7].into(), server.addr()).await.unwrap();
        connection.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
        let (status, _) = connection.head().await.unwrap();
        assert_eq!(status, if n < 3 { 200 } else { 503 });
        slow.push(connection);
    }
    assert_eq!(layer.in_flight(), 3);
    let mut other = RawConnection::open_from([127, 0, 0, 8].into(), server.addr()).await.unwrap();
    for _ in 0..5 {
        other.send("GET /small HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
        assert_eq!(other.receive().await.unwrap().text(), "hola");
    }
    drop(slow);
    while layer.in_flight() > 0 {
        tokio::task::yield_now().await;
    }
}

type LoginOrHello = Either<Full<Bytes>, ScriptedBody>;

async fn login_or_hello<B>(request: Request<B>) -> Result<Response<LoginOrHello>, Infallible> {
    let answer = if request.uri().path() == "/login" {
        Response::builder().status(429).body(Either::Left(Full::new(Bytes::from_static(b"no"))))
    } else {
        // hyper takes one frame before it asks for a window, and the next one after.
        Response::builder().body(Either::Right(ScriptedBody::chunks(["ho", "la"])))
    };
    Ok(answer.unwrap())
}

#[tokio::test]
async fn http2_windows_of_zero_hold_a_share_of_handlers_and_no_refusals() {
    let layer = OverloadLayer::new(8).unwrap().with_share(NonZeroUsize::new(3).unwrap());
    let connect = |client: &'static str, window: u32| {
        let limited = layer.layer(service_fn(login_or_hello));
        let service = hyper::service::service_fn(move |mut request: Request<hyper::body::Incoming>| {
            request.extensions_mut().insert(ClientIp::new(client.parse().unwrap(), false));
            limited.clone().oneshot(request)
        });
        async move {
            let (near, far) = tokio::io::duplex(1 << 16);
            let serving = hyper::server::conn::http2::Builder::new(TokioExecutor::new());
            tokio::spawn(serving.serve_connection(TokioIo::new(far), service));
            let mut client = hyper::client::conn::http2::Builder::new(TokioExecutor::new());
            client.initial_stream_window_size(window);
            let (sender, connection) = client.handshake(TokioIo::new(near)).await.unwrap();
            tokio::spawn(connection);
            sender
        }
    };
    let get = |path| Request::get(path).body(Full::<Bytes>::default()).unwrap();
    let mut slow = connect("203.0.113.7", 0).await;
    let mut unread = Vec::new();
    for _ in 0..20 {
        unread.push(slow.send_request(get("http://x/login")).await.unwrap());
    }
    assert!(unread.iter().all(|answer| answer.status() == 429));
    assert_eq!(layer.in_flight(), 0);
    for n in 0..20 {
        unread.push(slow.send_request(get("http://x/")).await.unwrap());
        assert_eq!(unread[20 + n].status(), if n < 3 { 200 } else { 503 });
    }
    assert_eq!(layer.in_flight(), 3);
    let mut other = connect("203.0.113.8", 1 << 16).await;
    for _ in 0..20 {
        let answer = other.send_request(get("http://x/")).await.unwrap();
        assert_eq!(answer.into_body().collect().await.unwrap().to_bytes(), "hola");
    }
}

/// Upgrades, and echoes what comes.
async fn upgrade(mut request: Request<hyper::body::Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    tokio::spawn(async move {
        let mut io = TokioIo::new(hyper::upgrade::on(&mut request).await.unwrap());
        let mut byte = [0; 1];
        while io.read_exact(&mut byte).await.is_ok() {
            io.write_all(&byte).await.unwrap();
        }
    });
    let switching = Response::builder().status(101).header("connection", "upgrade").header("upgrade", "echo");
    Ok(switching.body(Full::default()).unwrap())
}

#[tokio::test]
async fn an_upgrade_is_handed_over_and_outlives_the_deadline() {
    let overload = OverloadLayer::new(1).unwrap();
    let deadline = HandlerDeadlineLayer::new(Duration::from_millis(50)).unwrap();
    let server = HyperServer::start(overload.layer(deadline.layer(service_fn(upgrade)))).await;
    let mut connection = RawConnection::open(server.addr()).await.unwrap();
    connection
        .send("GET / HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\n")
        .await
        .unwrap();
    assert_eq!(connection.head().await.unwrap().0, 101);
    while overload.in_flight() > 0 {
        tokio::task::yield_now().await;
    }
    tokio::time::sleep(Duration::from_millis(100)).await;
    // A status line, so that the probe's reader can read it back.
    connection.send("HTTP/1.1 204 x\r\n\r\n").await.unwrap();
    assert_eq!(connection.head().await.unwrap().0, 204);
}

#[tokio::test]
async fn they_run_under_axum() {
    let app = axum::Router::new()
        .route("/", axum::routing::get(|| async { "hola" }))
        .layer(HandlerDeadlineLayer::default())
        .layer(OverloadLayer::new(1).unwrap());
    let get = || Request::get("/").body(axum::body::Body::empty()).unwrap();
    let held = app.clone().oneshot(get()).await.unwrap();
    assert_eq!(app.clone().oneshot(get()).await.unwrap().status(), 503);
    drop(held);
    assert_eq!(app.oneshot(get()).await.unwrap().status(), 200);
}

#[tokio::test(start_paused = true)]
async fn a_slow_handler_is_503_and_its_work_is_dropped() {
    let observer = RecordingObserver::default();
    let layer = HandlerDeadlineLayer::default().with_observer(Arc::new(observer.clone()));
    let work = Arc::new(());
    let held = Arc::clone(&work);
    let service = layer.layer(service_fn(move |request: Request<()>| {
        let held = Arc::clone(&held);
        async move {
            tokio::time::sleep(Duration::from_millis(10_001)).await;
            drop(held);
            hello(request).await
        }
    }));
    let start = tokio::time::Instant::now();
    // Called directly: `oneshot` would drop the future itself.
    let mut call = Box::pin(service.clone().call(Request::new(())));
    let answer = (&mut call).await.unwrap();
    assert_eq!((answer.status().as_u16(), start.elapsed()), (503, Duration::from_secs(10)));
    let problem: serde_json::Value =
        serde_json::from_slice(&answer.into_body().collect().await.unwrap().to_bytes()).unwrap();
    assert_eq!(problem["type"], "urn:campotech:problem:deadline-exceeded");
    drop(service);
    assert_eq!(Arc::strong_count(&work), 1, "the handler's future is gone");
    assert_eq!(observer.lines(), ["decision deadline refused handler"]);
}

#[tokio::test(start_paused = true)]
async fn a_handler_in_time_and_one_that_is_only_reported_answer() {
    let observer = RecordingObserver::default();
    let layer =
        HandlerDeadlineLayer::default().with_mode(Mode::ReportOnly).with_observer(Arc::new(observer.clone()));
    for seconds in [9, 11] {
        let service = layer.layer(service_fn(move |request: Request<()>| async move {
            tokio::time::sleep(Duration::from_secs(seconds)).await;
            hello(request).await
        }));
        assert_eq!(service.oneshot(Request::new(())).await.unwrap().status(), 200);
    }
    assert_eq!(observer.lines(), ["decision deadline allowed ok", "decision deadline reported handler"]);
}

#[test]
fn misconfiguration_is_refused_at_build() {
    assert_eq!(OverloadLayer::new(0).unwrap_err().code(), "range");
    assert_eq!(HandlerDeadlineLayer::new(Duration::ZERO).unwrap_err().code(), "range");
}

#[test]
fn they_are_send_sync_and_clone() {
    fn check<T: Send + Sync + Clone + 'static>() {}
    check::<OverloadLayer>();
    check::<OverloadService<()>>();
    check::<HandlerDeadlineLayer>();
    check::<HandlerDeadlineService<()>>();
}
