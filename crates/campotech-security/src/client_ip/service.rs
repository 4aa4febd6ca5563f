//! The service that sets [`ClientIp`](campotech_core::ClientIp).

use std::net::IpAddr;
use std::sync::Arc;
use std::task::{Context, Poll};

use campotech_core::{Decision, Mode, PeerAddr};
use http::{Extensions, Request};
use tower_service::Service;

use super::layer::Settings;
use super::walk::walk;

/// The service of [`ClientIpLayer`](super::ClientIpLayer).
#[derive(Debug, Clone)]
pub struct ClientIpService<S> {
    inner: S,
    settings: Arc<Settings>,
}

impl<S> ClientIpService<S> {
    pub(super) const fn new(inner: S, settings: Arc<Settings>) -> Self {
        Self { inner, settings }
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
        let finding = if let Some(peer) = peer(request.extensions()) {
            let (client, finding) = walk(&self.settings, peer, request.headers());
            request.extensions_mut().insert(client);
            finding
        } else {
            Some("no_peer")
        };
        if let Some(reason) = finding {
            self.settings.observer.decision(Decision::found("client_ip", Mode::ReportOnly, reason));
        }
        self.inner.call(request)
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
