//! The layer that refuses what another site makes a browser send.

use std::sync::Arc;

use campotech_core::{Mode, NoObserver, Observer};
use http::HeaderName;
use tower_layer::Layer;

use super::CsrfService;
use super::plain::is_plain;
use crate::ConfigError;
use crate::cors::OriginList;
use crate::path_pattern::PathPattern;

/// Answers with a 403 problem what a browser sends because a page of another site says so.
///
/// Writes that pass: those with an `Authorization` that browsers never add by themselves, such as a bearer token; requests
/// without any browser header (other programs hold no user's cookies); `Sec-Fetch-Site: same-origin` and `none`; origins of
/// the trusted list; and an `Origin` that is the host the client asked for
/// ([`ForwardedHost`](campotech_core::ForwardedHost), else the request's own), by https where the client is known to be on https
/// ([`ClientIp::https`](campotech_core::ClientIp::https)).
///
/// Reads (`GET`, `HEAD`) are refused only where the browser says that another site is behind them (`Sec-Fetch-Site`), and then
/// those pass by which the visitor goes there (`Sec-Fetch-Mode: navigate`, `Sec-Fetch-Dest: document`), of trusted
/// origins, with such an `Authorization`, and on routes that are open. Pictures, scripts, frames and the like of foreign
/// pages don't. `OPTIONS` passes.
///
/// # Defaults
/// No trusted origins; [`Mode::Enforce`] for writes and for reads; no open routes; no signature header; no observer.
#[derive(Debug, Clone)]
#[must_use]
pub struct CsrfLayer(Arc<Settings>);

#[derive(Debug, Clone)]
pub(super) struct Settings {
    pub(super) trusted: OriginList,
    pub(super) mode: Mode,
    pub(super) isolation: Option<Mode>,
    pub(super) open: Vec<PathPattern>,
    pub(super) signatures: Vec<HeaderName>,
    pub(super) observer: Arc<dyn Observer>,
}

impl CsrfLayer {
    /// The layer.
    pub fn new() -> Self {
        Self(Arc::new(Settings {
            trusted: OriginList::none(),
            mode: Mode::default(),
            isolation: Some(Mode::default()),
            open: Vec::new(),
            signatures: Vec::new(),
            observer: Arc::new(NoObserver),
        }))
    }

    /// Lets these other origins write and read too, such as those that CORS lets read.
    pub fn with_trusted_origins(mut self, trusted: OriginList) -> Self {
        self.settings().trusted = trusted;
        self
    }

    /// Enforces on writes, or only reports.
    pub fn with_mode(mut self, mode: Mode) -> Self {
        self.settings().mode = mode;
        self
    }

    /// Enforces on reads, or only reports.
    pub fn with_isolation(mut self, mode: Mode) -> Self {
        self.settings().isolation = Some(mode);
        self
    }

    /// Lets every read pass unseen.
    pub fn without_isolation(mut self) -> Self {
        self.settings().isolation = None;
        self
    }

    /// Lets pages of all sites load what is there, such as a picture for everybody: `/public/*`. Whole segments; `*` is any one,
    /// last: any rest. Writes are refused there as elsewhere.
    ///
    /// # Errors
    /// [`ConfigError::PathPattern`].
    pub fn without_isolation_for(mut self, pattern: &str) -> Result<Self, ConfigError> {
        let pattern = PathPattern::parse(pattern)?;
        self.settings().open.push(pattern);
        Ok(self)
    }

    /// Lets requests pass that carry this header, such as a webhook's signature, which the handler verifies.
    ///
    /// A page can't have it sent to another site before CORS has allowed it, so it proves as much as a bearer token does, whether it
    /// is genuine or not; and no path is exempt. This layer stands before the body is read: it can't verify a signature
    /// itself.
    ///
    /// # Errors
    /// [`ConfigError::PlainHeader`] for a header that pages may send to any site, or that browsers send by themselves.
    pub fn with_signature_header(mut self, name: HeaderName) -> Result<Self, ConfigError> {
        if is_plain(&name) {
            return Err(ConfigError::PlainHeader(name.as_str().to_owned()));
        }
        self.settings().signatures.push(name);
        Ok(self)
    }

    /// Reports decisions of the guard `csrf` to `observer`: all on writes, findings on reads. Findings are `cross_site`, `cross_origin` and
    /// `cross_site_load`.
    pub fn with_observer(mut self, observer: Arc<dyn Observer>) -> Self {
        self.settings().observer = observer;
        self
    }

    fn settings(&mut self) -> &mut Settings {
        Arc::make_mut(&mut self.0)
    }
}

impl Default for CsrfLayer {
    fn default() -> Self {
        Self::new()
    }
}

impl<S> Layer<S> for CsrfLayer {
    type Service = CsrfService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        CsrfService::new(inner, Arc::clone(&self.0))
    }
}
