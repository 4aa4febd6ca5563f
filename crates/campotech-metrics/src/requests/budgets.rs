//! The budgets of the `http_*` families with labels.

use super::in_flight::{Cause, Phase};
use crate::names;
use crate::series::{Budget, RESERVE};

/// One budget for each family with labels, and how many label sets of it a route takes at once.
pub(super) struct Budgets {
    pub(super) requests: Budget,
    pub(super) duration: Budget,
    pub(super) request_size: Budget,
    pub(super) response_size: Budget,
    pub(super) cancelled: Budget,
    pub(super) failed: Budget,
    /// Taken from when a route turns out to be a gRPC method.
    pub(super) grpc: Budget,
}

impl Budgets {
    pub(super) fn new(limit: usize) -> Self {
        Self {
            requests: Budget::new(&names::HTTP_REQUESTS, limit),
            duration: Budget::new(&names::HTTP_DURATION, limit),
            request_size: Budget::new(&names::HTTP_REQUEST_SIZE, limit),
            response_size: Budget::new(&names::HTTP_RESPONSE_SIZE, limit),
            cancelled: Budget::new(&names::HTTP_CANCELLED, limit),
            failed: Budget::new(&names::HTTP_FAILED, limit),
            grpc: Budget::new(&names::GRPC_REQUESTS, limit),
        }
    }

    /// Those that every route takes from.
    pub(super) fn all(&self) -> [(&Budget, usize); 6] {
        [
            (&self.requests, 1),
            (&self.duration, 1),
            (&self.request_size, 1),
            (&self.response_size, 1),
            (&self.cancelled, Phase::COUNT),
            (&self.failed, Cause::COUNT),
        ]
    }

    pub(super) fn have_room(&self) -> bool {
        self.all().iter().all(|(budget, n)| budget.has_room(*n, RESERVE))
    }

    /// Gives back what a route took.
    pub(super) fn give_back(&self) {
        self.all().iter().for_each(|(budget, n)| budget.give_back(*n));
    }

    /// Takes a route's label sets from every family, or none from any.
    pub(super) fn take(&self) -> bool {
        let all = self.all();
        for (i, (budget, n)) in all.iter().enumerate() {
            if !budget.take(*n, RESERVE) {
                all[..i].iter().for_each(|(budget, n)| budget.give_back(*n));
                return false;
            }
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_route_takes_from_all_families_or_from_none() {
        let budgets = Budgets::new(RESERVE + 11);
        let taken = (0..100).filter(|_| budgets.take()).count();
        assert_eq!(taken, 5, "two label sets each of those cancelled and failed");
        assert!(!budgets.have_room());
        for (budget, n) in budgets.all() {
            let left = 11 - taken * n;
            assert!(budget.has_room(left, RESERVE) && !budget.has_room(left + 1, RESERVE));
        }
    }
}
