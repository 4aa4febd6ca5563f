//! A hyper server and a client that asks it for one thing after the other, over a connection in memory.

use std::convert::Infallible;

use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

use crate::Subject;
use crate::service::runtime;

/// Larger than any answer, which so comes in one piece.
const BUFFER: usize = 64 * 1024;

/// Asks for `path` on a connection that stays open.
///
/// # Panics
/// The answer is none of success.
pub(super) fn served<F, Fut, B>(path: &'static str, handler: F) -> Subject
where
    F: Fn(Request<Incoming>) -> Fut + 'static,
    Fut: Future<Output = Result<Response<B>, Infallible>> + 'static,
    B: Body<Data = Bytes> + 'static,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let on = runtime();
    let (mut client, server) = duplex(BUFFER);
    let question = format!(
        "GET {path} HTTP/1.1\r\nhost: 10.0.0.7:8080\r\nuser-agent: kube-probe/1.33\r\naccept: */*\r\n\r\n"
    );
    let local = tokio::task::LocalSet::new();
    local.spawn_local(async move {
        let connection = http1::Builder::new().serve_connection(TokioIo::new(server), service_fn(handler));
        connection.await.expect("it only answers");
    });
    let mut answer = vec![0; BUFFER];
    Box::new(move |requests| {
        local.block_on(&on, async {
            for _ in 0..requests {
                client.write_all(question.as_bytes()).await.expect("it listens");
                let length = client.read(&mut answer).await.expect("it answers");
                assert!(answer[..length].starts_with(b"HTTP/1.1 200 "), "{path}");
            }
        });
    })
}
