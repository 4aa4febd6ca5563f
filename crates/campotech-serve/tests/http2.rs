//! HTTP/2 clients that shut their window, connect ahead of use, or never leave.
#![allow(clippy::unwrap_used, reason = "a helper that fails fails its test")]

#[path = "http2/floods.rs"]
mod floods;
mod support;

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use bytes::Bytes;
use campotech_serve::ClientBody;
use campotech_testkit::RawConnection;
use http::{Request, Response};
use http_body::{Body, Frame};
use http_body_util::{BodyExt, Empty, Full};
use hyper::client::conn::http2::SendRequest;
use hyper_util::rt::{TokioExecutor, TokioIo};
use support::{Running, echo, get, local, start};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio::time::sleep;
use tower::service_fn;

const SHORT: Duration = Duration::from_millis(300);
/// What a client that was told to leave gets, and then some for a busy machine.
const MOMENT: Duration = Duration::from_secs(6);

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const WINDOW_UPDATE: u8 = 8;
const GOAWAY: u8 = 7;

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let mut frame = u32::try_from(payload.len()).unwrap().to_be_bytes()[1..].to_vec();
    frame.extend([kind, flags]);
    frame.extend(stream.to_be_bytes());
    frame.extend(payload);
    frame
}

/// `GET /` with every header from the static table of HPACK but the authority.
fn head(stream: u32) -> Vec<u8> {
    frame(1, 5, stream, &[0x82, 0x86, 0x84, 0x41, 1, b'a'])
}

/// A client that said hello, with a window of `window` bytes per stream.
async fn raw(running: &Running, window: u32) -> RawConnection {
    let mut client = running.client().await;
    let settings = [&[0, 4][..], &window.to_be_bytes()].concat();
    client.send([PREFACE, &frame(4, 0, 0, &settings), &frame(4, 1, 0, &[])].concat()).await.unwrap();
    client
}

/// The kinds of the frames the server sent until it closed.
async fn frames_to_close(client: &mut RawConnection) -> Vec<u8> {
    let bytes = client.read_to_close().await.unwrap();
    let (mut rest, mut kinds) = (bytes.as_slice(), Vec::new());
    while let [a, b, c, kind, ..] = *rest {
        kinds.push(kind);
        let length = usize::try_from(u32::from_be_bytes([0, a, b, c])).unwrap();
        rest = rest.get(9 + length..).unwrap_or_default();
    }
    kinds
}

async fn connect(running: &Running) -> (SendRequest<Empty<Bytes>>, JoinHandle<hyper::Result<()>>) {
    let stream = TcpStream::connect(running.addr).await.unwrap();
    let (sender, conn) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
    (sender, tokio::spawn(conn))
}

fn request() -> Request<Empty<Bytes>> {
    Request::get("http://a/").body(Empty::new()).unwrap()
}

/// A body of one chunk that says how many of its kind there are.
struct Counted(Full<Bytes>, Arc<AtomicU64>);

impl Body for Counted {
    type Data = Bytes;
    type Error = Infallible;
    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Pin::new(&mut self.0).poll_frame(cx)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.1.fetch_sub(1, SeqCst);
    }
}

async fn counted(bytes: usize, write_stall: Duration) -> (Running, Arc<AtomicU64>) {
    let live = Arc::new(AtomicU64::new(0));
    let counter = Arc::clone(&live);
    let service = service_fn(move |_: Request<ClientBody>| {
        counter.fetch_add(1, SeqCst);
        let body = Counted(Full::from(vec![b'x'; bytes]), Arc::clone(&counter));
        async { Ok::<_, Infallible>(Response::new(body)) }
    });
    (start(local().await.with_write_stall_timeout(write_stall).unwrap(), service), live)
}

/// Waits until nothing of the client is left; a time-out here is the regression.
async fn gone(running: &Running, live: &AtomicU64) {
    let gone = async {
        running.until(|s| s.active == 0).await;
        while live.load(SeqCst) > 0 {
            sleep(Duration::from_millis(2)).await;
        }
    };
    tokio::time::timeout(SHORT + MOMENT, gone).await.expect("still holds its answers");
    assert_eq!(running.stats.snapshot().timed_out_write_stall, 1);
}

#[tokio::test]
async fn a_window_that_stays_shut_is_a_stalled_write() {
    let (running, live) = counted(10, SHORT).await;
    let mut client = raw(&running, 0).await;
    for stream in 0..100 {
        client.send(head(2 * stream + 1)).await.unwrap();
    }
    while live.load(SeqCst) < 100 {
        sleep(Duration::from_millis(2)).await;
    }
    gone(&running, &live).await;
    assert!(frames_to_close(&mut client).await.contains(&GOAWAY));
}

