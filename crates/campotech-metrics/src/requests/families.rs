//! The `http_*` families: one entry for each route and method, resolved once for a request.

use std::sync::Arc;

use http::Method;

use super::budgets::Budgets;
use super::in_flight::{InFlight, Outcome};
use crate::names::{OVERFLOW, UNMATCHED};
use crate::series::{
    Budget, Counter, Entry, Gauge, HTTP_SECONDS, Histogram, SIZE_BYTES, StatusCounters, Table, class,
};

/// Longer templates are no templates.
const LONGEST_PATH: usize = 256;

/// All `http_*` families.
pub(crate) struct Requests {
    pub(super) started: Counter,
    pub(super) in_flight: Gauge,
    pub(super) routes: Table<RouteSeries, 2>,
    pub(super) budgets: Budgets,
    pub(super) overflow: Arc<RouteEntry>,
    pub(super) overflow_classes: [Counter; 9],
}

/// The series of one method and path.
pub(crate) type RouteEntry = Entry<RouteSeries, 2>;

/// What is counted for one method and path.
pub(crate) struct RouteSeries {
    pub(super) statuses: StatusCounters,
    pub(super) duration: Histogram,
    pub(super) request_size: Histogram,
    pub(super) response_size: Histogram,
    pub(super) cancelled: [Counter; 2],
    pub(super) failed: [Counter; 2],
}

impl Requests {
    pub(crate) fn new(limit: usize) -> Self {
        Self {
            started: Counter::default(),
            in_flight: Gauge::default(),
            routes: Table::new(),
            budgets: Budgets::new(limit),
            overflow: Arc::new(Entry::new(["_OTHER", OVERFLOW], RouteSeries::new())),
            overflow_classes: Default::default(),
        }
    }

    pub(super) fn started(&self) {
        self.started.inc();
        self.in_flight.inc();
    }

    /// The entry of a route; nothing is allocated for one that was seen before.
    pub(crate) fn route(&self, method: &Method, path: Option<&str>) -> Arc<RouteEntry> {
        let labels = [method_label(method), path.unwrap_or(UNMATCHED)];
        if let Some(entry) = self.routes.get(labels) {
            return entry;
        }
        if labels[1].len() > LONGEST_PATH || !self.budgets.have_room() {
            return self.overflow.clone();
        }
        self.routes
            .get_or_insert(labels, || self.budgets.take(), RouteSeries::new)
            .unwrap_or_else(|| self.overflow.clone())
    }

    /// Counts the end of a request; the only place that does.
    pub(super) fn ended(&self, request: &InFlight, entry: &Arc<RouteEntry>) {
        let over = Arc::ptr_eq(entry, &self.overflow);
        let series = &entry.value;
        match request.outcome {
            Outcome::Completed { status, sent, upgrade } => {
                self.count_status(series, status, over);
                if !upgrade {
                    series.duration.observe_time(request.start.elapsed());
                    series.response_size.observe(sent);
                    if let Some(size) = request.size {
                        series.request_size.observe(size);
                    }
                    if over {
                        self.budgets.duration.fold();
                        self.budgets.response_size.fold();
                        if request.size.is_some() {
                            self.budgets.request_size.fold();
                        }
                    }
                }
            }
            Outcome::Cancelled(phase) => {
                series.cancelled[phase as usize].inc();
                if over {
                    self.budgets.cancelled.fold();
                }
            }
            Outcome::Failed(cause) => {
                series.failed[cause as usize].inc();
                if over {
                    self.budgets.failed.fold();
                }
            }
        }
        self.in_flight.dec();
    }

    fn count_status(&self, series: &RouteSeries, status: u16, over: bool) {
        if !over && let Some(counter) = series.statuses.get(status, &self.budgets.requests) {
            counter.inc();
        } else {
            self.overflow_classes[class(status)].inc();
            self.budgets.requests.fold();
        }
    }

    pub(crate) fn budgets(&self) -> impl Iterator<Item = &Budget> {
        self.budgets.all().map(|(budget, _)| budget).into_iter()
    }
}

impl std::fmt::Debug for Requests {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Requests").field("in_flight", &self.in_flight.get()).finish_non_exhaustive()
    }
}

impl RouteSeries {
    fn new() -> Self {
        Self {
            // A counter born at 1 has rate 0: the first 500 of a route would be invisible.
            statuses: StatusCounters::new(500),
            duration: Histogram::new(&HTTP_SECONDS),
            request_size: Histogram::new(&SIZE_BYTES),
            response_size: Histogram::new(&SIZE_BYTES),
            cancelled: Default::default(),
            failed: Default::default(),
        }
    }
}

/// Registered methods as they are; anything else is a client's own invention.
fn method_label(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        Method::CONNECT => "CONNECT",
        Method::TRACE => "TRACE",
        _ => "_OTHER",
    }
}
