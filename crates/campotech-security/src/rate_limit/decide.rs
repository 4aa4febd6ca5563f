//! What becomes of a request.

use std::sync::Arc;
use std::time::Duration;

use campotech_core::{Clock, RateLimitVerdict};

use super::claim::{Claim, Claims, Counted};
use super::concurrency::Place;
use super::layer::RateLimitLayer;
use super::refusal::{Refusal, Why};
use super::shared::{Asked, SharedLimits, Told};
use super::standing::Standing;
use super::tier::{Known, Outage};

/// How a decision begins.
pub(super) enum Begun {
    /// And ends at once.
    Decided(Result<(), Refusal>),
    /// The shared store was asked.
    Asked(Asked),
}

impl<C: Clock> RateLimitLayer<C> {
    /// Decides, or asks the shared store where that may answer.
    ///
    /// Of several tiers none counts a request that another one refuses.
    pub(super) fn begin(&self, claims: &mut Claims) -> Begun {
        let now = self.now();
        if let Err(refusal) = self.check_bans(claims, now) {
            return Begun::Decided(Err(refusal));
        }
        let Some(shared) = self.shared.as_ref().filter(|shared| shared.asks()) else {
            return Begun::Decided(self.decide_here(claims, now));
        };
        match self.ask(claims, shared, now) {
            Ok(Some(asked)) => Begun::Asked(asked),
            Ok(None) => Begun::Decided(self.decide_here(claims, now)),
            Err(decided) => Begun::Decided(decided),
        }
    }

    /// Goes on with what the shared store told, or without.
    pub(super) fn end(&self, claims: &mut Claims, told: Option<&Told>) -> Result<(), Refusal> {
        let now = self.now();
        match told {
            Some(told) => self.settle(claims, told, now),
            None => self.decide_here(claims, now),
        }
    }

    fn check_bans(&self, claims: &Claims, now: u64) -> Result<(), Refusal> {
        for claim in claims.iter() {
            let Some(wait) = claim.tier.banned(claim.ask.key, now) else { continue };
            if claim.enforces() {
                self.report(claim, false);
                return Err(Refusal::of(claim, Why::Banned(wait)));
            }
        }
        Ok(())
    }

    /// Asks the shared store about the tiers that it may decide for, after those that it doesn't know.
    ///
    /// Gives back the decision where it is made already.
    fn ask(
        &self,
        claims: &mut Claims,
        shared: &SharedLimits,
        now: u64,
    ) -> Result<Option<Asked>, Result<(), Refusal>> {
        if !claims.iter().any(|claim| claim.tier.is_shared()) {
            return Err(self.decide_here(claims, now));
        }
        self.take_all(claims, now, |claim| !claim.tier.is_shared()).map_err(Err)?;
        let mut most = claims.first.ask.cost;
        let claim = &claims.first;
        if let Some(lease) = claim.tier.lease.as_ref().filter(|_| claims.is_single()) {
            match lease.decide(claim.ask, claim.tier.quota(claim.ask.plan), now, shared.deadline()) {
                Known::Ask(batch) => most = batch,
                Known::Standing(standing) => return Err(self.settle_one(claims, standing, now)),
            }
        }
        for claim in claims.iter_mut().filter(|claim| claim.tier.is_shared()) {
            claim.owed = claim.tier.tell(claim.ask, now, shared.deadline());
        }
        let asked = shared.ask(claims, most);
        if asked.is_some() {
            claims.remember(shared);
        }
        Ok(asked)
    }

    /// Decides by what a batch had left.
    fn settle_one(&self, claims: &mut Claims, standing: Standing, now: u64) -> Result<(), Refusal> {
        let claim = &mut claims.first;
        if !standing.allowed {
            return self.refuse(claim, standing, now);
        }
        if let Some(own) = claim.tier.record(claim.ask, now, self.replicas()) {
            return self.refuse(claim, own, now);
        }
        claim.standing = Some(standing);
        self.report(claim, true);
        Ok(())
    }

    /// Takes over what the shared store decided.
    fn settle(&self, claims: &mut Claims, told: &Told, now: u64) -> Result<(), Refusal> {
        let replicas = self.replicas();
        let mut refusal = None;
        for claim in claims.iter().filter(|claim| claim.tier.is_shared()) {
            claim.tier.told(claim.ask, claim.owed, now);
        }
        for (claim, (standing, granted)) in
            claims.iter_mut().filter(|claim| claim.tier.is_shared()).zip(told.iter())
        {
            if let Some(lease) = claim.tier.lease.as_ref().filter(|_| told.most > claim.ask.cost) {
                lease.keep(
                    claim.ask,
                    claim.tier.quota(claim.ask.plan),
                    told.most,
                    (*standing, *granted),
                    now,
                );
            }
            if !standing.allowed && claim.enforces() {
                refusal = self.refuse(claim, *standing, now).err();
                break;
            }
        }
        if refusal.is_none() {
            for (claim, (standing, _)) in
                claims.iter_mut().filter(|claim| claim.tier.is_shared()).zip(told.iter())
            {
                let own = if standing.allowed { claim.tier.record(claim.ask, now, replicas) } else { None };
                if standing.allowed && own.is_none() {
                    claim.counted = Some(Counted { at: now, replicas, shared: true });
                }
                claim.standing = Some(*standing);
                match own {
                    Some(own) => refusal = self.refuse(claim, own, now).err().or(refusal),
                    None if standing.allowed => self.report(claim, true),
                    None => refusal = self.refuse(claim, *standing, now).err().or(refusal),
                }
            }
        }
        match refusal {
            Some(refusal) => {
                claims.give_back();
                Err(refusal)
            }
            None => Ok(()),
        }
    }

