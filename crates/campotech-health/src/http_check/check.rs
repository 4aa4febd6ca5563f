//! Asks another service by HTTP.

use std::num::NonZeroU32;
use std::ops::RangeInclusive;
use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, USER_AGENT};
use http::{HeaderMap, HeaderValue, Request};
use http_body::Body;
use http_body_util::{BodyExt, Empty};
use hyper::body::Incoming;
use parking_lot::Mutex;
use tokio::time::timeout;

use super::connection::{Connection, of_http};
use super::target::Target;
use crate::link::Failure;
use crate::service::HOP_HEADER;
use crate::{Check, CheckResult, ConfigError, Reason};

/// Asks another service's health route, best its `/live`, by `GET` over HTTP/1.1.
///
/// Never follows a redirect, and never shows the URL's user, password, path or query. User and password are sent as
/// `Authorization: Basic`. Requests carry [`HOP_HEADER`], so that services that watch each other leave each other out.
///
/// # Defaults
/// Statuses 200 to 399 are fine; 500 ms to connect and 900 ms in all; 64 KiB of the body are read; every 10th run
/// opens a new connection, which finds a peer that serves old connections only, and a certificate that was renewed;
/// one that ends within 14 days makes the peer degraded.
#[derive(Debug)]
#[must_use]
pub struct HttpCheck {
    name: String,
    target: Target,
    expected: RangeInclusive<u16>,
    connect_timeout: Duration,
    timeout: Duration,
    body_limit: usize,
    reuse: NonZeroU32,
    #[cfg(feature = "http-check-tls")]
    certificate_warning: Duration,
    idle: Idle,
}

/// The connection between two runs.
#[derive(Default)]
struct Idle(Mutex<Option<Connection>>);

impl HttpCheck {
    /// Asks `url`, such as `http://pricing.internal:8080/live`.
    ///
    /// # Errors
    /// [`ConfigError::InvalidUrl`], which does not repeat the URL; for https too, without the feature `http-check-tls`.
    pub fn new(name: impl Into<String>, url: &str) -> Result<Self, ConfigError> {
        const TEN: NonZeroU32 = NonZeroU32::MIN.saturating_add(9);
        let name = name.into();
        match Target::parse(url) {
            Err(problem) => Err(ConfigError::InvalidUrl { name, problem }),
            Ok(target) => Ok(Self {
                name,
                target,
                expected: 200..=399,
                connect_timeout: Duration::from_millis(500),
                timeout: Duration::from_millis(900),
                body_limit: 64 * 1024,
                reuse: TEN,
                #[cfg(feature = "http-check-tls")]
                certificate_warning: Duration::from_hours(14 * 24),
                idle: Idle::default(),
            }),
        }
    }

    /// Which statuses are fine.
    ///
    /// # Errors
    /// [`ConfigError::InvalidStatusRange`] for a range that is empty or leaves 100 to 599.
    pub fn with_expected_status(mut self, expected: RangeInclusive<u16>) -> Result<Self, ConfigError> {
        if expected.is_empty() || *expected.start() < 100 || *expected.end() > 599 {
            return Err(ConfigError::InvalidStatusRange { name: self.name });
        }
        self.expected = expected;
        Ok(self)
    }

    /// Trusts these root certificates only, in DER, instead of Mozilla's. Changes nothing for an http URL.
    ///
    /// # Errors
    /// [`ConfigError::InvalidUrl`] where there is none, or one is malformed.
    #[cfg(feature = "http-check-tls")]
    pub fn with_root_certificates(
        mut self,
        roots: impl IntoIterator<Item = Vec<u8>>,
    ) -> Result<Self, ConfigError> {
        if self.target.tls.is_some() {
            match super::tls::Tls::with_roots(self.target.host.name(), roots) {
                Ok(tls) => self.target.tls = Some(tls),
                Err(problem) => return Err(ConfigError::InvalidUrl { name: self.name, problem }),
            }
        }
        Ok(self)
    }

    /// How long before its certificate ends the peer is degraded, with the reason
    /// [`TlsExpiring`](Reason::TlsExpiring); zero for never. A new certificate is seen with the next new connection.
    #[cfg(feature = "http-check-tls")]
    pub fn with_certificate_warning(mut self, before: Duration) -> Self {
        self.certificate_warning = before;
        self
    }

