//! The layer and its service.

use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use sentry::Hub;
use tower_layer::Layer;
use tower_service::Service;

use super::body::SentryBody;
use super::future::SentryFuture;
use super::hub::RequestHub;
use super::report::ReportService;
use crate::SentryGuard;
use crate::client::Running;

/// Reports what goes wrong in the service inside, and turns its panics into a 500 problem, also without a DSN.
///
/// The hub layer of `sentry-tower` with what we report inside it, as one layer, so that their order can't be wrong.
///
/// # Defaults
/// Panics and what the service captures itself; no event for an answer of 5xx.
#[derive(Debug, Clone)]
#[must_use]
pub struct SentryLayer {
    /// None without a client.
    settings: Option<Arc<Settings>>,
}

#[derive(Debug, Clone)]
pub(crate) struct Settings {
    pub(crate) running: Running,
    pub(crate) server_errors: bool,
    pub(crate) ops: bool,
}

/// The service of [`SentryLayer`].
#[derive(Debug, Clone)]
pub struct SentryService<S> {
    inner: S,
    settings: Option<Arc<Settings>>,
}

impl SentryLayer {
    /// A layer that reports to the Sentry of `guard`; once the guard is gone, it only turns panics into problems.
    pub fn new(guard: &SentryGuard) -> Self {
        let settings = |running| Arc::new(Settings { running, server_errors: false, ops: false });
        Self { settings: guard.running.clone().map(settings) }
    }

    /// For the routes of probes and scrapers: never traced, and no sessions.
    pub fn for_ops(mut self) -> Self {
        if let Some(settings) = &mut self.settings {
            Arc::make_mut(settings).ops = true;
        }
        self
    }

    /// Reports answers of 5xx, one event each, unless the request has its event already or the problem is expected.
    pub fn with_server_errors(mut self, report: bool) -> Self {
        if let Some(settings) = &mut self.settings {
            Arc::make_mut(settings).server_errors = report;
        }
        self
    }
}

impl<S> Layer<S> for SentryLayer {
    type Service = SentryService<S>;

    fn layer(&self, inner: S) -> SentryService<S> {
        SentryService { inner, settings: self.settings.clone() }
    }
}

impl<S, ReqB, ResB> Service<Request<ReqB>> for SentryService<S>
where
    S: Service<Request<ReqB>, Response = Response<ResB>>,
    ResB: Body<Data = Bytes>,
{
    type Response = Response<SentryBody<ResB>>;
    type Error = S::Error;
    type Future = SentryFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<ReqB>) -> Self::Future {
        let inner = &mut self.inner;
        match &self.settings {
            None => SentryFuture::unbound(|| inner.call(request)),
            Some(settings) => bound(inner, settings, request),
        }
    }
}

// Apart, as in the future: without a client there is next to nothing to do.
#[inline(never)]
fn bound<S, ReqB, ResB>(inner: &mut S, settings: &Settings, request: Request<ReqB>) -> SentryFuture<S::Future>
where
    S: Service<Request<ReqB>, Response = Response<ResB>>,
    ResB: Body<Data = Bytes>,
{
    // Put together for each call, which costs nothing: its type names that of the request, and ours doesn't.
    let (hub, report) = (RequestHub(&settings.running.hub), ReportService::new(inner, settings));
    SentryFuture::bound(sentry_tower::SentryService::<_, _, Arc<Hub>, _>::new(hub, report).call(request))
}
