//! Without the feature `otlp`: no variables, no spans leave, and no new trace is sampled.

use campotech_core::{RequestContext, Sampling};
use campotech_metrics::Metrics;
use http::{Method, Version};
use tokio::time::Instant;
use tracing::Span;
use tracing_subscriber::{Layer, Registry};

use crate::config::{Env, Variable};
use crate::error::PlatformError;
use crate::platform::Service;

/// The variables of the feature `otlp`; none in this build.
pub static OTLP_VARIABLES: &[&Variable] = &[];

#[derive(Debug, Clone, Copy)]
pub(crate) struct TraceSettings;

#[derive(Debug, Clone, Copy)]
pub(crate) struct Traces;

impl TraceSettings {
    pub(crate) const fn read(_env: &mut Env) -> Self {
        Self
    }

    pub(crate) const fn sampling(&self) -> Sampling {
        Sampling::never()
    }
}

impl Traces {
    #[expect(clippy::unnecessary_wraps, reason = "the other one can fail")]
    pub(crate) const fn start(_settings: &TraceSettings, _service: Service) -> Result<Self, PlatformError> {
        Ok(Self)
    }

    pub(crate) fn layer(&self) -> Option<Box<dyn Layer<Registry> + Send + Sync>> {
        None
    }

    #[expect(clippy::unnecessary_wraps, reason = "the other one can fail")]
    pub(crate) const fn publish(&self, _metrics: &Metrics) -> Result<(), PlatformError> {
        Ok(())
    }

    #[expect(clippy::unused_async, reason = "the other one waits")]
    pub(crate) async fn finish(self, _deadline: Instant) {}
}

pub(crate) const fn begin_work(_span: &Span, _context: &RequestContext) {}

pub(crate) const fn begin_request(
    _span: &Span,
    _context: &RequestContext,
    _method: &Method,
    _route: Option<&str>,
    _https: bool,
    _version: Version,
) {
}

pub(crate) const fn end_request(_span: &Span, _status: Option<u16>, _end: &'static str) {}
