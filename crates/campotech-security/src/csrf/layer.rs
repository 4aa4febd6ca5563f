//! The layer that refuses cross-site writes.

use std::sync::Arc;

use campotech_core::{Mode, NoObserver, Observer};
use tower_layer::Layer;

use super::CsrfService;
use crate::cors::OriginList;

/// Answers writes that a browser sends from another site with a 403 problem.
///
/// What passes: `GET`, `HEAD` and `OPTIONS` (so a `GET` must change nothing); requests with an `Authorization` that browsers never
/// add by themselves, such as a bearer token; requests without any browser header (other programs hold no user's
/// cookies); `Sec-Fetch-Site: same-origin` and `none`; origins of the trusted list; and an `Origin` that is the request's own host.
///
/// # Defaults
/// No trusted origins; [`Mode::Enforce`]; no observer.
#[derive(Debug, Clone)]
#[must_use]
pub struct CsrfLayer(Arc<Settings>);

#[derive(Debug, Clone)]
pub(super) struct Settings {
    pub(super) trusted: OriginList,
    pub(super) mode: Mode,
    pub(super) observer: Arc<dyn Observer>,
}

impl CsrfLayer {
    /// The layer.
    pub fn new() -> Self {
        Self(Arc::new(Settings {
            trusted: OriginList::none(),
            mode: Mode::default(),
            observer: Arc::new(NoObserver),
        }))
    }

    /// Lets these other origins write too, such as those that CORS lets read.
    pub fn with_trusted_origins(mut self, trusted: OriginList) -> Self {
        Arc::make_mut(&mut self.0).trusted = trusted;
        self
    }

    /// Enforces, or only reports.
    pub fn with_mode(mut self, mode: Mode) -> Self {
        Arc::make_mut(&mut self.0).mode = mode;
        self
    }

    /// Reports decisions of the guard `csrf` on writes to `observer`; findings are `cross_site` and `cross_origin`.
    pub fn with_observer(mut self, observer: Arc<dyn Observer>) -> Self {
        Arc::make_mut(&mut self.0).observer = observer;
        self
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
