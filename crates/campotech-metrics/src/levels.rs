//! What stands at one time, for a page: queues, pools, and what rate limits refused so far.

use std::sync::Arc;

use campotech_core::RateLimitVerdict;
use tokio::runtime::Handle;

use crate::{Metrics, PoolState, Queue, QueueState};

impl Metrics {
    /// What waits in each queue; asked as at a scrape, and one whose question panics or is over its budget is left out.
    #[must_use]
    pub fn queues(&self) -> Vec<(Queue, QueueState)> {
        let mut asker = self.inner().askers.begin(None, Handle::try_current().ok());
        self.inner().business.queues(&mut asker).into_iter().collect()
    }

    /// What each pool holds, by name; asked as at a scrape, and one whose question panics or is over its budget is left out.
    #[must_use]
    pub fn pools(&self) -> Vec<(Arc<str>, PoolState)> {
        let mut asker = self.inner().askers.begin(None, Handle::try_current().ok());
        self.inner().pools.states(&mut asker)
    }

    /// Requests that the tier of this name refused so far.
    #[must_use]
    pub fn limited(&self, tier: &str) -> u64 {
        self.inner().reports.rate_limited(tier, RateLimitVerdict::Limited)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use campotech_core::Observer;

    use super::*;

    #[test]
    fn levels_are_those_of_a_scrape_and_a_question_that_panics_is_left_out() {
        let metrics = Metrics::builder("a", "1").build().unwrap();
        let waiting = QueueState { size: 3, oldest_age: Duration::from_secs(1) };
        metrics.set_queue(Queue::Voice, 3, Duration::from_secs(1));
        metrics.watch_queue(Queue::Jobs, || panic!("a fault of the service"));
        assert_eq!(metrics.queues(), [(Queue::Voice, waiting)]);

        let state = PoolState { max_size: 4, size: 3, available: 1, waiting: 2 };
        metrics.watch_pool("b", move || state).unwrap();
        metrics.watch_pool("a", || panic!("a fault of the service")).unwrap();
        assert_eq!(metrics.pools(), [("b".into(), state)]);
    }

    #[test]
    fn refusals_are_counted_for_each_tier() {
        let metrics = Metrics::builder("a", "1").build().unwrap();
        for (tier, verdict) in [
            ("auth", RateLimitVerdict::Limited),
            ("auth", RateLimitVerdict::Allowed),
            ("auth", RateLimitVerdict::Limited),
            ("standard", RateLimitVerdict::Shadow),
        ] {
            metrics.rate_limit(tier, verdict);
        }
        assert_eq!(["auth", "standard", "nobody"].map(|tier| metrics.limited(tier)), [2, 0, 0]);
    }
}
