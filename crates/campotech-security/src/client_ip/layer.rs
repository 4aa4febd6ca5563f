//! The layer that sets [`ClientIp`](campotech_core::ClientIp).

use std::sync::Arc;

use campotech_core::{NoObserver, Observer};
use tower_layer::Layer;

use super::{ClientIpService, TrustedProxies};

/// Tells every layer below who the client is, in a [`ClientIp`](campotech_core::ClientIp) extension.
///
/// The peer is read from a [`PeerAddr`](campotech_core::PeerAddr) extension, or (feature `axum`) from axum's
/// `ConnectInfo<SocketAddr>`. Without either there is no `ClientIp`, and a decision with the reason `no_peer` is
/// reported: limits must not put strangers into one bucket.
///
/// The host that the client asked for, where a trusted proxy tells of it, is a
/// [`ForwardedHost`](campotech_core::ForwardedHost) extension.
///
/// # Defaults
/// `X-Forwarded-For` and `X-Forwarded-Proto` from trusted peers, `X-Forwarded-Host` from nobody; the listener itself speaks
/// plain http; no observer.
#[derive(Debug, Clone)]
#[must_use]
pub struct ClientIpLayer(pub(super) Arc<Settings>);

/// The header family that the proxies in front of the service maintain. The other one is never read: a proxy that
/// does not maintain it passes on whatever the client wrote.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum ForwardingHeader {
    /// `X-Forwarded-For`, with `X-Forwarded-Proto` and, on request, `X-Forwarded-Host`.
    #[default]
    XForwardedFor,
    /// `Forwarded` (RFC 7239), with its `proto` and `host`.
    Forwarded,
}

#[derive(Debug, Clone)]
pub(super) struct Settings {
    pub(super) proxies: TrustedProxies,
    pub(super) header: ForwardingHeader,
    pub(super) direct_https: bool,
    pub(super) forwarded_host: bool,
    pub(super) observer: Arc<dyn Observer>,
}

impl ClientIpLayer {
    /// Believes these proxies.
    pub fn new(proxies: TrustedProxies) -> Self {
        Self(Arc::new(Settings {
            proxies,
            header: ForwardingHeader::default(),
            direct_https: false,
            forwarded_host: false,
            observer: Arc::new(NoObserver),
        }))
    }

    /// Reads this header family.
    pub fn with_header(mut self, header: ForwardingHeader) -> Self {
        Arc::make_mut(&mut self.0).header = header;
        self
    }

    /// Reads `X-Forwarded-Host`, too. Only where the proxies set or append it: one that doesn't passes on whatever the client
    /// wrote, and then links and cookies would be made for a stranger's host. The `host` of `Forwarded` needs no such
    /// promise, as it stands in the proxy's own element.
    pub fn with_forwarded_host(mut self, forwarded_host: bool) -> Self {
        Arc::make_mut(&mut self.0).forwarded_host = forwarded_host;
        self
    }

    /// Says that the listener itself speaks TLS, so that a client without a proxy is on https. A listener that says so of each
    /// request, in a [`DirectTls`](campotech_core::DirectTls) extension, needs no such word.
    pub fn with_direct_https(mut self, https: bool) -> Self {
        Arc::make_mut(&mut self.0).direct_https = https;
        self
    }

    /// Reports findings (`no_peer`, `untrusted_peer`, `malformed`) to `observer`.
    pub fn with_observer(mut self, observer: Arc<dyn Observer>) -> Self {
        Arc::make_mut(&mut self.0).observer = observer;
        self
    }
}

impl<S> Layer<S> for ClientIpLayer {
    type Service = ClientIpService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        ClientIpService::new(inner, self.clone())
    }
}
