//! What one request asks of its tiers, and what came of it.

use std::iter;
use std::sync::Arc;

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
    pub(super) at: u64,
    pub(super) replicas: u32,
    /// By the shared store, too.
    pub(super) shared: bool,
}

/// All that a request asks: of one tier mostly, and the rest is out of its way.
#[derive(Debug)]
pub(super) struct Claims {
    pub(super) first: Claim,
    pub(super) rest: Option<Box<Rest>>,
}

/// What few requests need.
#[derive(Debug, Default)]
pub(super) struct Rest {
    claims: Vec<Claim>,
    places: Vec<Place>,
    shared: Option<SharedLimits>,
}

impl Claim {
    pub(super) const fn new(tier: Arc<ReadyTier>, ask: Ask) -> Self {
        Self { tier, ask, owed: 0, standing: None, counted: None }
    }

    /// `RateLimit-Policy` and `RateLimit`.
    pub(super) fn headers(&self, standing: &Standing) -> (HeaderValue, HeaderValue) {
        let name = &self.tier.name;
        let told = match self.tier.algorithm {
            Algorithm::InFlight => header::places(name, standing),
            Algorithm::SlidingLog | Algorithm::Gcra => header::standing(name, standing),
        };
        (self.tier.policy(self.ask.plan).clone(), told)
    }

    pub(super) fn enforces(&self) -> bool {
        self.tier.mode.enforces()
    }

    fn give_back(&mut self, shared: Option<&SharedLimits>) {
        let Some(counted) = self.counted.take() else { return };
        self.tier.give_back(self.ask, counted.at, counted.replicas);
        if let Some(shared) = shared.filter(|_| counted.shared) {
            shared.give_back(self);
        }
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

    /// Remembers where to give back.
    pub(super) fn remember(&mut self, shared: &SharedLimits) {
        if self.iter().any(|claim| claim.tier.waits_for_answer()) || self.rest.is_some() {
            self.rest.get_or_insert_default().shared = Some(shared.clone());
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Claim> {
        iter::once(&self.first).chain(self.rest.iter().flat_map(|rest| &rest.claims))
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Claim> {
        iter::once(&mut self.first).chain(self.rest.iter_mut().flat_map(|rest| &mut rest.claims))
    }

    /// Whether there is just one.
    pub(super) fn is_single(&self) -> bool {
        self.rest.as_ref().is_none_or(|rest| rest.claims.is_empty())
    }

    /// Takes back whatever was counted: the request is refused.
    pub(super) fn give_back(&mut self) {
        let shared = self.rest.as_ref().and_then(|rest| rest.shared.clone());
        for claim in self.iter_mut() {
            claim.give_back(shared.as_ref());
        }
    }

    /// Takes back what does not count with this answer.
    pub(super) fn answered(&mut self, status: StatusCode) {
        let shared = self.rest.as_ref().and_then(|rest| rest.shared.clone());
        for claim in self.iter_mut().filter(|claim| !claim.tier.counts(status)) {
            claim.give_back(shared.as_ref());
        }
    }

    /// What goes on until the end of the answer's body.
    pub(super) fn places(self) -> Option<Box<Rest>> {
        self.rest.filter(|rest| !rest.places.is_empty())
    }
}
