//! The future that puts CORS headers on the answer.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
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
        state: State<F>,
    }
}

pin_project! {
    #[derive(Debug)]
    #[project = StateProj]
    enum State<F> {
        Inner { #[pin] inner: F, grant: Option<Grant> },
        // Boxed: most requests are no preflights, and every one would carry the space.
        Early { response: Option<Box<Response<Bytes>>> },
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
        Self { state: State::Inner { inner, grant: None } }
    }

    pub(super) const fn inner(inner: F, settings: Arc<Settings>, origin: Option<HeaderValue>) -> Self {
        Self { state: State::Inner { inner, grant: Some(Grant { settings, origin }) } }
    }

    pub(super) fn preflight(settings: &Settings, origin: Option<HeaderValue>) -> Self {
        let mut response = Response::new(Bytes::new());
        *response.status_mut() = StatusCode::NO_CONTENT;
        let headers = response.headers_mut();
        vary_by_origin(headers);
        if let Some(origin) = origin {
            settings.allow(headers, origin);
            headers.insert(ACCESS_CONTROL_ALLOW_METHODS, settings.methods.clone());
            headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, settings.headers.clone());
            headers.insert(ACCESS_CONTROL_MAX_AGE, settings.max_age.clone());
        }
        Self::early(response)
    }

    pub(super) fn refusal(mut response: Response<Bytes>) -> Self {
        vary_by_origin(response.headers_mut());
        Self::early(response)
    }

    fn early(response: Response<Bytes>) -> Self {
        Self { state: State::Early { response: Some(Box::new(response)) } }
    }
}

impl<F, B, E> Future for CrossOriginFuture<F>
where
    F: Future<Output = Result<Response<B>, E>>,
{
    type Output = Result<Response<AnswerBody<B>>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project().state.project() {
            StateProj::Inner { inner, grant } => {
                let mut response = ready!(inner.poll(cx))?;
                if let Some(grant) = grant.take() {
                    grant.answer(response.headers_mut());
                }
                Poll::Ready(Ok(response.map(AnswerBody::inner)))
            }
            StateProj::Early { response } => match response.take() {
                Some(response) => Poll::Ready(Ok(response.map(AnswerBody::answer))),
                None => Poll::Pending,
            },
        }
    }
}

impl Grant {
    fn answer(self, headers: &mut HeaderMap) {
        headers.remove(ACCESS_CONTROL_ALLOW_ORIGIN);
        headers.remove(ACCESS_CONTROL_ALLOW_CREDENTIALS);
        vary_by_origin(headers);
        if let Some(origin) = self.origin {
            self.settings.allow(headers, origin);
            if !self.settings.exposed.is_empty() {
                let exposed = || self.settings.exposed.clone();
                headers.entry(ACCESS_CONTROL_EXPOSE_HEADERS).or_insert_with(exposed);
            }
        }
    }
}

impl Settings {
    fn allow(&self, headers: &mut HeaderMap, origin: HeaderValue) {
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        if self.credentials {
            headers.insert(ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
        }
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
