//! Ids on outgoing requests.

use std::task::{Context, Poll};

use http::Request;
use tower_layer::Layer;
use tower_service::Service;

use super::RequestContext;

/// Puts `traceparent`, `tracestate` and `X-Request-Id` on every request that a client sends, so that the service that is
/// called goes on with the trace.
///
/// The ids are those of the outgoing request's own [`RequestContext`] extension, else of the current one
/// ([`RequestContext::current`]); without either, nothing is changed. Put it around clients of services that may know
/// the ids: they hold nothing but random bits and the time.
///
/// ```
/// # use campotech_core::{PropagateTraceLayer, RequestContext, RequestId, Sampling, TraceContext};
/// # use http::{Request, Response};
/// # use std::convert::Infallible;
/// # use tower::{Layer, ServiceExt, service_fn};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let client = service_fn(|request: Request<()>| async move {
///     Ok::<_, Infallible>(Response::new(request.headers().contains_key("traceparent")))
/// });
/// let client = PropagateTraceLayer.layer(client); // hyper-util's client, a tonic channel, ...
/// # let context = RequestContext::new(RequestId::generate(), TraceContext::root(Sampling::never()));
/// let answer = context.scope(client.oneshot(Request::new(()))).await.unwrap(); // in a handler: no scope needed
/// assert!(answer.into_body());
/// # }
/// ```
#[derive(Debug, Clone, Copy, Default)]
pub struct PropagateTraceLayer;

/// The service of [`PropagateTraceLayer`].
#[derive(Debug, Clone)]
pub struct PropagateTraceService<S> {
    inner: S,
}

impl<S> Layer<S> for PropagateTraceLayer {
    type Service = PropagateTraceService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        PropagateTraceService { inner }
    }
}

impl<S, B> Service<Request<B>> for PropagateTraceService<S>
where
    S: Service<Request<B>>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<B>) -> S::Future {
        let own = request.extensions().get::<RequestContext>().cloned();
        if let Some(context) = own.or_else(RequestContext::current) {
            context.inject(request.headers_mut());
        }
        self.inner.call(request)
    }
}
