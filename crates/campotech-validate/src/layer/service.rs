//! The service.

use std::fmt;
use std::marker::PhantomData;
use std::task::{Context, Poll};

use bytes::Bytes;
use campotech_core::{AnswerBody, RawBody};
use http::{Request, Response};
use http_body::Body;
use tower_service::Service;

use super::collect::Collect;
use super::{ValidateBody, ValidateFuture};
use crate::input::Input;
use crate::limits::Limits;
use crate::media::{check_identity, check_json};

/// The service of [`ValidateLayer`](super::ValidateLayer).
pub struct ValidateService<T, S> {
    inner: S,
    limits: Limits,
    input: PhantomData<fn() -> T>,
}

impl<T, S> ValidateService<T, S> {
    pub(super) const fn new(inner: S, limits: Limits) -> Self {
        Self { inner, limits, input: PhantomData }
    }
}

impl<T, S: Clone> Clone for ValidateService<T, S> {
    fn clone(&self) -> Self {
        Self::new(self.inner.clone(), self.limits)
    }
}

impl<T, S: fmt::Debug> fmt::Debug for ValidateService<T, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ValidateService").field("inner", &self.inner).field("limits", &self.limits).finish()
    }
}

impl<T, S, ReqB, ResB> Service<Request<ReqB>> for ValidateService<T, S>
where
    T: Input + Send + Sync + 'static,
    S: Service<Request<ValidateBody<ReqB>>, Response = Response<ResB>> + Clone,
    ReqB: Body<Data = Bytes>,
{
    type Response = Response<AnswerBody<ResB>>;
    type Error = S::Error;
    type Future = ValidateFuture<T, S, ReqB>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<ReqB>) -> Self::Future {
        // The future calls the service later, so it takes the one that was found ready and leaves a clone.
        let clone = self.inner.clone();
        let inner = std::mem::replace(&mut self.inner, clone);
        let (parts, body) = request.into_parts();
        let limits = parts.extensions.get::<Limits>().copied().unwrap_or(self.limits);
        if let Err(rejection) = check_json(&parts.headers) {
            let rejection = rejection.for_method(&parts.method);
            return ValidateFuture::refused(rejection.respond(&parts.headers, &parts.extensions));
        }
        if let Some(RawBody(bytes)) = parts.extensions.get().cloned() {
            return ValidateFuture::start(inner, parts, ValidateBody::untouched(body), &bytes, limits);
        }
        if let Err(rejection) = check_identity(&parts.headers) {
            return ValidateFuture::refused(rejection.respond(&parts.headers, &parts.extensions));
        }
        ValidateFuture::collecting(inner, parts, Collect::new(body, limits.bytes()), limits)
    }
}
