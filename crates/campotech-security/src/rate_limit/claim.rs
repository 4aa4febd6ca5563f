//! What one request asks of its tiers, and what came of it.

use std::sync::Arc;
use std::{fmt, iter};

use http::{HeaderValue, StatusCode};

use super::concurrency::Place;
use super::header;
use super::shared::SharedLimits;
use super::standing::Standing;
use super::tier::{Algorithm, Ask, ReadyTier};

/// What a request asks of a tier.
#[derive(Debug)]
pub(super) struct Claim {
    pub(super) tier: Arc<ReadyTier>,
    pub(super) ask: Ask,
    /// Whether the shared store was asked.
    pub(super) asked: bool,
    /// What the shared store is told with the question.
    pub(super) owed: u32,
    /// What the answer tells.
    pub(super) standing: Option<Standing>,
    /// Where it was counted, and when.
    pub(super) counted: Option<Counted>,
}

/// Where a request was counted.
#[derive(Debug, Clone, Copy)]
pub(super) struct Counted {
    /// Here: when, and as one of how many replicas.
    pub(super) here: Option<(u64, u32)>,
    /// By the shared store, with its mark.
    pub(super) shared: Option<u64>,
}

/// All that a request asks: of one tier mostly, and the rest is out of its way.
#[derive(Debug)]
pub(super) struct Claims {
    pub(super) first: Claim,
    pub(super) rest: Option<Box<Rest>>,
}

/// What few requests need.
#[derive(Default)]
pub(super) struct Rest {
    claims: Vec<Claim>,
    places: Vec<Place>,
    taker: Option<Taker>,
}

/// Who takes back what does not count: with the time, and with the store that other replicas ask.
#[derive(Clone)]
pub(super) struct Taker {
    pub(super) now: Arc<dyn Fn() -> u64 + Send + Sync>,
    pub(super) shared: Option<SharedLimits>,
}

impl Claim {
    pub(super) const fn new(tier: Arc<ReadyTier>, ask: Ask) -> Self {
        Self { tier, ask, asked: false, owed: 0, standing: None, counted: None }
    }

    /// `RateLimit-Policy` and `RateLimit`.
    pub(super) fn headers(&self, standing: &Standing) -> (HeaderValue, HeaderValue) {
        let beginning = &self.tier.standing_beginning;
        let told = match self.tier.algorithm {
            Algorithm::InFlight => header::places(beginning, standing),
            Algorithm::SlidingLog | Algorithm::Gcra => header::standing(beginning, standing),
        };
        (self.tier.policy(self.ask.plan).clone(), told)
    }

    pub(super) fn enforces(&self) -> bool {
        self.tier.mode.enforces()
    }

    /// Takes back what was counted of it.
    pub(super) fn give_back(&mut self, now: u64, shared: Option<&SharedLimits>) {
        let Some(counted) = self.counted.take() else { return };
        if let Some((at, replicas)) = counted.here {
            self.tier.give_back(self.ask, at, now, replicas);
        }
        match (shared, counted.shared) {
            (Some(shared), Some(mark)) => shared.give_back(self, mark),
            (Some(_), None) if !self.asked => self.tier.forgive(self.ask, now),
            // Where it was asked in vain, nothing was owed.
            (Some(_), None) | (None, _) => {}
        }
    }

    /// Whether the shared store may decide it still.
    pub(super) fn is_open_to_store(&self) -> bool {
        self.tier.is_shared() && self.standing.is_none()
    }
}

impl Claims {
    pub(super) const fn new(first: Claim) -> Self {
        Self { first, rest: None }
    }

    pub(super) fn push(&mut self, claim: Claim) {
        self.rest.get_or_insert_default().claims.push(claim);
    }

    /// Holds a place of the claim until the end of the answer.
    pub(super) fn hold(&mut self, place: Place) {
        self.rest.get_or_insert_default().places.push(place);
    }

    /// Remembers how to take back what its answer may not count.
    pub(super) fn remember(&mut self, taker: impl FnOnce() -> Taker) {
        if self.iter().any(|claim| claim.tier.waits_for_answer()) {
            self.rest.get_or_insert_default().taker = Some(taker());
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Claim> {
        let others: &[Claim] = self.rest.as_ref().map_or(&[], |rest| &rest.claims);
        iter::once(&self.first).chain(others)
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Claim> {
        let others: &mut [Claim] = self.rest.as_mut().map_or(&mut [], |rest| &mut rest.claims);
        iter::once(&mut self.first).chain(others)
    }

    /// Whether there is just one.
    pub(super) fn is_single(&self) -> bool {
        self.rest.as_ref().is_none_or(|rest| rest.claims.is_empty())
    }

    /// Takes back whatever was counted: the request is refused.
    pub(super) fn give_back(&mut self, now: u64, shared: Option<&SharedLimits>) {
        for claim in self.iter_mut() {
            claim.give_back(now, shared);
        }
    }

    /// Takes back what does not count with this answer.
    pub(super) fn answered(&mut self, status: StatusCode) {
        let Some(taker) = self.rest.as_ref().and_then(|rest| rest.taker.clone()) else { return };
        let now = (taker.now)();
        for claim in self.iter_mut().filter(|claim| !claim.tier.counts(status)) {
            claim.give_back(now, taker.shared.as_ref());
        }
    }

    /// What goes on until the end of the answer's body.
    pub(super) fn places(&mut self) -> Option<Box<Rest>> {
        self.rest.take_if(|rest| !rest.places.is_empty())
    }
}

// Without what can't be shown.
impl fmt::Debug for Rest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rest")
            .field("claims", &self.claims)
            .field("places", &self.places)
            .finish_non_exhaustive()
    }
}
