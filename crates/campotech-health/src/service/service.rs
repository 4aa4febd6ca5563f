//! Answers probes from what is known.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use campotech_core::{ComponentStatus, Language, Problem, RequestId, kinds};
use http::header::{ALLOW, CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, VARY};
use http::{Extensions, HeaderMap, HeaderValue, Method, Request, Response, StatusCode};
use serde::Serialize;
use tower_service::Service;

use super::accept::prefers_health_json;
use super::body::HealthBody;
use super::route::{Details, Route};
use super::{HOP_HEADER, draft};
use crate::state::{ComponentSnapshot, Phase, Scope, Shared, Snapshot, is_ready};

/// Serves `/live`, `/ready`, `/health`, `/health/components/{name}`; made by
/// [`Health::service`](crate::Health::service). No request runs a check or waits for one.
#[derive(Debug, Clone)]
pub struct HealthService {
    shared: Arc<Shared>,
    details: Details,
}

#[derive(Serialize)]
struct Brief {
    status: &'static str,
    phase: Phase,
}

#[derive(Serialize)]
struct Named<'a> {
    name: &'a str,
    #[serde(flatten)]
    component: &'a ComponentSnapshot,
}

impl HealthService {
    pub(crate) const fn new(shared: Arc<Shared>, details: Details) -> Self {
        Self { shared, details }
    }

    /// Whether `path` is one of the routes; every other is answered with 404.
    #[must_use]
    pub fn matches(&self, path: &str) -> bool {
        Route::of(path, self.details).is_some()
    }

    /// The templates of the routes, such as `/health/components/{name}`.
    #[must_use]
    pub fn templates(&self) -> &'static [&'static str] {
        self.details.templates()
    }

    fn answer(
        &self,
        method: &Method,
        path: &str,
        headers: &HeaderMap,
        extensions: &Extensions,
    ) -> Response<HealthBody> {
        let refuse = |problem: Problem| {
            let id = extensions.get::<RequestId>();
            problem.into_response_in(Language::negotiate(headers), id).map(HealthBody::new)
        };
        let Some(route) = Route::of(path, self.details) else {
            return refuse(Problem::new(&kinds::NOT_FOUND));
        };
        if !matches!(*method, Method::GET | Method::HEAD) {
            let allow = HeaderValue::from_static("GET, HEAD");
            return refuse(Problem::new(&kinds::METHOD_NOT_ALLOWED).with_header(ALLOW, allow));
        }
        let draft = prefers_health_json(headers);
        let scope = if headers.contains_key(HOP_HEADER) { Scope::WithoutPeers } else { Scope::Everything };
        match route {
            Route::Live => {
                let phase = self.shared.glance(scope).1;
                brief(StatusCode::OK, ComponentStatus::Healthy, phase, draft)
            }
            Route::Health if self.details == Details::Shown => full(&self.shared.snapshot(scope), draft),
            Route::Ready | Route::Health => {
                let (status, phase) = self.shared.glance(scope);
                brief(code(is_ready(status, phase)), status, phase, draft)
            }
            Route::Component(name) => match self.shared.component(name) {
                Some(found) => component(&found, draft),
                None => refuse(Problem::new(&kinds::NOT_FOUND)),
            },
        }
    }
}

impl<B> Service<Request<B>> for HealthService {
    type Response = Response<HealthBody>;
    type Error = Infallible;
    type Future = Ready<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let (method, path) = (request.method(), request.uri().path());
        let mut response = self.answer(method, path, request.headers(), request.extensions());
        if method == Method::HEAD {
            // The headers stay those of GET, the length too.
            *response.body_mut() = HealthBody::default();
        }
        ready(Ok(response))
    }
}

fn brief(code: StatusCode, status: ComponentStatus, phase: Phase, draft: bool) -> Response<HealthBody> {
    if draft {
        json(code, true, &draft::brief(status, phase, code))
    } else {
        json(code, false, &Brief { status: status.as_str(), phase })
    }
}

fn full(snapshot: &Snapshot, draft: bool) -> Response<HealthBody> {
    let code = code(snapshot.ready);
    if draft { json(code, true, &draft::full(snapshot, code)) } else { json(code, false, snapshot) }
}

fn component(found: &ComponentSnapshot, draft: bool) -> Response<HealthBody> {
    let code = code(matches!(found.status, ComponentStatus::Healthy | ComponentStatus::Degraded));
    if draft {
        json(code, true, &draft::component(found, code))
    } else {
        json(code, false, &Named { name: &found.name, component: found })
    }
}

const fn code(fine: bool) -> StatusCode {
    if fine { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE }
}

fn json(code: StatusCode, draft: bool, body: &impl Serialize) -> Response<HealthBody> {
    // Strings, numbers and string-keyed maps always serialise.
    let bytes = Bytes::from(serde_json::to_vec(body).unwrap_or_default());
    let length = bytes.len();
    let mut response = Response::new(HealthBody::new(bytes));
    *response.status_mut() = code;
    let media_type = if draft { "application/health+json" } else { "application/json" };
    let headers = response.headers_mut();
    headers.reserve(4);
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(VARY, HeaderValue::from_static("accept"));
    response
}
