//! The layer that answers preflights and says who may read.

use std::sync::Arc;
use std::time::Duration;

use campotech_core::{Mode, NoObserver, Observer};
use http::{HeaderName, HeaderValue, Method};
use tower_layer::Layer;

use super::{CrossOriginService, OriginList};
use crate::ConfigError;

/// Lets the scripts of listed origins read answers, and nobody else's.
///
/// A preflight (`OPTIONS` with `Access-Control-Request-Method`) ends here with 204, any other `OPTIONS` goes on. An origin
/// that isn't listed gets no CORS header: its browser then keeps the answer from the script; the request itself is
/// [`CsrfLayer`](crate::csrf::CsrfLayer)'s to refuse, or, with [`with_mode`](Self::with_mode), this layer's. With a list, this layer alone
/// decides: CORS headers set further inside are dropped, and every answer varies by `Origin`. Without one the layer does
/// nothing else.
///
/// # Defaults
/// Methods `GET HEAD POST PUT PATCH DELETE`; request headers `authorization content-type x-request-id traceparent`;
/// readable answer headers `Link Location RateLimit RateLimit-Policy Retry-After X-Request-Id`; preflights are kept for
/// 7200 s; no credentials; [`Mode::ReportOnly`]; no observer.
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
    pub(super) mode: Mode,
    /// Whether only preflights are looked at.
    pub(super) idle: bool,
    pub(super) observer: Arc<dyn Observer>,
}

impl CrossOriginLayer {
    /// Lets these origins read.
    pub fn new(origins: OriginList) -> Self {
        Self(Arc::new(Settings {
            idle: origins.is_empty(),
            origins,
            methods: HeaderValue::from_static("GET,HEAD,POST,PUT,PATCH,DELETE"),
            headers: HeaderValue::from_static("authorization,content-type,x-request-id,traceparent"),
            exposed: HeaderValue::from_static(
                "link,location,ratelimit,ratelimit-policy,retry-after,x-request-id",
            ),
            max_age: HeaderValue::from_static("7200"),
            credentials: false,
            mode: Mode::ReportOnly,
            observer: Arc::new(NoObserver),
        }))
    }

    /// Allows these methods instead.
    ///
    /// # Errors
    /// [`ConfigError::CorsMethod`] for `CONNECT`, `TRACE` and `TRACK`, which browsers never send, and for `*`.
    pub fn with_methods(mut self, methods: &[Method]) -> Result<Self, ConfigError> {
        for method in methods {
            if matches!(method.as_str(), "*" | "CONNECT" | "TRACE" | "TRACK") {
                return Err(ConfigError::CorsMethod(method.as_str().to_owned()));
            }
        }
        self.settings().methods = list(methods.iter().map(Method::as_str))?;
        Ok(self)
    }

    /// Allows these request headers instead.
    ///
    /// # Errors
    /// [`ConfigError::AnyHeader`] for `*`.
    pub fn with_allowed_headers(mut self, names: &[HeaderName]) -> Result<Self, ConfigError> {
        self.settings().headers = list_of_names(names)?;
        Ok(self)
    }

    /// Lets scripts read these answer headers instead.
    ///
    /// # Errors
    /// [`ConfigError::AnyHeader`] for `*`.
    pub fn with_exposed_headers(mut self, names: &[HeaderName]) -> Result<Self, ConfigError> {
        self.settings().exposed = list_of_names(names)?;
        Ok(self)
    }

    /// Lets browsers keep a preflight's answer that long, in whole seconds.
    pub fn with_max_age(mut self, max_age: Duration) -> Self {
        self.settings().max_age = HeaderValue::from(max_age.as_secs());
        self
    }

    /// Lets listed origins send cookies and other credentials.
    ///
    /// # Errors
    /// [`ConfigError::CredentialsForNobody`] without a list; [`ConfigError::InsecureCredentials`] for an http origin that isn't this
    /// machine's: whoever is on its visitors' way would read with their credentials.
    pub fn with_credentials(mut self) -> Result<Self, ConfigError> {
        if self.0.origins.is_empty() {
            return Err(ConfigError::CredentialsForNobody);
        }
        if let Some(insecure) = self.0.origins.insecure() {
            return Err(ConfigError::InsecureCredentials(insecure));
        }
        self.settings().credentials = true;
        Ok(self)
    }

    /// Refuses writes (anything but `GET`, `HEAD`, `OPTIONS`) of origins that are neither listed nor the request's own host with a 403
    /// problem, or only reports them. For a service without [`CsrfLayer`](crate::csrf::CsrfLayer).
    pub fn with_mode(mut self, mode: Mode) -> Self {
        let settings = self.settings();
        settings.mode = mode;
        settings.idle = settings.origins.is_empty() && !mode.enforces();
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

fn list_of_names(names: &[HeaderName]) -> Result<HeaderValue, ConfigError> {
    if names.iter().any(|name| name == "*") {
        return Err(ConfigError::AnyHeader);
    }
    list(names.iter().map(HeaderName::as_str))
}

fn list<'a>(names: impl Iterator<Item = &'a str>) -> Result<HeaderValue, ConfigError> {
    let text = names.collect::<Vec<_>>().join(",");
    HeaderValue::from_str(&text).map_err(|_| ConfigError::Header(text))
}
