//! The future that puts security headers on the answer.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use http::header::{CACHE_CONTROL, CONTENT_TYPE, STRICT_TRANSPORT_SECURITY};
use http::{HeaderMap, HeaderValue, Response};
use pin_project_lite::pin_project;

use super::layer::Settings;
use super::{CspNonce, HeaderOverride};

pin_project! {
    /// The future of [`SecurityHeadersService`](super::SecurityHeadersService).
    #[derive(Debug)]
    pub struct SecurityHeadersFuture<F> {
        #[pin]
        inner: F,
        settings: Arc<Settings>,
        https: bool,
        private: bool,
    }
}

impl<F> SecurityHeadersFuture<F> {
    pub(super) const fn new(inner: F, settings: Arc<Settings>, https: bool, private: bool) -> Self {
        Self { inner, settings, https, private }
    }
}

impl<F, B, E> Future for SecurityHeadersFuture<F>
where
    F: Future<Output = Result<Response<B>, E>>,
{
    type Output = Result<Response<B>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let mut response = ready!(this.inner.poll(cx))?;
        let settings = &**this.settings;
        let nonce = response.extensions_mut().remove::<CspNonce>();
        let instead = response.extensions_mut().remove::<HeaderOverride>();
        let headers = response.headers_mut();
        let profile = match &instead {
            Some(instead) => instead.get(),
            None if is_page(headers) => Some(&settings.html),
            None => Some(&settings.api),
        };
        if let Some(profile) = profile {
            profile.apply(headers, nonce.as_ref());
        }
        if let Some(hsts) = settings.hsts.as_ref().filter(|_| *this.https) {
            headers.entry(STRICT_TRANSPORT_SECURITY).or_insert_with(|| hsts.clone());
        }
        let no_store = HeaderValue::from_static("no-store");
        if nonce.is_some() {
            // A page from a cache would bring its nonce along, known to whoever read it before.
            headers.insert(CACHE_CONTROL, no_store);
        } else if *this.private {
            headers.entry(CACHE_CONTROL).or_insert(no_store);
        }
        for name in &settings.removed {
            headers.remove(name);
        }
        Poll::Ready(Ok(response))
    }
}

fn is_page(headers: &HeaderMap) -> bool {
    let Some(value) = headers.get(CONTENT_TYPE) else { return false };
    let essence = value.as_bytes().split(|b| *b == b';').next().unwrap_or_default().trim_ascii();
    essence.eq_ignore_ascii_case(b"text/html") || essence.eq_ignore_ascii_case(b"application/xhtml+xml")
}
