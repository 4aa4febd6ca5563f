//! The service that answers preflights and says who may read.

use std::sync::Arc;
use std::task::{Context, Poll};

use campotech_core::{AnswerBody, Decision, Mode};
use http::header::{ACCESS_CONTROL_REQUEST_METHOD, ORIGIN};
use http::{HeaderMap, HeaderValue, Method, Request, Response};
use tower_service::Service;

use super::CrossOriginFuture;
use super::layer::Settings;
use super::same_origin::is_host;

const GUARD: &str = "cors";

/// The service of [`CrossOriginLayer`](super::CrossOriginLayer).
#[derive(Debug, Clone)]
pub struct CrossOriginService<S> {
    inner: S,
    settings: Arc<Settings>,
}

impl<S> CrossOriginService<S> {
    pub(super) const fn new(inner: S, settings: Arc<Settings>) -> Self {
        Self { inner, settings }
    }

    fn decide<B>(&self, request: &Request<B>, origin: Option<&HeaderValue>, preflight: bool) {
        let decision = match origin {
            Some(_) => Decision::allowed(GUARD),
            None if preflight => Decision::found(GUARD, Mode::Enforce, "preflight"),
            None => match request.headers().get(ORIGIN) {
                None => return,
                Some(own) if is_host(own, request.uri(), request.headers()) => return,
                Some(_) => Decision::found(GUARD, Mode::ReportOnly, "origin"),
            },
        };
        self.settings.observer.decision(decision);
    }
}

impl<S, B, C> Service<Request<B>> for CrossOriginService<S>
where
    S: Service<Request<B>, Response = Response<C>>,
{
    type Response = Response<AnswerBody<C>>;
    type Error = S::Error;
    type Future = CrossOriginFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let preflight = request.method() == Method::OPTIONS
            && request.headers().contains_key(ACCESS_CONTROL_REQUEST_METHOD);
        // A preflight ends here without a list, too: any page can make its visitor's browser send them.
        if self.settings.origins.is_empty() && !preflight {
            return CrossOriginFuture::untouched(self.inner.call(request));
        }
        let origin = single_origin(request.headers()).filter(|origin| self.settings.origins.allows(origin));
        self.decide(&request, origin, preflight);
        let (origin, settings) = (origin.cloned(), Arc::clone(&self.settings));
        if preflight {
            CrossOriginFuture::preflight(settings, origin)
        } else {
            CrossOriginFuture::inner(self.inner.call(request), settings, origin)
        }
    }
}

fn single_origin(headers: &HeaderMap) -> Option<&HeaderValue> {
    let mut origins = headers.get_all(ORIGIN).iter();
    let origin = origins.next()?;
    origins.next().is_none().then_some(origin)
}
