//! `ops_requests_total`.

use std::sync::Arc;

use crate::names::{OPS_REQUESTS, OVERFLOW, UNMATCHED};
use crate::series::{Budget, Counter, Entry, RESERVE, StatusCounters, Table, class, class_label};
use crate::text::Exposition;

/// Requests to ops routes by route and status.
pub(crate) struct OpsRequests {
    routes: Table<StatusCounters, 1>,
    budget: Budget,
    overflow: [Counter; 9],
}

/// The counters of one ops route.
pub(crate) type OpsRoute = Entry<StatusCounters, 1>;

impl OpsRequests {
    pub(crate) fn new(limit: usize) -> Self {
        Self { routes: Table::new(), budget: Budget::new(&OPS_REQUESTS, limit), overflow: Default::default() }
    }

    /// The counters of a route; none over budget.
    pub(super) fn route(&self, path: Option<&str>) -> Option<Arc<OpsRoute>> {
        let labels = [path.unwrap_or(UNMATCHED)];
        // A probe's first 503 must be seen, so that one is there from the beginning.
        let new = || StatusCounters::new(503);
        self.routes.get(labels).or_else(|| {
            let allow = || self.budget.take(1, RESERVE);
            self.budget.has_room(1, RESERVE).then(|| self.routes.get_or_insert(labels, allow, new)).flatten()
        })
    }

    pub(super) fn count(&self, route: Option<&OpsRoute>, status: u16) {
        if let Some(counter) = route.and_then(|route| route.value.get(status, &self.budget)) {
            counter.inc();
        } else {
            self.overflow[class(status)].inc();
            self.budget.fold();
        }
    }

    pub(crate) const fn budget(&self) -> &Budget {
        &self.budget
    }

    pub(crate) fn write(&self, out: &mut Exposition) {
        let mut family = out.family(&OPS_REQUESTS);
        for route in self.routes.sorted() {
            for (status, requests) in route.value.sorted() {
                family.counter(&[("route", &route.labels[0]), ("status", &status.to_string())], requests);
            }
        }
        for (class, counter) in self.overflow.iter().enumerate() {
            if counter.get() > 0 {
                family.counter(&[("route", OVERFLOW), ("status", class_label(class))], counter.get());
            }
        }
    }
}

impl std::fmt::Debug for OpsRequests {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OpsRequests").finish_non_exhaustive()
    }
}
