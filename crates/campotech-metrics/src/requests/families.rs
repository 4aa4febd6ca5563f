//! The `http_*` families: one entry for each route and method, resolved once for a request.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use http::Method;

use super::budgets::Budgets;
use super::grpc::Code;
use super::in_flight::{InFlight, Outcome};
use super::method::KnownMethod;
use super::semconv::{Protocol, SemanticConventions};
use super::series::{Completed, Figures, RouteSeries};
use crate::Naming;
use crate::metrics::Build;
use crate::names::{OVERFLOW, UNMATCHED};
use crate::series::{Budget, Counter, Entry, Sharded, Table, class};

/// The labels of all of them but two.
const LABELS: [&str; 2] = ["method", "path"];

/// Longer templates are no templates.
const LONGEST_PATH: usize = 256;

/// All `http_*` families. They stay until the process ends, as what is in flight points to them without counting who does.
pub(crate) struct Requests {
    native: bool,
    /// Whether a `traceparent` is believed.
    pub(super) traceparent: bool,
    /// Where they are named as OpenTelemetry does.
    pub(super) semconv: Option<SemanticConventions>,
    flow: Sharded<Flow>,
    pub(super) routes: Table<RouteSeries, 2>,
    pub(super) budgets: Budgets,
    pub(super) overflow_classes: [Counter; 9],
}

/// Requests that came in, and those that ended.
#[derive(Debug, Default)]
#[repr(align(64))]
struct Flow {
    started: AtomicU64,
    ended: AtomicU64,
}

/// The series of one method and path.
pub(crate) type RouteEntry = Entry<RouteSeries, 2>;

impl Requests {
    /// With at most so many label sets in each.
    pub(crate) fn new(limit: usize, build: &Build) -> &'static Self {
        let native = build.native_histograms;
        let semconv = build.naming == Naming::OpenTelemetry;
        Box::leak(Box::new(Self {
            native,
            traceparent: build.traceparent,
            semconv: semconv.then(|| SemanticConventions::new(limit)),
            flow: Sharded::default(),
            routes: Table::new(LABELS, [KnownMethod::Other.as_str(), OVERFLOW], RouteSeries::new(native)),
            budgets: Budgets::new(limit),
            overflow_classes: Default::default(),
        }))
    }

    pub(super) fn started(&self, method: KnownMethod, protocol: Protocol) {
        self.flow.here().started.fetch_add(1, Ordering::Relaxed);
        if let Some(semconv) = &self.semconv {
            semconv.started(method, protocol);
        }
    }

    /// Requests that came in so far.
    pub(crate) fn all_started(&self) -> u64 {
        self.flow.sum(|flow| flow.started.load(Ordering::Relaxed))
    }

    /// Requests that have not ended.
    pub(crate) fn in_flight(&self) -> u64 {
        // In this order: what starts and ends meanwhile is in flight then, and never one fewer than none.
        let ended = self.flow.sum(|flow| flow.ended.load(Ordering::Acquire));
        self.all_started().saturating_sub(ended)
    }

    /// The entry of a route; nothing is allocated for one that was seen before.
    pub(super) fn route(&self, method: KnownMethod, path: Option<&str>) -> &RouteEntry {
        let labels = [method.as_str(), path.unwrap_or(UNMATCHED)];
        if let Some(entry) = self.routes.get(labels) {
            return entry;
        }
        if labels[1].len() > LONGEST_PATH || labels[1] == OVERFLOW || !self.budgets.have_room() {
            return self.routes.overflow();
        }
        self.routes
            .get_or_insert(
                labels,
                || self.budgets.take(),
                || self.budgets.give_back(),
                || RouteSeries::new(self.native),
            )
            .unwrap_or_else(|| self.routes.overflow())
    }

    /// Makes sure that a route has its series.
    pub(crate) fn declare(&self, method: &Method, path: &str) {
        self.route(KnownMethod::of(method), Some(path));
    }

    /// Counts the end of a request that was [`started`](Self::started).
    pub(super) fn ended(&self, request: &InFlight, entry: &RouteEntry) {
        let over = self.routes.is_overflow(entry);
        if let Some(semconv) = &self.semconv {
            semconv.ended(request, &entry.labels[1]);
        }
        match request.outcome {
            Outcome::Completed { status, sent, upgrade, grpc } => {
                let end = Instant::now();
                let took = end.saturating_duration_since(request.start);
                let sampled = request.trace.map(|trace| (trace, end));
                let figures = Figures { took, sent, size: request.size, sampled };
                self.completed(entry, Completed { status, figures: (!upgrade).then_some(figures) });
                if let Some(code) = grpc {
                    self.called(entry, code);
                }
            }
            Outcome::Cancelled(phase) => {
                entry.value.cancelled(phase);
                if over {
                    self.budgets.cancelled.fold();
                }
            }
            Outcome::Failed(cause) => {
                entry.value.failed(cause);
                if over {
                    self.budgets.failed.fold();
                }
            }
        }
        self.flow.here().ended.fetch_add(1, Ordering::Release);
    }

    /// Counts a request from its start to its end.
    pub(super) fn whole(&self, entry: &RouteEntry, done: Completed) {
        let flow = self.flow.here();
        flow.started.fetch_add(1, Ordering::Relaxed);
        self.completed(entry, done);
        if let Some(semconv) = &self.semconv {
            semconv.recorded([&entry.labels[0], &entry.labels[1]], done);
        }
        flow.ended.fetch_add(1, Ordering::Release);
    }

    fn completed(&self, entry: &RouteEntry, done: Completed) {
        let over = self.routes.is_overflow(entry);
        let budget = (!over).then_some(&self.budgets.requests);
        if !entry.value.completed(done, budget) {
            self.routes.overflow();
            self.overflow_classes[class(done.status)].inc();
            self.budgets.requests.fold();
        }
        if over && let Some(figures) = done.figures {
            self.budgets.duration.fold();
            self.budgets.response_size.fold();
            if figures.size.is_some() {
                self.budgets.request_size.fold();
            }
        }
    }

    /// Counts the end of a gRPC call.
    #[inline(never)]
    fn called(&self, entry: &RouteEntry, code: Code) {
        let over = self.routes.is_overflow(entry);
        if over || !entry.value.called(code, &self.budgets.grpc) {
            self.routes.overflow().value.called_over(code);
            self.budgets.grpc.fold();
        }
    }

    /// The budgets of the families that are shown.
    pub(crate) fn budgets(&self) -> impl Iterator<Item = &Budget> {
        let Budgets { requests, duration, request_size, response_size, cancelled, failed, grpc } =
            &self.budgets;
        let (other, semconv) = match &self.semconv {
            None => (Some([duration, request_size, response_size]), None),
            Some(semconv) => (None, Some(semconv.budget())),
        };
        [requests, cancelled, failed, grpc].into_iter().chain(other.into_iter().flatten()).chain(semconv)
    }
}

impl std::fmt::Debug for Requests {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Requests").field("in_flight", &self.in_flight()).finish_non_exhaustive()
    }
}
