//! The server: a listener and its limits.

use std::error::Error;
use std::net::SocketAddr;
use std::num::{NonZeroU32, NonZeroUsize};
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use campotech_core::{Mode, Observer};
use http::{Request, Response};
use http_body::Body;
use tokio::net::TcpListener;
use tower_service::Service;

use crate::accept::AcceptLoop;
use crate::connection::ClientBody;
use crate::descriptors;
use crate::settings::{LONGEST, Settings};
#[cfg(feature = "tls")]
use crate::tls::Tls;
use crate::{ConfigError, DrainReport, Networks, ProxyProtocol, ServeError, ServeStats, Shutdown};

/// A hardened listener for HTTP/1.1 and HTTP/2 with prior knowledge.
///
/// # Defaults
/// First request within 10 s (a PROXY header and a TLS handshake are in it), head within 10 s, idle 75 s, stalled body and
/// stalled write 30 s, an hour of age, drain 25 s (1 s of it for connections that have not asked anything yet), 10 000
/// connections and 64 in reserve, 1 000 of one network, 64 KiB of HTTP/1 head, HTTP/2: 100 streams, 16 KiB of headers,
/// ping every 20 s answered within 10 s. No PROXY protocol, no TLS, no observer.
#[derive(Debug)]
#[must_use]
pub struct Server {
    listener: TcpListener,
    addr: SocketAddr,
    settings: Settings,
    stats: ServeStats,
}

impl Server {
    /// Listens on `addr`; port 0 takes a free one, see [`local_addr`](Self::local_addr).
    ///
    /// # Errors
    /// [`ServeError::Bind`] where the system refuses.
    pub async fn bind(addr: SocketAddr) -> Result<Self, ServeError> {
        let listener = TcpListener::bind(addr).await.map_err(|source| ServeError::Bind { addr, source })?;
        Self::from_listener(listener)
    }

    /// Takes over a listener, such as one of a service manager.
    ///
    /// # Errors
    /// [`ServeError::Listener`] where it has no address.
    pub fn from_listener(listener: TcpListener) -> Result<Self, ServeError> {
        let addr = listener.local_addr().map_err(ServeError::Listener)?;
        Ok(Self { listener, addr, settings: Settings::default(), stats: ServeStats::default() })
    }

    /// Where it listens.
    #[must_use]
    pub const fn local_addr(&self) -> SocketAddr {
        self.addr
    }

    /// The counters; clones stay readable while and after the server runs.
    #[must_use]
    pub fn stats(&self) -> ServeStats {
        self.stats.clone()
    }

    /// How long a new connection has until its first complete head, or on HTTP/2 until the preface and settings are there;
    /// also covers one that never sends a byte.
    ///
    /// # Errors
    /// [`ConfigError::ZeroDuration`], and [`ConfigError::DurationTooLong`] over a year.
    pub fn with_first_request_timeout(mut self, time: Duration) -> Result<Self, ConfigError> {
        self.settings.first_request = within_a_year("first_request_timeout", time)?;
        Ok(self)
    }

    /// How long a head may take from its first byte to its last, on every request (on HTTP/2: while none is in flight).
    ///
    /// # Errors
    /// [`ConfigError::ZeroDuration`], and [`ConfigError::DurationTooLong`] over a year.
    pub fn with_head_timeout(mut self, time: Duration) -> Result<Self, ConfigError> {
        self.settings.head = within_a_year("head_timeout", time)?;
        Ok(self)
    }

    /// How long a connection may wait between two requests, and on HTTP/2 before the first; it is told so there before it
    /// is closed.
    ///
    /// # Errors
    /// [`ConfigError::ZeroDuration`], and [`ConfigError::DurationTooLong`] over a year.
    pub fn with_idle_timeout(mut self, time: Duration) -> Result<Self, ConfigError> {
        self.settings.idle = within_a_year("idle_timeout", time)?;
        Ok(self)
    }

    /// How long a client may take nothing, or less than 1 KiB, of an answer that waits for it.
    ///
    /// A body that is slow in coming does not count; on HTTP/2 one stream that is stuck closes the connection.
    ///
    /// # Errors
    /// [`ConfigError::ZeroDuration`], and [`ConfigError::DurationTooLong`] over a year.
    pub fn with_write_stall_timeout(mut self, time: Duration) -> Result<Self, ConfigError> {
        self.settings.write_stall = within_a_year("write_stall_timeout", time)?;
        Ok(self)
    }

