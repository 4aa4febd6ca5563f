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
use tokio::task::JoinHandle;
use tokio::time::timeout;

#[cfg(feature = "http-check-tls")]
use super::expiry::Expiry;
use super::target::Target;
use crate::Reason;
use crate::link::Failure;

/// A connection; closed when dropped.
pub(super) struct Connection {
    sender: SendRequest<Empty<Bytes>>,
    driver: JoinHandle<()>,
    /// How many requests it has carried.
    pub(super) uses: u32,
    /// When the certificate ends that it was opened with.
    #[cfg(feature = "http-check-tls")]
    pub(super) expiry: Option<Expiry>,
}

impl Connection {
    pub(super) async fn open(target: &Target, limit: Duration) -> Result<Self, Failure> {
        timeout(limit, Self::connect(target, limit))
            .await
            .unwrap_or_else(|_| Err(Failure::new(Reason::Timeout, "no connection in time")))
    }

    async fn connect(target: &Target, limit: Duration) -> Result<Self, Failure> {
        let stream = target.host.reach(target.port, limit).await?;
        let _ = stream.set_nodelay(true);
        #[cfg(feature = "http-check-tls")]
        if let Some(tls) = &target.tls {
            let stream =
                tls.connect(stream).await.map_err(|error| Failure::new(Reason::Tls, error.to_string()))?;
            let expiry = Expiry::of_peer(stream.get_ref().1);
            let mut connection = Self::over(stream).await?;
            connection.expiry = expiry;
            return Ok(connection);
        }
        Self::over(stream).await
    }

    async fn over<S>(stream: S) -> Result<Self, Failure>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let (sender, connection) = handshake(TokioIo::new(stream)).await.map_err(|error| of_http(&error))?;
        // Its error comes out at the sender too.
        let driver = tokio::spawn(async move { drop(connection.await) });
        Ok(Self {
            sender,
            driver,
            uses: 0,
            #[cfg(feature = "http-check-tls")]
            expiry: None,
        })
    }

    /// Whether it may be used again. Once its certificate has ended nobody else gets a connection, so neither do we.
    pub(super) fn is_good(&self) -> bool {
        #[cfg(feature = "http-check-tls")]
        if self.expiry.is_some_and(Expiry::has_passed) {
            return false;
        }
        !self.sender.is_closed()
    }

    pub(super) async fn send(
        &mut self,
        request: Request<Empty<Bytes>>,
    ) -> Result<http::Response<Incoming>, Failure> {
        self.uses += 1;
        self.sender.ready().await.map_err(|error| of_http(&error))?;
        self.sender.send_request(request).await.map_err(|error| of_http(&error))
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

/// What hyper's error means.
pub(super) fn of_http(error: &hyper::Error) -> Failure {
    let io = error.source().and_then(|source| source.downcast_ref::<io::Error>());
    let ended = error.is_closed() || error.is_canceled() || error.is_incomplete_message() || io.is_some();
    let reason = match io {
        Some(io) if io.kind() == io::ErrorKind::TimedOut => Reason::Timeout,
        _ if ended => Reason::Unreachable,
        _ if error.is_parse() || error.is_parse_status() => Reason::BadBody,
        _ => Reason::Internal,
    };
    Failure { ended, ..Failure::new(reason, error.to_string()) }
}
