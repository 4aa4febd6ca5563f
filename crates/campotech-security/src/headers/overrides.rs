//! Other headers for one answer, or for one route.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use http::{Request, Response};
use pin_project_lite::pin_project;
use tower_layer::Layer;
use tower_service::Service;

use super::HeaderProfile;

/// The headers of this answer are other ones than its content type's: an extension of the response, or a layer around a route that puts
/// it there.
///
/// The answer's own headers win as always; `Strict-Transport-Security` and `Cache-Control` are not the profile's, and stay, and
/// headers that disclose something are removed. Of two, the one nearer to the handler wins.
///
/// ```
/// use campotech_security::headers::{HeaderOverride, HeaderProfile, ResourcePolicy, SecurityHeadersLayer};
/// use http::{Request, Response};
/// use tower::{Layer, ServiceExt, service_fn};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), std::convert::Infallible> {
/// let logo = service_fn(|_: Request<()>| async { Ok::<_, std::convert::Infallible>(Response::new(())) });
/// let embedded = HeaderProfile::api().with_resource_policy(ResourcePolicy::CrossOrigin);
/// let route = HeaderOverride::profile(embedded).layer(logo);
/// let answer = SecurityHeadersLayer::new().layer(route).oneshot(Request::new(())).await?;
/// assert_eq!(answer.headers()["cross-origin-resource-policy"], "cross-origin");
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
#[must_use]
pub struct HeaderOverride(Option<HeaderProfile>);

/// The service of [`HeaderOverride`] as a layer.
#[derive(Debug, Clone)]
pub struct HeaderOverrideService<S> {
    inner: S,
    instead: HeaderOverride,
}

pin_project! {
    /// The future of [`HeaderOverrideService`].
    #[derive(Debug)]
    pub struct HeaderOverrideFuture<F> {
        #[pin]
        inner: F,
        instead: Option<HeaderOverride>,
    }
}

impl HeaderOverride {
    /// This profile, whatever the content type.
    pub const fn profile(profile: HeaderProfile) -> Self {
        Self(Some(profile))
    }

    /// No profile: the handler sets what it needs.
    pub const fn skip() -> Self {
        Self(None)
    }

    pub(super) const fn get(&self) -> Option<&HeaderProfile> {
        self.0.as_ref()
    }
}

impl<S> Layer<S> for HeaderOverride {
    type Service = HeaderOverrideService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        HeaderOverrideService { inner, instead: self.clone() }
    }
}

impl<S, B, C> Service<Request<B>> for HeaderOverrideService<S>
where
    S: Service<Request<B>, Response = Response<C>>,
{
    type Response = Response<C>;
    type Error = S::Error;
    type Future = HeaderOverrideFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        HeaderOverrideFuture { inner: self.inner.call(request), instead: Some(self.instead.clone()) }
    }
}

impl<F, B, E> Future for HeaderOverrideFuture<F>
where
    F: Future<Output = Result<Response<B>, E>>,
{
    type Output = Result<Response<B>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let mut polled = this.inner.poll(cx);
        if let Poll::Ready(Ok(response)) = &mut polled
            && response.extensions().get::<HeaderOverride>().is_none()
            && let Some(instead) = this.instead.take()
        {
            response.extensions_mut().insert(instead);
        }
        polled
    }
}
