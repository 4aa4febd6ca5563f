//! A server on a free port, and services for it.
#![allow(dead_code, reason = "each test file uses its own part")]

use std::convert::Infallible;
use std::error::Error;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use campotech_core::PeerAddr;
use campotech_serve::ClientBody;
use campotech_serve::{DrainReport, ServeSnapshot, ServeStats, Server, Trigger, shutdown_pair};
use campotech_testkit::{RawConnection, RawResponse};
use http::{Request, Response};
use http_body::Body;
use http_body_util::{BodyExt, Full};
use tokio::task::JoinHandle;
use tower::Service;

pub(crate) struct Running {
    pub(crate) addr: SocketAddr,
    pub(crate) trigger: Trigger,
    pub(crate) stats: ServeStats,
    pub(crate) task: JoinHandle<DrainReport>,
}

pub(crate) async fn local() -> Server {
    Server::bind("127.0.0.1:0".parse().unwrap()).await.unwrap()
}

pub(crate) fn start<S, B>(server: Server, service: S) -> Running
where
    S: Service<Request<ClientBody>, Response = Response<B>> + Clone + Send + Sync + 'static,
    S::Future: Send + 'static,
    S::Error: Into<Box<dyn Error + Send + Sync>>,
    B: Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    let (trigger, shutdown) = shutdown_pair();
    let (addr, stats) = (server.local_addr(), server.stats());
    Running { addr, trigger, stats, task: tokio::spawn(server.serve(service, shutdown)) }
}

/// Answers with the peer's address and the body it got; `/slow` takes its time, `/panic` panics.
pub(crate) async fn echo(request: Request<ClientBody>) -> Result<Response<Full<Bytes>>, Infallible> {
    let peer = request.extensions().get::<PeerAddr>().map(|peer| peer.0.to_string());
    match request.uri().path() {
        "/slow" => tokio::time::sleep(Duration::from_millis(300)).await,
        "/hang" => std::future::pending().await,
        "/panic" => panic!("told to"),
        "/early" => return Ok(Response::builder().status(413).body(Full::default()).unwrap()),
        _ => {}
    }
    let body =
        request.into_body().collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
    let mut answer = peer.unwrap_or_default().into_bytes();
    answer.push(b' ');
    answer.extend_from_slice(&body);
    Ok(Response::new(Full::from(answer)))
}

pub(crate) async fn get(client: &mut RawConnection, path: &str) -> std::io::Result<RawResponse> {
    client.send(format!("GET {path} HTTP/1.1\r\nhost: a\r\n\r\n")).await?;
    client.receive().await
}

/// The process's resident memory, in bytes.
pub(crate) fn resident() -> u64 {
    let pages = std::fs::read_to_string("/proc/self/statm").unwrap();
    pages.split(' ').nth(1).unwrap().parse::<u64>().unwrap() * 4096
}

impl Running {
    pub(crate) async fn client_from(&self, from: &str) -> RawConnection {
        RawConnection::open_from(from.parse().unwrap(), self.addr).await.unwrap()
    }

    pub(crate) async fn client(&self) -> RawConnection {
        RawConnection::open(self.addr).await.unwrap()
    }

    /// Waits until the counters are as `wanted`; a test that waits in vain ends by its runner's limit.
    pub(crate) async fn until(&self, wanted: impl Fn(ServeSnapshot) -> bool) {
        while !wanted(self.stats.snapshot()) {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }
}
