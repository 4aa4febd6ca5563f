//! The service that refuses what another site makes a browser send.

use std::sync::Arc;
use std::task::{Context, Poll};

use campotech_core::{AnswerBody, Decision, Localized, Problem, kinds};
use http::{Method, Request, Response};
use tower_service::Service;

use super::CsrfFuture;
use super::layer::Settings;
use super::rules::{Head, read, write, writes};

const GUARD: &str = "csrf";

const WRITE: Localized = Localized {
    en: "Another site may not send this request.",
    es: "Otro sitio no puede enviar esta solicitud.",
    es_ar: "Otro sitio no puede enviar esta solicitud.",
};

const READ: Localized = Localized {
    en: "Another site may not load this.",
    es: "Otro sitio no puede cargar esto.",
    es_ar: "Otro sitio no puede cargar esto.",
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

    /// What a refusal says, if the request has to be refused.
    fn refuses<B>(&self, request: &Request<B>) -> Option<Localized> {
        let settings = &*self.settings;
        let (uri, headers, extensions) = (request.uri(), request.headers(), request.extensions());
        let head = Head { uri, headers, extensions };
        if writes(request.method()) {
            let finding = write(settings, head);
            settings.observer.decision(match finding {
                None => Decision::allowed(GUARD),
                Some(reason) => Decision::found(GUARD, settings.mode, reason),
            });
            return (finding.is_some() && settings.mode.enforces()).then_some(WRITE);
        }
        let mode = settings.isolation.filter(|_| request.method() != Method::OPTIONS)?;
        let reason = read(settings, head)?;
        settings.observer.decision(Decision::found(GUARD, mode, reason));
        mode.enforces().then_some(READ)
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
        if let Some(detail) = self.refuses(&request) {
            let problem = Problem::new(&kinds::FORBIDDEN).with_detail(detail);
            return CsrfFuture::refusal(problem.answer(request.headers(), request.extensions()));
        }
        CsrfFuture::inner(self.inner.call(request))
    }
}