    /// The time for name resolution, connecting, and the TLS handshake.
    ///
    /// # Errors
    /// [`ConfigError::ZeroDuration`].
    pub fn with_connect_timeout(mut self, timeout: Duration) -> Result<Self, ConfigError> {
        if timeout.is_zero() {
            return Err(ConfigError::ZeroDuration { setting: "the connect timeout of an http check" });
        }
        self.connect_timeout = timeout;
        Ok(self)
    }

    /// The time for everything; the deadline of a run in [`HealthBuilder`](crate::HealthBuilder) holds too.
    ///
    /// # Errors
    /// [`ConfigError::ZeroDuration`].
    pub fn with_timeout(mut self, timeout: Duration) -> Result<Self, ConfigError> {
        if timeout.is_zero() {
            return Err(ConfigError::ZeroDuration { setting: "the timeout of an http check" });
        }
        self.timeout = timeout;
        Ok(self)
    }

    /// How much of the body is read; with more to come, the connection is not used again.
    pub fn with_body_limit(mut self, bytes: usize) -> Self {
        self.body_limit = bytes;
        self
    }

    /// How many runs a connection serves; 1 opens a new one each time.
    pub fn with_runs_per_connection(mut self, runs: NonZeroU32) -> Self {
        self.reuse = runs;
        self
    }

    async fn ask(&self) -> Result<CheckResult, Failure> {
        // Idle connections are closed by the other side at any time, which says nothing about its health.
        let kept = self.idle.0.lock().take().filter(|c| c.is_good() && c.uses < self.reuse.get());
        if let Some(mut connection) = kept {
            match connection.send(self.request()).await {
                Ok(response) => return self.read(connection, response).await,
                Err(failure) if failure.ended => {}
                Err(failure) => return Err(failure),
            }
        }
        let mut connection = Connection::open(&self.target, self.connect_timeout).await?;
        let response = connection.send(self.request()).await?;
        self.read(connection, response).await
    }

    async fn read(
        &self,
        connection: Connection,
        response: http::Response<Incoming>,
    ) -> Result<CheckResult, Failure> {
        let status = response.status().as_u16();
        #[cfg(feature = "http-check-tls")]
        let expiry = connection.expiry;
        if self.drain(response.into_body()).await? {
            *self.idle.0.lock() = Some(connection);
        }
        let result = if self.expected.contains(&status) {
            CheckResult::ok()
        } else {
            CheckResult::failed(Reason::BadStatus).with_message(format_args!("status {status}"))
        };
        #[cfg(feature = "http-check-tls")]
        if let Some(expiry) = expiry {
            return Ok(expiry.judge(result, self.certificate_warning));
        }
        Ok(result)
    }

    /// Whether the body came to its end within the limit.
    async fn drain(&self, mut body: Incoming) -> Result<bool, Failure> {
        let mut read = 0;
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|error| of_http(&error))?;
            read += frame.data_ref().map_or(0, Bytes::len);
            if read >= self.body_limit {
                return Ok(body.is_end_stream());
            }
        }
        Ok(true)
    }

    fn request(&self) -> Request<Empty<Bytes>> {
        let mut request = Request::new(Empty::new());
        *request.uri_mut() = self.target.path.clone().into();
        let headers: &mut HeaderMap = request.headers_mut();
        headers.extend(self.target.headers.clone());
        headers.insert(HOP_HEADER, HeaderValue::from_static("1"));
        headers.insert(ACCEPT, HeaderValue::from_static("*/*"));
        headers.insert(USER_AGENT, HeaderValue::from_static("campotech-health"));
        request
    }
}

impl Check for HttpCheck {
    fn name(&self) -> &str {
        &self.name
    }

    fn is_peer(&self) -> bool {
        true
    }

    async fn run(&self) -> CheckResult {
        match timeout(self.timeout, self.ask()).await {
            Ok(Ok(result)) => result,
            Ok(Err(failure)) => failure.into(),
            Err(_) => CheckResult::failed(Reason::Timeout).with_message("no answer in time"),
        }
    }
}

impl std::fmt::Debug for Idle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Idle")
    }
}
