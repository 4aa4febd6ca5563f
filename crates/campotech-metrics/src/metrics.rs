//! The metrics of a service: one value that is cloned to wherever something is measured.

use std::sync::Arc;
use std::time::Duration;

use http::Method;
use parking_lot::Mutex;
use prometheus_client::registry::Registry;
use tokio::runtime::Handle;

use crate::bounded::{Bounded, Taken};
use crate::business::{Business, JobKind, Outcome, Queue, QueueState, WebSocketGuard};
use crate::cgroup::Cgroup;
use crate::collect::{Askers, Process, Registrations, Runtimes, Watches};
use crate::exposition::Exposition;
use crate::names::Kind;
use crate::ops::{OpsMetricsLayer, OpsRequests};
use crate::pools::{PoolMetrics, PoolState, Pools};
use crate::reports::Reports;
use crate::requests::{MetricsLayer, RequestRecorder, Requests};
use crate::scrape::Desk;
use crate::series::{Histogram, PROBE_SECONDS};
use crate::{ConfigError, MetricsBuilder, MetricsEndpoint, Naming};

/// Everything a service measures. Clones share it; there is no global one.
#[derive(Clone)]
pub struct Metrics(Arc<Inner>);

/// What runs.
#[derive(Debug)]
pub(crate) struct Build {
    pub(crate) service: String,
    pub(crate) version: String,
    pub(crate) revision: Option<String>,
    /// Whether the process is measured, too.
    pub(crate) process: bool,
    /// Whether durations are counted in native histograms, too.
    pub(crate) native_histograms: bool,
    pub(crate) naming: Naming,
    /// Whether what clients say of their traces is believed.
    pub(crate) traceparent: bool,
}

/// What its parts may have.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// Label sets in a family.
    pub(crate) series: usize,
    /// Time that a collector has.
    pub(crate) collector: Duration,
    /// Scrapes at a time.
    pub(crate) scrapes: usize,
}

pub(crate) struct Inner {
    pub(crate) build: Build,
    pub(crate) requests: &'static Requests,
    pub(crate) ops: &'static OpsRequests,
    pub(crate) business: Business,
    pub(crate) reports: Reports,
    pub(crate) pools: Pools,
    #[cfg(feature = "fred")]
    pub(crate) redis: crate::collect::RedisClients,
    pub(crate) taken: Taken,
    pub(crate) bounded: Bounded,
    pub(crate) watches: Watches,
    pub(crate) runtimes: Runtimes,
    pub(crate) process: Process,
    pub(crate) cgroup: Cgroup,
    pub(crate) registrations: Option<Registrations>,
    pub(crate) askers: Askers,
    pub(crate) desk: Desk,
    pub(crate) scrapes: Histogram,
    /// What the last answer was made in.
    pub(crate) scratch: Mutex<Exposition>,
}

impl Metrics {
    /// Starts building the metrics of `service` in `version`.
    pub fn builder(service: impl Into<String>, version: impl Into<String>) -> MetricsBuilder {
        MetricsBuilder::new(service.into(), version.into())
    }

    pub(crate) fn new(build: Build, limits: Limits, registry: Option<Registry>, taken: Taken) -> Self {
        Self(Arc::new(Inner {
            requests: Requests::new(limits.series, &build),
            ops: OpsRequests::new(limits.series),
            business: Business::new(),
            reports: Reports::new(limits.series),
            pools: Pools::default(),
            #[cfg(feature = "fred")]
            redis: crate::collect::RedisClients::default(),
            taken,
            bounded: Bounded::default(),
            watches: Watches::default(),
            runtimes: Runtimes::default(),
            process: Process::new(),
            cgroup: Cgroup::new(),
            registrations: registry.map(Registrations::new),
            askers: Askers::new(limits.collector),
            desk: Desk::new(limits.scrapes),
            scrapes: Histogram::new(&PROBE_SECONDS),
            scratch: Mutex::default(),
            build,
        }))
    }

    pub(crate) const fn of(inner: Arc<Inner>) -> Self {
        Self(inner)
    }

    pub(crate) fn inner(&self) -> &Inner {
        &self.0
    }

    pub(crate) const fn shared(&self) -> &Arc<Inner> {
        &self.0
    }

    /// The layer that measures requests as `http_*`.
    #[must_use]
    pub fn layer(&self) -> MetricsLayer {
        MetricsLayer::new(self.0.requests)
    }

    /// The layer that counts requests to probes, metrics and status pages as `ops_requests_total`.
    #[must_use]
    pub fn ops_layer(&self) -> OpsMetricsLayer {
        OpsMetricsLayer::new(self.0.ops)
    }

    /// The service that answers `/metrics`.
    #[must_use]
    pub fn endpoint(&self) -> MetricsEndpoint {
        MetricsEndpoint::new(self.clone())
    }

