//! Why a request is refused, and how that is said.

use std::iter;
use std::sync::Arc;
use std::time::Duration;

use campotech_core::{Problem, kinds};
use http::header::RETRY_AFTER;
use http::{HeaderName, HeaderValue};
use serde_json::json;

use super::claim::Claim;
use super::header::{self, Legacy, RATELIMIT, RATELIMIT_POLICY};
use super::standing::Standing;
use super::tier::ReadyTier;

/// A request that may not pass, and the tier that says so.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) tier: Arc<ReadyTier>,
    pub(super) why: Why,
    /// Others that refuse it too, for no longer.
    pub(super) also: Vec<Arc<ReadyTier>>,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Why {
    /// The key has nothing left.
    Quota { plan: u8, standing: Standing },
    /// The key is banned for so long.
    Banned(Duration),
    /// The shared store is away, and without it the tier admits nobody.
    Away,
}

const AWAY: HeaderValue = HeaderValue::from_static("1");

impl Refusal {
    pub(super) fn quota(claim: &Claim, standing: Standing) -> Self {
        Self::of(claim, Why::Quota { plan: claim.ask.plan, standing })
    }

    pub(super) fn of(claim: &Claim, why: Why) -> Self {
        Self { tier: Arc::clone(&claim.tier), why, also: Vec::new() }
    }

    /// Of two the one that lasts longer, with the name of the other.
    pub(super) fn with(self, other: Option<Self>) -> Self {
        let Some(other) = other else { return self };
        let (mut longer, other) = if other.wait() > self.wait() { (other, self) } else { (self, other) };
        longer.also.push(other.tier);
        longer.also.extend(other.also);
        longer
    }

    pub(super) fn wait(&self) -> Duration {
        match self.why {
            Why::Quota { standing, .. } => standing.wait,
            Why::Banned(wait) => wait,
            Why::Away => Duration::ZERO,
        }
    }

    pub(super) fn problem(&self, legacy: Option<Legacy>) -> Problem {
        let names: Vec<_> = iter::once(&self.tier).chain(&self.also).map(|tier| tier.name.as_str()).collect();
        let violated = || json!(names);
        match self.why {
            Why::Quota { plan, standing } => {
                let problem = Problem::new(&kinds::QUOTA_EXCEEDED)
                    .with_member("violated-policies", violated())
                    .with_header(RETRY_AFTER, HeaderValue::from(standing.wait_seconds()))
                    .with_header(RATELIMIT_POLICY, self.tier.policy(plan).clone())
                    .with_header(RATELIMIT, header::standing(&self.tier.standing_beginning, &standing));
                let quota = self.tier.quota(plan);
                let legacy = legacy.into_iter().flat_map(|legacy| legacy.headers(quota, &standing));
                legacy.fold(problem, |problem, (name, value): (HeaderName, HeaderValue)| {
                    problem.with_header(name, value)
                })
            }
            Why::Banned(wait) => Problem::new(&kinds::ABNORMAL_USAGE_DETECTED)
                .with_member("violated-policies", violated())
                .with_header(RETRY_AFTER, HeaderValue::from(super::seconds_up(wait))),
            Why::Away => Problem::new(&kinds::TEMPORARY_REDUCED_CAPACITY).with_header(RETRY_AFTER, AWAY),
        }
    }
}
