//! The service that sets [`ClientIp`](campotech_core::ClientIp).

use std::net::IpAddr;
use std::task::{Context, Poll};

use campotech_core::{Decision, DirectTls, Mode, PeerAddr};
use http::{Extensions, HeaderMap, Request};
use tower_service::Service;

use super::ClientIpLayer;
use super::walk::{Told, walk};

/// The service of [`ClientIpLayer`](super::ClientIpLayer).
#[derive(Debug, Clone)]
pub struct ClientIpService<S> {
    inner: S,
    layer: ClientIpLayer,
}

impl<S> ClientIpService<S> {
    pub(super) const fn new(inner: S, layer: ClientIpLayer) -> Self {
        Self { inner, layer }
    }
}

impl<S, B> Service<Request<B>> for ClientIpService<S>
where
    S: Service<Request<B>>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        let Told { client, host } = self.layer.tell(request.headers(), request.extensions());
        if let Some(client) = client {
            request.extensions_mut().insert(client);
        }
        if let Some(host) = host {
            request.extensions_mut().insert(host);
        }
        self.inner.call(request)
    }
}

impl ClientIpLayer {
    /// Who sends a request, reported where that is odd.
    #[inline]
    pub(crate) fn tell(&self, headers: &HeaderMap, extensions: &Extensions) -> Told {
        let settings = &*self.0;
        let (told, finding) = if let Some(peer) = peer(extensions) {
            let direct = settings.direct_https || extensions.get::<DirectTls>().is_some();
            walk(settings, peer, direct, headers)
        } else {
            (Told { client: None, host: None }, Some("no_peer"))
        };
        if let Some(reason) = finding {
            settings.observer.decision(Decision::found("client_ip", Mode::ReportOnly, reason));
        }
        told
    }
}

fn peer(extensions: &Extensions) -> Option<IpAddr> {
    if let Some(PeerAddr(peer)) = extensions.get() {
        return Some(peer.ip());
    }
    #[cfg(feature = "axum")]
    if let Some(axum::extract::ConnectInfo(peer)) =
        extensions.get::<axum::extract::ConnectInfo<std::net::SocketAddr>>()
    {
        return Some(peer.ip());
    }
    None
}
