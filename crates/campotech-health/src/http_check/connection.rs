//! One HTTP/1.1 connection, and what its errors mean.

use std::error::Error;
use std::io;
use std::time::Duration;

use bytes::Bytes;
use http::Request;
use http_body_util::Empty;
use hyper::body::Incoming;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, lookup_host};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::target::Target;
use crate::{CheckResult, Reason};

/// A connection; closed when dropped.
pub(super) struct Connection {
    sender: SendRequest<Empty<Bytes>>,
    driver: JoinHandle<()>,
    /// How many requests it has carried.
    pub(super) uses: u32,
}

/// Why there is no answer.
pub(super) struct Failure {
    pub(super) reason: Reason,
    pub(super) message: String,
    /// The other side closed the connection before it said anything.
    pub(super) closed: bool,
}

impl Connection {
    pub(super) async fn open(target: &Target, limit: Duration) -> Result<Self, Failure> {
        timeout(limit, Self::connect(target))
            .await
            .unwrap_or_else(|_| Err(Failure::new(Reason::Timeout, "no connection in time")))
    }

    async fn connect(target: &Target) -> Result<Self, Failure> {
        let stream = reach(&target.host, target.port).await?;
        let _ = stream.set_nodelay(true);
        #[cfg(feature = "http-check-tls")]
        if let Some(tls) = &target.tls {
            let stream = tls.connect(stream).await.map_err(|error| Failure::new(Reason::Tls, &error))?;
            return Self::over(stream).await;
        }
        Self::over(stream).await
    }

    async fn over<S>(stream: S) -> Result<Self, Failure>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let (sender, connection) =
            handshake(TokioIo::new(stream)).await.map_err(|error| Failure::of_http(&error))?;
        // Its error comes out at the sender too.
        let driver = tokio::spawn(async move { drop(connection.await) });
        Ok(Self { sender, driver, uses: 0 })
    }

    pub(super) fn is_open(&self) -> bool {
        !self.sender.is_closed()
    }

    pub(super) async fn send(
        &mut self,
        request: Request<Empty<Bytes>>,
    ) -> Result<http::Response<Incoming>, Failure> {
        self.uses += 1;
        self.sender.ready().await.map_err(|error| Failure::of_http(&error))?;
        self.sender.send_request(request).await.map_err(|error| Failure::of_http(&error))
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

impl Failure {
    fn new(reason: Reason, message: &(impl ToString + ?Sized)) -> Self {
        Self { reason, message: message.to_string(), closed: false }
    }

    fn of_io(error: &io::Error) -> Self {
        let reason = match error.kind() {
            io::ErrorKind::ConnectionRefused => Reason::Refused,
            io::ErrorKind::TimedOut => Reason::Timeout,
            _ => Reason::Unreachable,
        };
        Self::new(reason, error)
    }

    pub(super) fn of_http(error: &hyper::Error) -> Self {
        let io = error.source().and_then(|source| source.downcast_ref::<io::Error>());
        let closed =
            error.is_closed() || error.is_canceled() || error.is_incomplete_message() || io.is_some();
        let reason = match io {
            Some(io) if io.kind() == io::ErrorKind::TimedOut => Reason::Timeout,
            _ if closed => Reason::Unreachable,
            _ if error.is_parse() || error.is_parse_status() => Reason::BadBody,
            _ => Reason::Internal,
        };
        Self { reason, message: error.to_string(), closed }
    }
}

/// A connection to the first address that takes one.
async fn reach(host: &str, port: u16) -> Result<TcpStream, Failure> {
    let addresses = lookup_host((host, port)).await.map_err(|error| Failure::new(Reason::Dns, &error))?;
    let mut failure = Failure::new(Reason::Dns, "the name has no address");
    for address in addresses {
        match TcpStream::connect(address).await {
            Ok(stream) => return Ok(stream),
            Err(error) => failure = Failure::of_io(&error),
        }
    }
    Err(failure)
}

impl From<Failure> for CheckResult {
    fn from(failure: Failure) -> Self {
        Self::failed(failure.reason).with_message(failure.message)
    }
}
