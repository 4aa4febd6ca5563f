//! The future that puts CORS headers on the answer.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use campotech_core::AnswerBody;
use http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, VARY,
};
use http::{HeaderMap, HeaderValue, Response, StatusCode};
use pin_project_lite::pin_project;

use super::layer::Settings;

pin_project! {
    /// The future of [`CrossOriginService`](super::CrossOriginService).
    #[derive(Debug)]
    pub struct CrossOriginFuture<F> {
        #[pin]
        inner: Option<F>,
        grant: Option<Grant>,
    }
}

/// What the answer is to say, and to whom.
#[derive(Debug)]
struct Grant {
    settings: Arc<Settings>,
    origin: Option<HeaderValue>,
}

impl<F> CrossOriginFuture<F> {
    pub(super) const fn untouched(inner: F) -> Self {
        Self { inner: Some(inner), grant: None }
    }

    pub(super) const fn inner(inner: F, settings: Arc<Settings>, origin: Option<HeaderValue>) -> Self {
        Self { inner: Some(inner), grant: Some(Grant { settings, origin }) }
    }

    pub(super) const fn preflight(settings: Arc<Settings>, origin: Option<HeaderValue>) -> Self {
        Self { inner: None, grant: Some(Grant { settings, origin }) }
    }
}

impl<F, B, E> Future for CrossOriginFuture<F>
where
    F: Future<Output = Result<Response<B>, E>>,
{
    type Output = Result<Response<AnswerBody<B>>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let Some(inner) = this.inner.as_pin_mut() else {
            let mut response = Response::new(AnswerBody::default());
            *response.status_mut() = StatusCode::NO_CONTENT;
            if let Some(grant) = this.grant.take() {
                grant.preflight(response.headers_mut());
            }
            return Poll::Ready(Ok(response));
        };
        let mut response = ready!(inner.poll(cx))?;
        if let Some(grant) = this.grant.take() {
            grant.answer(response.headers_mut());
        }
        Poll::Ready(Ok(response.map(AnswerBody::inner)))
    }
}

impl Grant {
    fn answer(self, headers: &mut HeaderMap) {
        let exposed = self.settings.exposed.clone();
        headers.remove(ACCESS_CONTROL_ALLOW_ORIGIN);
        headers.remove(ACCESS_CONTROL_ALLOW_CREDENTIALS);
        vary_by_origin(headers);
        if self.allow(headers) && !exposed.is_empty() {
            headers.entry(ACCESS_CONTROL_EXPOSE_HEADERS).or_insert(exposed);
        }
    }

    fn preflight(self, headers: &mut HeaderMap) {
        let settings = Arc::clone(&self.settings);
        vary_by_origin(headers);
        if self.allow(headers) {
            headers.insert(ACCESS_CONTROL_ALLOW_METHODS, settings.methods.clone());
            headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, settings.headers.clone());
            headers.insert(ACCESS_CONTROL_MAX_AGE, settings.max_age.clone());
        }
    }

    fn allow(self, headers: &mut HeaderMap) -> bool {
        let Some(origin) = self.origin else { return false };
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        if self.settings.credentials {
            headers.insert(ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
        }
        true
    }
}

/// A cache must keep the answers to two origins apart, also where neither of them may read.
fn vary_by_origin(headers: &mut HeaderMap) {
    let named = headers.get_all(VARY).iter().flat_map(|line| line.as_bytes().split(|b| *b == b','));
    let mut named = named.map(<[u8]>::trim_ascii);
    if !named.any(|name| name == b"*" || name.eq_ignore_ascii_case(b"origin")) {
        headers.append(VARY, HeaderValue::from_static("origin"));
    }
}
