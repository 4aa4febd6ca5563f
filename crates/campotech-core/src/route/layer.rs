//! Names routes where no router does.

use std::task::{Context, Poll};

use http::{Method, Request};
use tower_layer::Layer;
use tower_service::Service;

use super::Route;

/// Names the route of a request. Closures of a method and a path do.
pub trait NameRoute {
    /// The route, made before and only cloned here: whatever comes in from outside must not become one.
    fn route(&self, method: &Method, path: &str) -> Option<Route>;
}

impl<F: Fn(&Method, &str) -> Option<Route>> NameRoute for F {
    fn route(&self, method: &Method, path: &str) -> Option<Route> {
        self(method, path)
    }
}

/// Puts a [`Route`] on every request that has one and doesn't say so, for services without a router that does.
///
/// ```
/// use campotech_core::{Route, RouteLayer, matched_route};
/// use http::{Method, Request, Response};
/// use tower::{Layer, ServiceExt, service_fn};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let invoice = Route("/invoices/{id}".into());
/// let names = move |_: &Method, path: &str| path.starts_with("/invoices/").then(|| invoice.clone());
/// let service = RouteLayer::new(names).layer(service_fn(|request: Request<()>| async move {
///     Ok::<_, std::convert::Infallible>(Response::new(matched_route(request.extensions()).map(str::to_owned)))
/// }));
/// let answer = service.oneshot(Request::get("/invoices/7").body(())?).await?;
/// assert_eq!(answer.into_body().as_deref(), Some("/invoices/{id}"));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct RouteLayer<R> {
    routes: R,
}

/// The service of [`RouteLayer`].
#[derive(Debug, Clone)]
pub struct RouteService<R, S> {
    routes: R,
    inner: S,
}

impl<R> RouteLayer<R> {
    /// Names routes as `routes` does.
    pub const fn new(routes: R) -> Self {
        Self { routes }
    }
}

impl<R: Clone, S> Layer<S> for RouteLayer<R> {
    type Service = RouteService<R, S>;

    fn layer(&self, inner: S) -> Self::Service {
        RouteService { routes: self.routes.clone(), inner }
    }
}

impl<R, S, B> Service<Request<B>> for RouteService<R, S>
where
    R: NameRoute,
    S: Service<Request<B>>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<B>) -> S::Future {
        if request.extensions().get::<Route>().is_none()
            && let Some(route) = self.routes.route(request.method(), request.uri().path())
        {
            request.extensions_mut().insert(route);
        }
        self.inner.call(request)
    }
}
