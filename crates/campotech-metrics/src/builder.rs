//! Settings and registrations before the first request.

use std::time::Duration;

use prometheus_client::encoding::text::encode;
use prometheus_client::registry::Registry;

use crate::ConfigError;
use crate::bounded::Taken;
use crate::exposition::{Format, translate};
use crate::metrics::{Build, Limits, Metrics};
use crate::series::RESERVE;

/// How requests are named.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Naming {
    /// `http_requests_total`, `http_request_duration_seconds` and so on, with `method`, `path` and `status`.
    #[default]
    Prometheus,
    /// As OpenTelemetry's semantic conventions do: `http_server_request_duration_seconds`, `http_server_active_requests` and body sizes, with
    /// `http_request_method`, `http_route` and `http_response_status_code`.
    OpenTelemetry,
}

/// Builds [`Metrics`].
///
/// # Defaults
/// - revision: none
/// - the process is measured, too
/// - no native histograms
/// - exemplars of requests with a `RequestContext`
/// - requests are named as Prometheus' users do
/// - series budget: 2,000 label sets in each family
/// - a collector's budget: 500 ms
/// - scrapes at a time: 100
#[derive(Debug)]
#[must_use = "a builder does nothing until it is built"]
pub struct MetricsBuilder {
    build: Build,
    limits: Limits,
    registry: Option<Registry>,
}

impl MetricsBuilder {
    pub(crate) fn new(service: String, version: String) -> Self {
        Self {
            build: Build {
                service,
                version,
                revision: None,
                process: true,
                native_histograms: false,
                naming: Naming::default(),
                traceparent: false,
            },
            limits: Limits { series: 2_000, collector: Duration::from_millis(500), scrapes: 100 },
            registry: None,
        }
    }

    /// The revision of the source, for `build_info`.
    pub fn with_revision(mut self, revision: impl Into<String>) -> Self {
        self.build.revision = Some(revision.into());
        self
    }

    /// Leaves `process_*` and `cgroup_*` out, for a second set of metrics in one process.
    pub const fn without_process(mut self) -> Self {
        self.build.process = false;
        self
    }

    /// Names requests in this way. Under OpenTelemetry's names there are no native histograms and no exemplars.
    pub const fn with_naming(mut self, naming: Naming) -> Self {
        self.build.naming = naming;
        self
    }

    /// Takes exemplars from `traceparent`, too, where no layer outside has made a
    /// [`RequestContext`](campotech_core::RequestContext): whoever sends requests then decides which are recorded.
    pub const fn with_traceparent(mut self) -> Self {
        self.build.traceparent = true;
        self
    }

    /// Counts `http_request_duration_seconds` in a native histogram, too, with eight buckets each time a value doubles; only protocol
    /// buffers can tell it.
    ///
    /// A route takes about 0.6 kB for it, and 64 bytes more for each doubling that its durations have; one that is busy, as much for each
    /// core. A Prometheus that asks for native histograms takes them in place of the classic ones, unless its configuration tells it to scrape
    /// these, too: rules and dashboards that read `_bucket` need that.
    pub const fn with_native_histograms(mut self) -> Self {
        self.build.native_histograms = true;
        self
    }

    /// The most label sets that a family with open labels may have, overflow series included.
    ///
    /// What goes beyond is counted under `path="__overflow__"`, so sums stay right, and in
    /// `metrics_series_overflow_total{family}`.
    pub const fn with_series_budget(mut self, label_sets: usize) -> Self {
        self.limits.series = label_sets;
        self
    }

    /// How long a collector (a closure, the registered metrics) may take in one scrape; over that its samples are left out, and
    /// `scrape_collector_success{collector}` is 0. One that doesn't return is not asked again until it has.
    pub const fn with_collector_budget(mut self, budget: Duration) -> Self {
        self.limits.collector = budget;
        self
    }

    /// The most scrapes that may wait or be sent at a time; any more are refused with 503 and counted in
    /// `metrics_scrapes_rejected_total`.
    pub const fn with_max_scrapes(mut self, scrapes: usize) -> Self {
        self.limits.scrapes = scrapes;
        self
    }

    /// Registers metrics of the service's own; they come out in the same answer. A family that is empty yet is not looked at before it
    /// has a series: if it has a name of this crate's, it is left out then.
    ///
    /// ```
    /// use campotech_metrics::Metrics;
    /// use campotech_metrics::prometheus_client::metrics::counter::Counter;
    ///
    /// let invoices: Counter = Counter::default();
    /// let metrics = Metrics::builder("billing", "1.2.3")
    ///     .register(|registry| registry.register("invoices", "Invoices sent", invoices.clone()))
    ///     .build()?;
    /// invoices.inc();
    /// assert!(metrics.render_text().contains("\ninvoices_total 1\n"));
    /// # Ok::<(), campotech_metrics::ConfigError>(())
    /// ```
    pub fn register(mut self, register: impl FnOnce(&mut Registry)) -> Self {
        register(self.registry.get_or_insert_default());
        self
    }

    /// Builds the metrics.
    ///
    /// # Errors
    /// An empty service name or version, a budget that is too small, limits of zero, or registered metrics that can't be encoded or
    /// have the name of one of this crate's, or of one of its samples.
    pub fn build(self) -> Result<Metrics, ConfigError> {
        if self.build.service.is_empty() {
            return Err(ConfigError::Empty("name"));
        }
        if self.build.version.is_empty() {
            return Err(ConfigError::Empty("version"));
        }
        let budget = self.limits.series;
        if budget < 2 * RESERVE {
            return Err(ConfigError::BudgetTooSmall { budget, least: 2 * RESERVE });
        }
        if self.limits.collector.is_zero() || self.limits.scrapes == 0 {
            return Err(ConfigError::Zero);
        }
        let mut text = String::new();
        if let Some(registry) = &self.registry {
            encode(&mut text, registry).map_err(|_| ConfigError::Unencodable)?;
        }
        let taken = Taken::default();
        for family in translate(&text, Format::Text) {
            taken.claim(&family.name, family.kind)?;
        }
        Ok(Metrics::new(self.build, self.limits, self.registry, taken))
    }
}