    /// Shows the series of a route at 0 before its first request.
    ///
    /// Otherwise they appear with the first one, whose increase Prometheus can't see.
    pub fn declare_route(&self, method: &Method, path: &str) {
        self.0.requests.declare(method, path);
    }

    /// Counts requests of a route that no layer sees; the path is a template, as for the layer.
    #[must_use]
    pub fn recorder(&self, method: &Method, path: &str) -> RequestRecorder {
        RequestRecorder::new(self.0.requests, method, path)
    }

    /// Counts a created job.
    pub fn job_created(&self, kind: JobKind) {
        self.0.business.job_created(kind);
    }

    /// Counts one run of a job and the time it took.
    pub fn job_processed(&self, kind: JobKind, outcome: Outcome, took: Duration) {
        self.0.business.job_processed(kind, outcome, took);
    }

    /// Counts one run of a voice message.
    pub fn voice_processed(&self, outcome: Outcome) {
        self.0.business.voice_processed(outcome);
    }

    /// Says what waits in a queue and for how long the oldest of it has waited (zero where none waits), until it is said anew.
    pub fn set_queue(&self, queue: Queue, size: u64, oldest_age: Duration) {
        self.0.business.set_queue(queue, QueueState { size, oldest_age });
    }

    /// Asks `state` at every scrape what waits in a queue.
    ///
    /// It is asked on a thread of its own, for the budget of a collector at most; what takes time is kept elsewhere and read here.
    pub fn watch_queue(&self, queue: Queue, state: impl Fn() -> QueueState + Send + Sync + 'static) {
        self.0.business.watch_queue(queue, Arc::new(state));
    }

    /// Shows a pool of connections as `db_pool_*{pool="<name>"}`: `state` is asked at every scrape, on a thread of its own,
    /// for the budget of a collector at most. The handle takes what only the pool's callers know.
    ///
    /// # Errors
    /// A pool of this name is shown already.
    pub fn watch_pool(
        &self,
        name: &str,
        state: impl Fn() -> PoolState + Send + Sync + 'static,
    ) -> Result<PoolMetrics, ConfigError> {
        self.0.pools.add(name, Arc::new(state))
    }

    /// The handle of a pool that is watched under this name.
    #[must_use]
    pub fn pool(&self, name: &str) -> Option<PoolMetrics> {
        self.0.pools.get(name)
    }

    /// Counts a WebSocket connection as open until the guard is dropped.
    pub fn websocket_opened(&self) -> WebSocketGuard {
        WebSocketGuard::open(&self.0.business)
    }

    /// Adds a gauge whose value `read` tells at every scrape, on a thread of its own and within the budget of a collector.
    ///
    /// # Errors
    /// The name is no gauge's name (letters, digits, underscore, not ending in `_total`), or taken.
    pub fn gauge_fn(
        &self,
        name: &str,
        help: &str,
        read: impl Fn() -> f64 + Send + Sync + 'static,
    ) -> Result<(), ConfigError> {
        self.gauge_fn_with(name, help, &[], read)
    }

    /// Adds one series of a gauge with labels; further ones of the same name need the same label names.
    ///
    /// # Errors
    /// A name is no gauge's or label's name, the series exists, or its label names differ from those of the others.
    pub fn gauge_fn_with(
        &self,
        name: &str,
        help: &str,
        labels: &[(&str, &str)],
        read: impl Fn() -> f64 + Send + Sync + 'static,
    ) -> Result<(), ConfigError> {
        self.0.watches.add(&self.0.taken, Kind::Gauge, name, help, labels, Arc::new(read))
    }

    /// Adds a counter that somebody else counts: `read` tells it at every scrape, as for [`gauge_fn`](Self::gauge_fn); it never falls.
    ///
    /// # Errors
    /// As [`gauge_fn_with`](Self::gauge_fn_with); the name must end in `_total`.
    pub fn counter_fn(
        &self,
        name: &str,
        help: &str,
        labels: &[(&str, &str)],
        read: impl Fn() -> u64 + Send + Sync + 'static,
    ) -> Result<(), ConfigError> {
        self.0.watches.add(&self.0.taken, Kind::Counter, name, help, labels, Arc::new(move || read() as f64))
    }

    /// Shows a tokio runtime as `tokio_*{runtime="<name>"}`.
    ///
    /// # Errors
    /// A runtime of this name is shown already.
    pub fn watch_runtime(&self, name: &str, handle: &Handle) -> Result<(), ConfigError> {
        self.0.runtimes.add(name, handle)
    }
}

impl std::fmt::Debug for Metrics {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Metrics").field("build", &self.0.build).finish_non_exhaustive()
    }
}
