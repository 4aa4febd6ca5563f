//! The layer that does what two do.

use tower_layer::Layer;

use super::IdentityService;
use crate::client_ip::ClientIpLayer;
use crate::request_id::RequestIdLayer;

/// The [client-ip layer](ClientIpLayer) around the [request-id layer](RequestIdLayer), as one.
///
/// What both find out is one extension, the [`RequestContext`](campotech_core::RequestContext): look with
/// [`ClientIp::of`](campotech_core::ClientIp::of) and [`RequestId::of`](campotech_core::RequestId::of), or (feature `axum`) take them as
/// arguments of a handler. There is no [`ClientIp`](campotech_core::ClientIp) extension by itself: an extension more costs
/// an allocation, and often a larger table for all of them.
///
/// ```
/// # use campotech_core::{ClientIp, PeerAddr};
/// # use campotech_security::client_ip::{ClientIpLayer, TrustedProxies};
/// # use campotech_security::identity::IdentityLayer;
/// # use campotech_security::request_id::RequestIdLayer;
/// # use http::{Request, Response};
/// # use std::convert::Infallible;
/// # use tower::{Layer, ServiceExt, service_fn};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let client_ip = ClientIpLayer::new(TrustedProxies::none());
/// let service = IdentityLayer::new(client_ip, RequestIdLayer::new()).layer(service_fn(|request: Request<()>| async move {
///     let client = ClientIp::of(request.extensions()).map(|client| client.ip().to_string());
///     Ok::<_, Infallible>(Response::new(client))
/// }));
/// let mut request = Request::new(());
/// request.extensions_mut().insert(PeerAddr(([203, 0, 113, 7], 5000).into()));
/// let answer = service.oneshot(request).await.unwrap();
/// assert!(answer.headers().contains_key("x-request-id"));
/// assert_eq!(answer.into_body().as_deref(), Some("203.0.113.7"));
/// # }
/// ```
#[derive(Debug, Clone)]
#[must_use]
pub struct IdentityLayer {
    pub(super) client_ip: ClientIpLayer,
    pub(super) request_id: RequestIdLayer,
}

impl IdentityLayer {
    /// The two as one.
    pub const fn new(client_ip: ClientIpLayer, request_id: RequestIdLayer) -> Self {
        Self { client_ip, request_id }
    }
}

impl<S> Layer<S> for IdentityLayer {
    type Service = IdentityService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        IdentityService { inner, layer: self.clone() }
    }
}
