//! A service under bare hyper.

use std::error::Error;
use std::net::SocketAddr;

use bytes::Bytes;
use campotech_core::PeerAddr;
use http::{Request, Response};
use http_body::Body;
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tower::ServiceExt;

/// Serves HTTP/1 on a free port of 127.0.0.1 until it is dropped; requests carry [`PeerAddr`].
#[derive(Debug)]
pub struct HyperServer {
    addr: SocketAddr,
    task: JoinHandle<()>,
}

impl HyperServer {
    /// Starts serving clones of `service`.
    pub async fn start<S, B>(service: S) -> Self
    where
        S: tower::Service<Request<Incoming>, Response = Response<B>> + Clone + Send + 'static,
        S::Future: Send + 'static,
        S::Error: Into<Box<dyn Error + Send + Sync>> + 'static,
        B: Body<Data = Bytes> + Send + 'static,
        B::Error: Into<Box<dyn Error + Send + Sync>>,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        let task = tokio::spawn(async move {
            loop {
                let Ok((stream, peer)) = listener.accept().await else { break };
                let service = service.clone();
                let handler = hyper::service::service_fn(move |mut request: Request<Incoming>| {
                    request.extensions_mut().insert(PeerAddr(peer));
                    service.clone().oneshot(request)
                });
                tokio::spawn(async move {
                    let _ = hyper::server::conn::http1::Builder::new()
                        .serve_connection(TokioIo::new(stream), handler)
                        .with_upgrades()
                        .await;
                });
            }
        });
        Self { addr, task }
    }

    /// Where it listens.
    #[must_use]
    pub const fn addr(&self) -> SocketAddr {
        self.addr
    }
}

impl Drop for HyperServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}
