//! The service that does what two do.

use std::task::{Context, Poll};

use campotech_core::ClientIp;
use http::{Request, Response};
use tower_service::Service;

use super::IdentityLayer;
use crate::client_ip::Told;
use crate::request_id::RequestIdFuture;

/// The service of [`IdentityLayer`].
#[derive(Debug, Clone)]
pub struct IdentityService<S> {
    pub(super) inner: S,
    pub(super) layer: IdentityLayer,
}

impl<S, B, C> Service<Request<B>> for IdentityService<S>
where
    S: Service<Request<B>, Response = Response<C>>,
{
    type Response = Response<C>;
    type Error = S::Error;
    type Future = RequestIdFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        let Told { client, host } = self.layer.client_ip.tell(request.headers(), request.extensions());
        let client = client.or_else(|| ClientIp::of(request.extensions()));
        let trusted = client.is_some_and(|client| client.trusted_peer());
        let context = self.layer.request_id.context(request.headers(), trusted).with_client(client);
        if let Some(host) = host {
            request.extensions_mut().insert(host);
        }
        request.extensions_mut().insert(context.clone());
        RequestIdFuture::new(context.scope_made(|| self.inner.call(request)))
    }
}