    /// Decides without the shared store.
    fn decide_here(&self, claims: &mut Claims, now: u64) -> Result<(), Refusal> {
        let decided = self.take_all(claims, now, |_| true);
        if decided.is_err() {
            claims.give_back();
        }
        decided
    }

    /// Takes those `of` the claims that are not decided yet.
    fn take_all(&self, claims: &mut Claims, now: u64, of: impl Fn(&Claim) -> bool) -> Result<(), Refusal> {
        if !claims.is_single() {
            for claim in claims.iter().filter(|claim| of(claim) && claim.standing.is_none()) {
                if self.policy(claim) == Outage::LocalShare && claim.enforces() {
                    let standing = claim.tier.look(claim.ask, now, self.replicas());
                    if !standing.allowed {
                        self.report_store(claim);
                        return self.refuse(claim, standing, now);
                    }
                }
            }
        }
        let mut places: [Option<Place>; 4] = [const { None }; 4];
        let mut held = places.iter_mut();
        let mut refusal = None;
        for claim in claims.iter_mut().filter(|claim| of(claim) && claim.standing.is_none()) {
            match self.take(claim, now) {
                Ok(None) => {}
                Ok(place) => {
                    if let Some(slot) = held.next() {
                        *slot = place;
                    }
                }
                Err(refused) => {
                    refusal = Some(refused);
                    break;
                }
            }
        }
        if let Some(refusal) = refusal {
            return Err(refusal);
        }
        places.into_iter().flatten().for_each(|place| claims.hold(place));
        Ok(())
    }

    /// Decides one claim here; a place is held until the end of the answer.
    fn take(&self, claim: &mut Claim, now: u64) -> Result<Option<Place>, Refusal> {
        self.report_store(claim);
        match self.policy(claim) {
            Outage::LocalShare => {}
            Outage::Open => {
                self.report(claim, true);
                return Ok(None);
            }
            Outage::Closed if claim.enforces() => {
                self.report(claim, false);
                return Err(Refusal::of(claim, Why::Away));
            }
            Outage::Closed => {
                self.report(claim, false);
                return Ok(None);
            }
        }
        let replicas = self.replicas();
        let taken = claim.tier.take(claim.ask, now, replicas);
        claim.standing = Some(taken.standing);
        if !taken.standing.allowed {
            return self.refuse(claim, taken.standing, now).map(|()| None);
        }
        self.report(claim, true);
        if claim.tier.is_shared() {
            if self.shared.is_some() {
                claim.tier.owe(claim.ask, now);
            }
            claim.counted = Some(Counted { at: taken.at, replicas, shared: false });
            Ok(None)
        } else {
            Ok(Some(Place::new(Arc::clone(&claim.tier), claim.ask)))
        }
    }

    /// Reports that the key has nothing left, and refuses where the tier does; a ban begins.
    fn refuse(&self, claim: &Claim, mut standing: Standing, now: u64) -> Result<(), Refusal> {
        self.report(claim, false);
        if let Some(ban) = claim.tier.strike(claim.ask.key, now) {
            standing.wait = Duration::max(standing.wait, ban);
        }
        if claim.enforces() { Err(Refusal::quota(claim, standing)) } else { Ok(()) }
    }

    /// What the tier does without the shared store; what it never asks has always decided here.
    fn policy(&self, claim: &Claim) -> Outage {
        if self.shared.is_some() && claim.tier.is_shared() { claim.tier.outage } else { Outage::LocalShare }
    }

    fn now(&self) -> u64 {
        let now = self.clock.now().saturating_duration_since(self.start);
        u64::try_from(now.as_nanos()).unwrap_or(u64::MAX)
    }

    fn replicas(&self) -> u32 {
        self.shared.as_ref().map_or(1, SharedLimits::replicas)
    }

    fn report_store(&self, claim: &Claim) {
        if self.shared.is_some() && claim.tier.is_shared() {
            self.observer.rate_limit(&claim.tier.name, RateLimitVerdict::StoreError);
        }
    }

    fn report(&self, claim: &Claim, allowed: bool) {
        let verdict = match (allowed, claim.enforces()) {
            (true, _) => RateLimitVerdict::Allowed,
            (false, true) => RateLimitVerdict::Limited,
            (false, false) => RateLimitVerdict::Shadow,
        };
        self.observer.rate_limit(&claim.tier.name, verdict);
    }
}
