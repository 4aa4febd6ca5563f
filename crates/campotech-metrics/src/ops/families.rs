//! `ops_requests_total`.

use crate::exposition::Exposition;
use crate::names::{OPS_REQUESTS, OVERFLOW, UNMATCHED};
use crate::series::{
    Budget, Counter, Entry, RESERVE, Sharded, StatusCounts, Statuses, Table, class, class_label,
};

/// Requests to ops routes by route and status; they stay until the process ends, as [`Requests`](crate::requests::Requests) do.
pub(crate) struct OpsRequests {
    routes: Table<OpsSeries, 1>,
    budget: Budget,
    overflow: [Counter; 9],
}

/// The counters of one ops route.
pub(crate) type OpsRoute = Entry<OpsSeries, 1>;

/// Its statuses, and how often each was answered.
#[derive(Debug)]
pub(crate) struct OpsSeries {
    statuses: Statuses,
    counts: Sharded<StatusCounts>,
}

impl OpsSeries {
    fn new() -> Self {
        // A probe's first 503 must be seen, so that one is there from the beginning.
        Self { statuses: Statuses::new(503), counts: Sharded::default() }
    }
}

impl OpsRequests {
    pub(crate) fn new(limit: usize) -> &'static Self {
        let budget = Budget::new(&OPS_REQUESTS, limit);
        Box::leak(Box::new(Self {
            routes: Table::new(["route"], [OVERFLOW], OpsSeries::new()),
            budget,
            overflow: Default::default(),
        }))
    }

    /// The counters of a route; none over budget.
    pub(super) fn route(&self, path: Option<&str>) -> Option<&OpsRoute> {
        let labels = [path.unwrap_or(UNMATCHED)];
        self.routes.get(labels).or_else(|| {
            let take = || self.budget.take(1, RESERVE);
            let give_back = || self.budget.give_back(1);
            let make = || self.routes.get_or_insert(labels, take, give_back, OpsSeries::new);
            self.budget.has_room(1, RESERVE).then(make).flatten()
        })
    }

    pub(super) fn count(&self, route: Option<&OpsRoute>, status: u16) {
        let index = |route: &OpsSeries| route.statuses.index(status, &self.budget);
        if let Some((route, index)) = route.and_then(|route| Some((&route.value, index(&route.value)?))) {
            route.counts.here().count(index);
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
        self.routes.for_each_sorted(|route| {
            let OpsSeries { statuses, counts } = &route.value;
            for (status, requests) in statuses.sorted(|index| counts.sum(|counts| counts.get(index))) {
                let mut digits = itoa::Buffer::new();
                family.counter_of(&route.text, Some(("status", digits.format(status))), requests);
            }
        });
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
