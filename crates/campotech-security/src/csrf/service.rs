//! The service that refuses cross-site writes.

use std::sync::Arc;
use std::task::{Context, Poll};

use campotech_core::{AnswerBody, Decision, Localized, Problem, kinds};
use http::{Request, Response};
use tower_service::Service;

use super::CsrfFuture;
use super::layer::Settings;
use super::rules::{finding, writes};

const GUARD: &str = "csrf";

const DETAIL: Localized = Localized {
    en: "Another site may not send this request.",
    es: "Otro sitio no puede enviar esta solicitud.",
    es_ar: "Otro sitio no puede enviar esta solicitud.",
};

/// The service of [`CsrfLayer`](super::CsrfLayer).
#[derive(Debug, Clone)]
pub struct CsrfService<S> {
    inner: S,
    settings: Arc<Settings>,
}

impl<S> CsrfService<S> {
    pub(super) const fn new(inner: S, settings: Arc<Settings>) -> Self {
        Self { inner, settings }
    }

    /// Whether the request has to be refused.
    fn refuses<B>(&self, request: &Request<B>) -> bool {
        if !writes(request.method()) {
            return false;
        }
        let Settings { trusted, mode, observer } = &*self.settings;
        let finding = finding(request.uri(), request.headers(), trusted);
        observer.decision(match finding {
            None => Decision::allowed(GUARD),
            Some(reason) => Decision::found(GUARD, *mode, reason),
        });
        finding.is_some() && mode.enforces()
    }
}

impl<S, B, C> Service<Request<B>> for CsrfService<S>
where
    S: Service<Request<B>, Response = Response<C>>,
{
    type Response = Response<AnswerBody<C>>;
    type Error = S::Error;
    type Future = CsrfFuture<S::Future, C>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        if self.refuses(&request) {
            let problem = Problem::new(&kinds::FORBIDDEN).with_detail(DETAIL);
            return CsrfFuture::refusal(problem.answer(request.headers(), request.extensions()));
        }
        CsrfFuture::inner(self.inner.call(request))
    }
}
