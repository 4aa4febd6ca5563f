//! Bodies that stop, drip, or rest within a conversation; and connections that grow old.

use std::convert::Infallible;
use std::time::{Duration, Instant};

use bytes::Bytes;
use campotech_serve::{BodyError, ClientBody};
use http::{Request, Response};
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::Frame;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpStream;
use tower::service_fn;

use crate::support::{echo, get, local, start};
use crate::{SHORT, drip};

/// Says how the body ended.
async fn told(request: Request<ClientBody>) -> Result<Response<Full<Bytes>>, Infallible> {
    let (status, text) = match request.into_body().collect().await {
        Ok(body) => (200, body.to_bytes().len().to_string()),
        Err(BodyError::Stalled) => (408, String::new()),
        Err(error) => (400, error.to_string()),
    };
    Ok(Response::builder().status(status).body(Full::from(text)).unwrap())
}

const HEAD: &str = "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 4096\r\n\r\n";

#[tokio::test]
async fn a_body_that_stops_is_an_error_for_the_service() {
    let running = start(local().await.with_body_stall_timeout(SHORT).unwrap(), service_fn(told));
    let mut client = running.client().await;
    client.send(format!("{HEAD}{}", "x".repeat(100))).await.unwrap();
    let answer = client.receive().await.unwrap();
    assert_eq!(answer.status, 408);
    assert_eq!(client.read_to_close().await.unwrap(), b"");
    assert_eq!(running.stats.snapshot().timed_out_body, 1);
}

#[tokio::test]
async fn bytes_one_by_one_buy_no_time() {
    let server = local().await.with_body_stall_timeout(SHORT * 2).unwrap();
    let running = start(server, service_fn(told));
    let mut client = running.client().await;
    client.send(HEAD).await.unwrap();
    let took = drip(&mut client, &[b'x'; 4096], SHORT / 10).await;
    assert!(took >= SHORT * 2, "{took:?}");
    assert_eq!(running.stats.snapshot().timed_out_body, 1);
}

#[tokio::test]
async fn a_slow_body_that_goes_on_arrives() {
    let running = start(local().await.with_body_stall_timeout(SHORT).unwrap(), service_fn(told));
    let mut client = running.client().await;
    client.send(HEAD).await.unwrap();
    let began = Instant::now();
    for _ in 0..4 {
        tokio::time::sleep(SHORT * 2 / 3).await;
        client.send([b'x'; 1024]).await.unwrap();
    }
    assert!(began.elapsed() > SHORT);
    assert_eq!(client.receive().await.unwrap().text(), "4096");
    assert_eq!(running.stats.snapshot().timed_out_body, 0);
}

#[tokio::test]
async fn a_conversation_may_rest_and_a_slow_handler_may_read_late() {
    let service = service_fn(|request: Request<ClientBody>| async move {
        if request.uri().path() == "/late" {
            tokio::time::sleep(SHORT * 2).await;
            return Ok(told(request).await?.map(http_body_util::Either::Left));
        }
        let mut body = request.into_body();
        let lengths = futures_util::stream::poll_fn(move |cx| {
            let frame = std::pin::Pin::new(&mut body);
            hyper::body::Body::poll_frame(frame, cx).map(|frame| {
                let length = frame?.ok()?.into_data().ok()?.len();
                Some(Ok::<_, Infallible>(Frame::data(Bytes::from(length.to_string()))))
            })
        });
        Ok::<_, Infallible>(Response::new(http_body_util::Either::Right(StreamBody::new(lengths))))
    });
    let running = start(local().await.with_body_stall_timeout(SHORT).unwrap(), service);
    let mut late = running.client().await;
    late.send("POST /late HTTP/1.1\r\nhost: a\r\ncontent-length: 3\r\n\r\nabc").await.unwrap();
    assert_eq!(late.receive().await.unwrap().text(), "3");

    let stream = TcpStream::connect(running.addr).await.unwrap();
    let (mut sender, conn) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
    tokio::spawn(conn);
    let words = futures_util::stream::unfold(0_u32, |count| async move {
        tokio::time::sleep(SHORT * 2).await;
        (count < 3).then(|| (Ok::<_, Infallible>(Frame::data(Bytes::from_static(b"word"))), count + 1))
    });
    let request = Request::post("http://a/talk").body(StreamBody::new(Box::pin(words))).unwrap();
    let answer = sender.send_request(request).await.unwrap();
    assert_eq!(answer.into_body().collect().await.unwrap().to_bytes(), "4440");
    assert_eq!(running.stats.snapshot().timed_out_body, 0);
}

#[tokio::test]
async fn one_stream_that_stops_is_not_the_end_of_its_connection() {
    let running = start(local().await.with_body_stall_timeout(SHORT).unwrap(), service_fn(told));
    let stream = TcpStream::connect(running.addr).await.unwrap();
    let (mut sender, conn) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
    tokio::spawn(conn);
    let never = http_body_util::Either::Left(StreamBody::new(futures_util::stream::pending::<
        Result<Frame<Bytes>, Infallible>,
    >()));
    let stalled = sender.send_request(Request::post("http://a/").body(never).unwrap());
    let whole = http_body_util::Either::Right(Full::<Bytes>::from("whole"));
    let other = sender.clone().send_request(Request::post("http://a/").body(whole).unwrap());
    let (stalled, other) = tokio::join!(stalled, other);
    assert_eq!((stalled.unwrap().status().as_u16(), other.unwrap().status().as_u16()), (408, 200));
    assert_eq!(running.stats.snapshot().timed_out_body, 1);
}

#[tokio::test]
async fn an_old_connection_is_told_with_its_next_answer() {
    let running = start(local().await.with_max_age(SHORT * 2).unwrap(), service_fn(echo));
    let mut client = running.client().await;
    assert_eq!(get(&mut client, "/").await.unwrap().headers.get("connection"), None);
    tokio::time::sleep(SHORT * 3).await;
    // It is still open: closing it before the client was told would lose the request that is on its way.
    let last = get(&mut client, "/").await.unwrap();
    assert_eq!(last.headers["connection"], "close");
    assert_eq!(client.read_to_close().await.unwrap(), b"");
    assert_eq!(running.stats.snapshot().aged, 1);
}

#[tokio::test]
async fn an_old_http2_connection_finishes_its_streams() {
    let running = start(local().await.with_max_age(SHORT).unwrap(), service_fn(echo));
    let stream = TcpStream::connect(running.addr).await.unwrap();
    let (mut sender, conn) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
    let conn = tokio::spawn(conn);
    let request = Request::get("http://a/slow").body(Full::<Bytes>::default()).unwrap();
    assert_eq!(
        sender.send_request(request).await.unwrap().status(),
        200,
        "longer than the connection's life"
    );
    tokio::time::timeout(Duration::from_secs(5), conn).await.unwrap().unwrap().unwrap();
    let stats = running.stats.snapshot();
    assert_eq!((stats.aged, stats.timed_out_idle), (1, 0));
}
