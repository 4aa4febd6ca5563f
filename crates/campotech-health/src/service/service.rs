//! Answers probes from what is known.

use std::convert::Infallible;
use std::fmt;
use std::future::{Ready, ready};
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use campotech_core::{ComponentStatus, Language, Problem, RequestId, kinds};
use http::header::{ALLOW, CONTENT_LENGTH};
use http::{Extensions, HeaderMap, HeaderValue, Method, Request, Response};
use tower_service::Service;

use super::accept::Format;
use super::body::HealthBody;
use super::brief::brief;
use super::cache::{Cache, Subject};
use super::route::{Details, Route};
use super::{HOP_HEADER, render};
use crate::state::{Glance, Scope, Shared};

/// Serves `/live`, `/ready`, `/health`, `/health/components/{name}` and `/health/groups/{name}`; made by
/// [`Health::service`](crate::Health::service). No request runs a check or waits for one.
#[derive(Clone)]
pub struct HealthService(Arc<Inner>);

struct Inner {
    shared: Arc<Shared>,
    details: Details,
    permit: Option<Box<Permit>>,
    cache: Cache,
}

/// Who sees details that are hidden from others.
type Permit = dyn Fn(&HeaderMap, &Extensions) -> bool + Send + Sync;

impl HealthService {
    pub(crate) fn new(shared: Arc<Shared>, details: Details) -> Self {
        Self::of(shared, details, None)
    }

    /// The answer to `request`, for a server that takes a function, such as hyper's `service_fn`.
    ///
    /// ```
    /// use campotech_health::{Details, Health};
    ///
    /// # let health = Health::builder("jobs-api", "1.4.2").build().unwrap();
    /// let service = health.service(Details::Shown);
    /// let answer = service.respond(&http::Request::get("/live").body(()).unwrap());
    /// assert_eq!(answer.status(), 200);
    /// ```
    #[must_use]
    pub fn respond<B>(&self, request: &Request<B>) -> Response<HealthBody> {
        self.answer(request).map(HealthBody::answer)
    }

    fn of(shared: Arc<Shared>, details: Details, permit: Option<Box<Permit>>) -> Self {
        let cache = Cache::of(&shared);
        Self(Arc::new(Inner { shared, details, permit, cache }))
    }

    /// Shows details that are hidden from others to requests that `permit` knows, by a header or by what a layer outside has
    /// put into the extensions. It is called for each request and must be quick.
    ///
    /// ```
    /// use campotech_health::{Details, Health};
    ///
    /// # #[derive(Clone)] struct Operator;
    /// # let health = Health::builder("jobs-api", "1.4.2").build().unwrap();
    /// let service = health
    ///     .service(Details::Hidden)
    ///     .with_details_for(|_headers, extensions| extensions.get::<Operator>().is_some());
    /// ```
    #[must_use]
    pub fn with_details_for(
        self,
        permit: impl Fn(&HeaderMap, &Extensions) -> bool + Send + Sync + 'static,
    ) -> Self {
        Self::of(Arc::clone(&self.0.shared), self.0.details, Some(Box::new(permit)))
    }

    /// Whether `path` is one of the routes; every other is answered with 404. Those of details count where anybody may see
    /// them.
    #[must_use]
    pub fn matches(&self, path: &str) -> bool {
        Route::of(path, self.0.most_details()).is_some()
    }

    /// The templates of the routes, such as `/health/components/{name}`.
    #[must_use]
    pub fn templates(&self) -> &'static [&'static str] {
        self.0.most_details().templates()
    }

    pub(super) fn answer<B>(&self, request: &Request<B>) -> Response<Bytes> {
        self.0.answer(request)
    }
}

impl Inner {
    fn most_details(&self) -> Details {
        if self.permit.is_some() { Details::Shown } else { self.details }
    }

    fn details(&self, headers: &HeaderMap, extensions: &Extensions) -> Details {
        match &self.permit {
            Some(permit) if permit(headers, extensions) => Details::Shown,
            _ => self.details,
        }
    }

    fn answer<B>(&self, request: &Request<B>) -> Response<Bytes> {
        let (headers, extensions) = (request.headers(), request.extensions());
        let details = self.details(headers, extensions);
        let route = Route::of(request.uri().path(), details);
        let response = match (route, request.method()) {
            (Some(route), &Method::GET | &Method::HEAD) => self.route(route, details, request),
            (Some(_), _) => {
                let allow = HeaderValue::from_static("GET, HEAD");
                refuse(&Problem::new(&kinds::METHOD_NOT_ALLOWED).with_header(ALLOW, allow), request)
            }
            (None, _) => refuse(&Problem::new(&kinds::NOT_FOUND), request),
        };
        if request.method() == Method::HEAD { without_body(response) } else { response }
    }

    fn route<B>(&self, route: Route<'_>, details: Details, request: &Request<B>) -> Response<Bytes> {
        let (shared, headers) = (&*self.shared, request.headers());
        let format = Format::of(headers);
        let scope = || {
            let hop = shared.plan.has_peers && headers.contains_key(HOP_HEADER);
            if hop { Scope::WithoutPeers } else { Scope::Everything }
        };
        let rendered = match route {
            Route::Live => {
                let (phase, stalled) = shared.phase();
                let status = if stalled { ComponentStatus::Unhealthy } else { ComponentStatus::Healthy };
                brief(Glance { status, phase, stalled }, !stalled, format)
            }
            Route::Health if details == Details::Shown => {
                let scope = scope();
                let render = || render::full(&shared.snapshot(scope), format);
                self.cache.get(shared, Subject::Service, scope, format, render)
            }
            Route::Ready | Route::Health => {
                let glance = shared.glance(scope());
                brief(glance, glance.is_ready(), format)
            }
            Route::Component(name) => {
                let Some(index) = shared.plan.index_of(name) else {
                    return refuse(&Problem::new(&kinds::NOT_FOUND), request);
                };
                let render = || render::component(&shared.component(index), shared.phase().1, format);
                self.cache.get(shared, Subject::Component(index), Scope::Everything, format, render)
            }
            Route::Group(name) => {
                let Some((index, group)) = shared.plan.group(name) else {
                    return refuse(&Problem::new(&kinds::NOT_FOUND), request);
                };
                let scope = scope();
                let render = || {
                    let (status, members) = shared.group(&group.members, scope);
                    render::group(name, status, &members, shared.phase().1, format)
                };
                self.cache.get(shared, Subject::Group(index), scope, format, render)
            }
        };
        rendered.into_response()
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
        ready(Ok(self.respond(&request)))
    }
}

impl fmt::Debug for HealthService {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HealthService").field("details", &self.0.details).finish_non_exhaustive()
    }
}

fn refuse<B>(problem: &Problem, request: &Request<B>) -> Response<Bytes> {
    let language = Language::negotiate(request.headers());
    problem.into_response_in(language, RequestId::of(request.extensions()))
}

/// The headers stay those of GET, the length too.
fn without_body(mut response: Response<Bytes>) -> Response<Bytes> {
    let length = std::mem::take(response.body_mut()).len();
    response.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from(length));
    response
}
