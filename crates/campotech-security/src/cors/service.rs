//! The service that answers preflights and says who may read.

use std::sync::Arc;
use std::task::{Context, Poll};

use campotech_core::{AnswerBody, Decision, Language, Localized, Mode, Problem, RequestId, kinds};
use http::header::{ACCESS_CONTROL_REQUEST_METHOD, ORIGIN};
use http::{HeaderMap, HeaderValue, Method, Request, Response};
use tower_service::Service;

use super::CrossOriginFuture;
use super::layer::Settings;
use super::same_origin::is_own;

const GUARD: &str = "cors";

const DETAIL: Localized = Localized {
    en: "Another site may not send this request.",
    es: "Otro sitio no puede enviar esta solicitud.",
    es_ar: "Otro sitio no puede enviar esta solicitud.",
};

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

    /// Reports on a request, and says whether it has to be refused.
    fn decide<B>(&self, request: &Request<B>, origin: Option<&HeaderValue>, preflight: bool) -> bool {
        let settings = &*self.settings;
        let (decision, refused) = match origin {
            Some(_) => (Decision::allowed(GUARD), false),
            None if preflight => (Decision::found(GUARD, Mode::Enforce, "preflight"), false),
            None => {
                let headers = request.headers();
                match headers.get(ORIGIN) {
                    None => return false,
                    Some(own) if is_own(own, request.uri(), headers, request.extensions()) => return false,
                    // Its browser keeps the answer of a read from the script in any mode.
                    Some(_) if is_read(request.method()) => {
                        (Decision::found(GUARD, Mode::ReportOnly, "origin"), false)
                    }
                    Some(_) => (Decision::found(GUARD, settings.mode, "origin"), settings.mode.enforces()),
                }
            }
        };
        settings.observer.decision(decision);
        refused
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
        if self.settings.idle && !preflight {
            return CrossOriginFuture::untouched(self.inner.call(request));
        }
        let origin = single_origin(request.headers()).filter(|origin| self.settings.origins.allows(origin));
        if self.decide(&request, origin, preflight) {
            let (language, id) =
                (Language::negotiate(request.headers()), RequestId::of(request.extensions()));
            let problem = Problem::new(&kinds::FORBIDDEN).with_detail(DETAIL);
            return CrossOriginFuture::refusal(problem.into_response_in(language, id));
        }
        let (origin, settings) = (origin.cloned(), Arc::clone(&self.settings));
        if preflight {
            CrossOriginFuture::preflight(&settings, origin)
        } else {
            CrossOriginFuture::inner(self.inner.call(request), settings, origin)
        }
    }
}

fn is_read(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

fn single_origin(headers: &HeaderMap) -> Option<&HeaderValue> {
    let mut origins = headers.get_all(ORIGIN).iter();
    let origin = origins.next()?;
    origins.next().is_none().then_some(origin)
}