    /// How long a service that has not answered yet may wait for nothing, or for less than 1 KiB, of a request's body; then
    /// the body is [`BodyError::Stalled`](crate::BodyError::Stalled).
    ///
    /// Time in which the service does not ask for the body does not count; a read that it gave up does, if it asks again
    /// before the time is over. A service with clients that send now and then
    /// before they are answered, such as a gRPC method with a stream of requests and one answer, sets it to as long as they
    /// may rest.
    ///
    /// # Errors
    /// [`ConfigError::ZeroDuration`], and [`ConfigError::DurationTooLong`] over a year.
    pub fn with_body_stall_timeout(mut self, time: Duration) -> Result<Self, ConfigError> {
        self.settings.body_stall = within_a_year("body_stall_timeout", time)?;
        Ok(self)
    }

    /// How long a connection is used, a tenth more or less: after that its next answer says `Connection: close`, and
    /// HTTP/2 says goodbye and lets its streams finish. So clients come back, to other replicas too.
    ///
    /// # Errors
    /// [`ConfigError::ZeroDuration`], and [`ConfigError::DurationTooLong`] over a year.
    pub fn with_max_age(mut self, time: Duration) -> Result<Self, ConfigError> {
        self.settings.max_age = within_a_year("max_age", time)?;
        Ok(self)
    }

    /// How long requests in flight may go on once a drain has begun; zero cuts them at once,
    /// more than a year counts as a year.
    pub const fn with_drain_deadline(mut self, time: Duration) -> Self {
        self.settings.drain_deadline = at_most_a_year(time);
        self
    }

    /// How long, once a drain has begun, a connection that has not asked anything yet may still begin to; more
    /// than a year counts as a year.
    ///
    /// Such a client has most likely just connected in order to send a request.
    pub const fn with_fresh_grace(mut self, time: Duration) -> Self {
        self.settings.fresh_grace = at_most_a_year(time);
        self
    }

    /// How many connections may be open; for what comes beyond them see [`with_reserve`](Self::with_reserve).
    pub const fn with_max_connections(mut self, count: NonZeroUsize) -> Self {
        self.settings.max_connections = count.get();
        self
    }

    /// How many connections beyond the most are told so: their requests are answered 503 `temporary-reduced-capacity` with
    /// `Retry-After`, and the connection closes after its first answer. They have a second for the first request, and where
    /// all are taken the oldest that has not asked anything makes room, or else the oldest. With 0, what is too much is closed at once.
    ///
    /// Requests for `kept` paths reach the service from there too: probes, so that who is only busy is not taken for dead.
    /// A path is whole (`/live`) or ends with a star (`/health/*`).
    ///
    /// # Errors
    /// [`ConfigError::KeptPath`] for a path without a slash in front, or with a star elsewhere.
    pub fn with_reserve<P>(
        mut self,
        connections: usize,
        kept: impl IntoIterator<Item = P>,
    ) -> Result<Self, ConfigError>
    where
        P: Into<Box<str>>,
    {
        let kept: Vec<Box<str>> = kept.into_iter().map(Into::into).collect();
        let fine =
            |path: &str| path.starts_with('/') && !path.strip_suffix('*').unwrap_or(path).contains('*');
        if !kept.iter().all(|path| fine(path)) {
            return Err(ConfigError::KeptPath);
        }
        self.settings.reserve = connections;
        self.settings.kept_paths = kept;
        Ok(self)
    }

    /// How many connections one client network (an IPv4 address, an IPv6 /64) may have open; one more is closed at once.
    /// With the PROXY protocol the network is that of the client it names.
    pub const fn with_max_connections_per_network(mut self, count: NonZeroUsize) -> Self {
        self.settings.max_per_network = count.get();
        self
    }

    /// Networks without such a cap: proxies, from which the connections of many clients come. All else holds for them too,
    /// the budgets of HTTP/2 frames among it.
    pub fn with_uncounted_networks(mut self, networks: Networks) -> Self {
        self.settings.uncounted = networks;
        self
    }

