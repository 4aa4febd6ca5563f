//! The layer that answers preflights and says who may read.

use std::sync::Arc;
use std::time::Duration;

use campotech_core::{NoObserver, Observer};
use http::{HeaderName, HeaderValue, Method};
use tower_layer::Layer;

use super::{CrossOriginService, OriginList};
use crate::ConfigError;

/// Lets the scripts of listed origins read answers, and nobody else's.
///
/// A preflight (`OPTIONS` with `Access-Control-Request-Method`) ends here with 204, any other `OPTIONS` goes on. An origin
/// that isn't listed gets no CORS header: its browser then keeps the answer from the script; the request itself is
/// [`CsrfLayer`](crate::csrf::CsrfLayer)'s to refuse. With a list, this layer alone decides: CORS headers set further inside
/// are dropped, and every answer varies by `Origin`. Without one the layer does nothing at all.
///
/// # Defaults
/// Methods `GET HEAD POST PUT PATCH DELETE`; request headers `authorization content-type x-request-id traceparent`;
/// readable answer headers `Link Location RateLimit RateLimit-Policy Retry-After X-Request-Id`; preflights are kept for
/// 7200 s; no credentials; no observer.
#[derive(Debug, Clone)]
#[must_use]
pub struct CrossOriginLayer(Arc<Settings>);

#[derive(Debug, Clone)]
pub(super) struct Settings {
    pub(super) origins: OriginList,
    pub(super) methods: HeaderValue,
    pub(super) headers: HeaderValue,
    pub(super) exposed: HeaderValue,
    pub(super) max_age: HeaderValue,
    pub(super) credentials: bool,
    pub(super) observer: Arc<dyn Observer>,
}

impl CrossOriginLayer {
    /// Lets these origins read.
    pub fn new(origins: OriginList) -> Self {
        Self(Arc::new(Settings {
            origins,
            methods: HeaderValue::from_static("GET,HEAD,POST,PUT,PATCH,DELETE"),
            headers: HeaderValue::from_static("authorization,content-type,x-request-id,traceparent"),
            exposed: HeaderValue::from_static(
                "link,location,ratelimit,ratelimit-policy,retry-after,x-request-id",
            ),
            max_age: HeaderValue::from_static("7200"),
            credentials: false,
            observer: Arc::new(NoObserver),
        }))
    }

    /// Allows these methods instead.
    ///
    /// # Errors
    /// [`ConfigError::Header`], if the list can't be a header's value.
    pub fn with_methods(mut self, methods: &[Method]) -> Result<Self, ConfigError> {
        self.settings().methods = list(methods.iter().map(Method::as_str))?;
        Ok(self)
    }

    /// Allows these request headers instead.
    ///
    /// # Errors
    /// [`ConfigError::Header`], if the list can't be a header's value.
    pub fn with_allowed_headers(mut self, names: &[HeaderName]) -> Result<Self, ConfigError> {
        self.settings().headers = list(names.iter().map(HeaderName::as_str))?;
        Ok(self)
    }

    /// Lets scripts read these answer headers instead.
    ///
    /// # Errors
    /// [`ConfigError::Header`], if the list can't be a header's value.
    pub fn with_exposed_headers(mut self, names: &[HeaderName]) -> Result<Self, ConfigError> {
        self.settings().exposed = list(names.iter().map(HeaderName::as_str))?;
        Ok(self)
    }

    /// Lets browsers keep a preflight's answer that long, in whole seconds.
    pub fn with_max_age(mut self, max_age: Duration) -> Self {
        self.settings().max_age = HeaderValue::from(max_age.as_secs());
        self
    }

    /// Lets listed origins send cookies and other credentials.
    pub fn with_credentials(mut self, credentials: bool) -> Self {
        self.settings().credentials = credentials;
        self
    }

    /// Reports decisions of the guard `cors` to `observer`: on preflights, and on other requests of foreign origins.
    pub fn with_observer(mut self, observer: Arc<dyn Observer>) -> Self {
        self.settings().observer = observer;
        self
    }

    fn settings(&mut self) -> &mut Settings {
        Arc::make_mut(&mut self.0)
    }
}

impl<S> Layer<S> for CrossOriginLayer {
    type Service = CrossOriginService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        CrossOriginService::new(inner, Arc::clone(&self.0))
    }
}

fn list<'a>(names: impl Iterator<Item = &'a str>) -> Result<HeaderValue, ConfigError> {
    let text = names.collect::<Vec<_>>().join(",");
    HeaderValue::from_str(&text).map_err(|_| ConfigError::Header(text))
}