#[tokio::test]
async fn a_window_that_opens_byte_by_byte_is_too() {
    let (running, live) = counted(100_000, SHORT).await;
    let mut client = raw(&running, 0).await;
    client.send(head(1)).await.unwrap();
    running.until(|s| s.requests == 1).await;
    let dripping = async {
        while client.send(frame(WINDOW_UPDATE, 0, 1, &[0, 0, 0, 1])).await.is_ok() {
            sleep(SHORT / 10).await;
        }
        std::future::pending::<()>().await;
    };
    tokio::select! {
        () = gone(&running, &live) => {}
        () = dripping => {}
    }
}

#[tokio::test]
async fn a_body_that_is_slow_by_itself_has_all_the_time() {
    let service = service_fn(|_: Request<ClientBody>| async {
        let events = futures_util::stream::unfold(0, |count| async move {
            sleep(SHORT * 2).await;
            let event = Frame::data(Bytes::from_static(b"data: x\n\n"));
            (count < 3).then(|| (Ok::<_, Infallible>(event), count + 1))
        });
        Ok::<_, Infallible>(Response::new(http_body_util::StreamBody::new(Box::pin(events))))
    });
    let server = local().await.with_write_stall_timeout(SHORT).unwrap();
    let running = start(server.with_idle_timeout(SHORT).unwrap(), service);
    let (mut sender, _conn) = connect(&running).await;
    let http1 = async {
        let mut client = running.client().await;
        get(&mut client, "/").await.unwrap().text()
    };
    let http2 = async {
        let body = sender.send_request(request()).await.unwrap().into_body();
        body.collect().await.unwrap().to_bytes()
    };
    let (http1, http2) = tokio::join!(http1, http2);
    assert_eq!((http1.as_bytes(), http2.len()), (&http2[..], 27));
    assert_eq!(running.stats.snapshot().timed_out_write_stall, 0);
}

#[tokio::test]
async fn an_answer_is_in_flight_until_its_last_byte_is_taken() {
    let server = local().await.with_write_stall_timeout(SHORT).unwrap();
    let running = start(
        server.with_idle_timeout(SHORT).unwrap(),
        service_fn(|_: Request<ClientBody>| async {
            Ok::<_, Infallible>(Response::new(Full::<Bytes>::from(vec![b'x'; 32 << 20])))
        }),
    );
    let (mut sender, _conn) = connect(&running).await;
    let mut body = sender.send_request(request()).await.unwrap().into_body();
    let (mut total, began, mut pauses) = (0, Instant::now(), 0);
    while let Some(frame) = body.frame().await {
        total += frame.unwrap().into_data().unwrap().len();
        // The protocol has all of it at once; idle and goodbye time would both be over in the end.
        if total >> 20 > pauses {
            pauses += 1;
            sleep(SHORT / 3).await;
        }
    }
    assert_eq!(total, 32 << 20);
    assert!(began.elapsed() > SHORT + Duration::from_secs(2));
}

#[tokio::test]
async fn who_connects_ahead_of_use_has_the_idle_time() {
    let server = local().await.with_first_request_timeout(SHORT).unwrap().with_head_timeout(SHORT).unwrap();
    let running = start(server, service_fn(echo));
    let (mut sender, _conn) = connect(&running).await;
    sleep(SHORT * 3).await;
    assert_eq!(sender.send_request(request()).await.unwrap().status(), 200);
}

#[tokio::test]
async fn a_head_that_drips_is_closed_here_too() {
    let running = start(local().await.with_head_timeout(SHORT).unwrap(), service_fn(echo));
    let mut client = raw(&running, 65_535).await;
    client.send(&head(1)[..12]).await.unwrap();
    let closed = tokio::time::timeout(SHORT + MOMENT, frames_to_close(&mut client)).await.unwrap();
    assert!(closed.contains(&GOAWAY));
    assert_eq!(running.stats.snapshot().timed_out_head, 1);
}

#[tokio::test]
async fn an_idle_client_is_told_and_one_that_stays_is_closed() {
    let running = start(local().await.with_idle_timeout(SHORT).unwrap(), service_fn(echo));
    let mut client = raw(&running, 65_535).await;
    let closed = tokio::time::timeout(SHORT + MOMENT, frames_to_close(&mut client)).await.unwrap();
    assert!(closed.contains(&GOAWAY));
    running.until(|s| s.active == 0).await;
    assert_eq!(running.stats.snapshot().timed_out_idle, 1);
}

#[tokio::test]
async fn a_drain_does_not_wait_for_a_client_that_was_told_and_stays() {
    let running = start(local().await, service_fn(echo));
    let mut client = raw(&running, 65_535).await;
    client.send(head(1)).await.unwrap();
    let unused = raw(&running, 65_535).await;
    running.until(|s| s.requests == 1 && s.active == 2).await;
    sleep(Duration::from_millis(50)).await;
    running.trigger.drain();
    let report = tokio::time::timeout(MOMENT, running.task).await.unwrap().unwrap();
    assert_eq!((report.finished, report.aborted), (2, 0));
    assert!(frames_to_close(&mut client).await.contains(&GOAWAY));
    assert_eq!(running.stats.snapshot().timed_out_idle, 0);
    drop(unused);
}