    /// Whether the cap of a network and the budgets of HTTP/2 frames close connections, or only report them. All else
    /// always acts, the library's own bounds of HTTP/2 floods among it.
    pub const fn with_mode(mut self, mode: Mode) -> Self {
        self.settings.mode = mode;
        self
    }

    /// Reports every connection that is refused or closed for what it does, as the guard `connections`.
    pub fn with_observer(mut self, observer: Arc<dyn Observer>) -> Self {
        self.settings.observer = observer;
        self
    }

    /// Lets proxies say who the client is.
    pub fn with_proxy_protocol(mut self, proxy: ProxyProtocol) -> Self {
        self.settings.proxy = Some(proxy);
        self
    }

    /// Speaks TLS, and nothing else. Requests carry [`DirectTls`](campotech_core::DirectTls).
    #[cfg(feature = "tls")]
    pub fn with_tls(mut self, tls: Tls) -> Self {
        self.settings.tls = Some(tls);
        self
    }

    /// How many bytes an HTTP/1 head may have; a longer one is answered 431.
    ///
    /// # Errors
    /// [`ConfigError::HeaderBufferTooSmall`] under 8192.
    pub fn with_max_header_bytes(mut self, bytes: usize) -> Result<Self, ConfigError> {
        if bytes < 8192 {
            return Err(ConfigError::HeaderBufferTooSmall);
        }
        self.settings.max_header_bytes = bytes;
        Ok(self)
    }

    /// How many HTTP/2 streams one connection may have open, and how many bytes of headers a request may have there.
    pub const fn with_http2_limits(mut self, streams: NonZeroU32, header_list_bytes: NonZeroU32) -> Self {
        self.settings.max_streams = streams.get();
        self.settings.max_header_list = header_list_bytes.get();
        self
    }

    /// How often an HTTP/2 client is pinged, and how long it has to answer.
    ///
    /// # Errors
    /// [`ConfigError::ZeroDuration`], and [`ConfigError::DurationTooLong`] over a year.
    pub fn with_http2_ping(mut self, interval: Duration, timeout: Duration) -> Result<Self, ConfigError> {
        self.settings.ping_interval = within_a_year("ping_interval", interval)?;
        self.settings.ping_timeout = within_a_year("ping_timeout", timeout)?;
        Ok(self)
    }

    /// Serves clones of `service` until `shutdown` has drained.
    ///
    /// An axum `Router` and every other tower service fit as they are. Requests carry
    /// [`PeerAddr`](campotech_core::PeerAddr). The process's soft limit of file descriptors is raised as far as the connections
    /// need it. A service that fails or panics ends its own connection (HTTP/1) or stream
    /// (HTTP/2), never the loop; dropping the future closes the listener and every connection.
    pub async fn serve<S, B>(self, service: S, shutdown: Shutdown) -> DrainReport
    where
        S: Service<Request<ClientBody>, Response = Response<B>> + Clone + Send + Sync + 'static,
        S::Future: Send + 'static,
        S::Error: Into<Box<dyn Error + Send + Sync>>,
        B: Body + Send + 'static,
        B::Data: Send,
        B::Error: Into<Box<dyn Error + Send + Sync>>,
    {
        let (most, reserve) = (self.settings.max_connections, self.settings.reserve);
        let missing = descriptors::raise(most.saturating_add(reserve));
        if missing > 0 {
            self.stats.counters().descriptors_missing.store(missing, Relaxed);
            tracing::warn!(missing, "the system gives fewer file descriptors than all connections need");
        }
        AcceptLoop::new(Arc::new(self.settings), self.stats, service, shutdown).run(self.listener).await
    }
}

fn within_a_year(setting: &'static str, time: Duration) -> Result<Duration, ConfigError> {
    match time {
        Duration::ZERO => Err(ConfigError::ZeroDuration { setting }),
        time if time > LONGEST => Err(ConfigError::DurationTooLong { setting }),
        time => Ok(time),
    }
}

const fn at_most_a_year(time: Duration) -> Duration {
    if time.as_secs() >= LONGEST.as_secs() { LONGEST } else { time }
}
