//! Routes that a service has resolved already.

use std::sync::OnceLock;

use super::Requests;
use super::families::RouteEntry;
use super::method::KnownMethod;
use crate::names::UNMATCHED;

/// The families, and what this service found in them: one route for each method. A router that puts a layer around each of its
/// routes has a service for each, so that what is found once is found for ever; around many routes, those that come first are.
#[derive(Debug)]
pub(super) struct Resolved {
    requests: &'static Requests,
    routes: [OnceLock<&'static RouteEntry>; KnownMethod::COUNT],
}

impl Resolved {
    pub(super) fn new(requests: &'static Requests) -> Self {
        Self { requests, routes: Default::default() }
    }

    pub(super) const fn requests(&self) -> &'static Requests {
        self.requests
    }

    /// The entry of a route.
    pub(super) fn route(&self, method: KnownMethod, path: Option<&str>) -> &'static RouteEntry {
        let place = &self.routes[method as usize];
        match place.get() {
            Some(entry) if *entry.labels[1] == *path.unwrap_or(UNMATCHED) => entry,
            _ => self.resolve(place, method, path),
        }
    }

    fn resolve(
        &self,
        place: &OnceLock<&'static RouteEntry>,
        method: KnownMethod,
        path: Option<&str>,
    ) -> &'static RouteEntry {
        let entry = self.requests.route(method, path);
        // There may be room later.
        if !self.requests.routes.is_overflow(entry) {
            let _ = place.set(entry);
        }
        entry
    }
}
