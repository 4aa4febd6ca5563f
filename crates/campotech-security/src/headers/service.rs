//! The service that puts security headers on answers.

use std::sync::Arc;
use std::task::{Context, Poll};

use campotech_core::ClientIp;
use http::header::{AUTHORIZATION, COOKIE};
use http::{Request, Response};
use tower_service::Service;

use super::SecurityHeadersFuture;
use super::dress::Asked;
use super::layer::Settings;

/// The service of [`SecurityHeadersLayer`](super::SecurityHeadersLayer).
#[derive(Debug, Clone)]
pub struct SecurityHeadersService<S> {
    inner: S,
    settings: Arc<Settings>,
}

impl<S> SecurityHeadersService<S> {
    pub(super) const fn new(inner: S, settings: Arc<Settings>) -> Self {
        Self { inner, settings }
    }
}

impl<S, B, C> Service<Request<B>> for SecurityHeadersService<S>
where
    S: Service<Request<B>, Response = Response<C>>,
{
    type Response = Response<C>;
    type Error = S::Error;
    type Future = SecurityHeadersFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let https = ClientIp::of(request.extensions()).is_some_and(|client| client.https());
        let headers = request.headers();
        let private = headers.contains_key(AUTHORIZATION) || headers.contains_key(COOKIE);
        let settings = Arc::clone(&self.settings);
        SecurityHeadersFuture::new(self.inner.call(request), settings, Asked { https, private })
    }
}
