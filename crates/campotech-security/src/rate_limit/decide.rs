//! What becomes of a request.

use std::sync::Arc;
use std::time::Duration;

use arrayvec::ArrayVec;
use campotech_core::{Clock, RateLimitVerdict};

use super::claim::{Claim, Claims, Counted, Taker};
use super::concurrency::Place;
use super::layer::RateLimitLayer;
use super::refusal::{Refusal, Why};
use super::shared::{Asked, MOST, SharedLimits, Told};
use super::standing::Standing;
use super::tier::{Known, NoRoom, Outage};
use super::time::nanos_since;

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
        claims.remember(|| {
            let (clock, start) = (self.clock.clone(), self.start);
            Taker { now: Arc::new(move || nanos_since(&clock, start)), shared: self.shared.clone() }
        });
        let decided = self.check_bans(claims, now).and_then(|()| match &self.shared {
            Some(shared) if shared.asks() => self.ask(claims, shared, now),
            _ => self.take_all(claims, now, |_| true).map(|()| None),
        });
        match decided {
            Ok(Some(asked)) => Begun::Asked(asked),
            Ok(None) => Begun::Decided(Ok(())),
            Err(refusal) => Begun::Decided(Err(self.refused(claims, now, refusal))),
        }
    }

    /// Goes on with what the shared store told, or without.
    pub(super) fn end(&self, claims: &mut Claims, told: Option<&Told>) -> Result<(), Refusal> {
        let now = self.now();
        let decided = match told {
            Some(told) => self.settle(claims, told, now),
            None => self.take_all(claims, now, |_| true),
        };
        decided.map_err(|refusal| self.refused(claims, now, refusal))
    }

    /// Takes back what tiers counted before another refused.
    fn refused(&self, claims: &mut Claims, now: u64, refusal: Refusal) -> Refusal {
        claims.give_back(now, self.shared.as_ref());
        refusal
    }

    fn check_bans(&self, claims: &mut Claims, now: u64) -> Result<(), Refusal> {
        let mut refusal = None;
        for claim in claims.iter_mut() {
            let Some(wait) = claim.tier.banned(claim.ask.key, now) else { continue };
            self.report(claim, false);
            if claim.enforces() {
                refusal = Some(Refusal::of(claim, Why::Banned(wait)).with(refusal));
            } else {
                // It would be refused, and so does not count.
                claim.standing = Some(Standing { allowed: false, remaining: 0, wait });
            }
        }
        refusal.map_or(Ok(()), Err)
    }

    /// Asks the shared store about the tiers that it may decide for, after those that it doesn't know. `None` where all is
    /// decided.
    fn ask(&self, claims: &mut Claims, shared: &SharedLimits, now: u64) -> Result<Option<Asked>, Refusal> {
        self.take_all(claims, now, |claim| !claim.tier.is_shared())?;
        if !claims.iter().any(Claim::is_open_to_store) {
            return Ok(None);
        }
        let claim = &claims.first;
        let mut most = claim.ask.cost;
        if let Some(lease) = claim.tier.lease.as_ref().filter(|_| claims.is_single()) {
            match lease.decide(claim.ask, claim.tier.quota(claim.ask.plan), now, shared.deadline()) {
                Known::Ask(batch) => most = batch,
                Known::Standing(standing) => return self.settle_one(claims, standing, now).map(|()| None),
            }
        }
        for claim in claims.iter_mut().filter(|claim| claim.is_open_to_store()) {
            claim.asked = true;
            claim.owed = claim.tier.tell(claim.ask, now, shared.deadline());
        }
        match shared.ask(claims, most) {
            Some(asked) => Ok(Some(asked)),
            None => self.take_all(claims, now, |_| true).map(|()| None),
        }
    }

    /// Decides by what a batch had left.
    fn settle_one(&self, claims: &mut Claims, standing: Standing, now: u64) -> Result<(), Refusal> {
        let claim = &mut claims.first;
        claim.standing = Some(standing);
        if !standing.allowed {
            return self.refuse(claim, standing, now);
        }
        if let Err(own) = claim.tier.record(claim.ask, now, self.replicas()) {
            if let Some(lease) = &claim.tier.lease {
                lease.put_back(claim.ask, now);
            }
            return self.refuse(claim, own, now);
        }
        self.report(claim, true);
        Ok(())
    }

    /// Takes over what the shared store decided.
    fn settle(&self, claims: &mut Claims, told: &Told, now: u64) -> Result<(), Refusal> {
        let mut refusal = None;
        for (claim, taken) in told.of(claims) {
            // Of those after one that refuses nobody may have asked: they have heard of no debt.
            if refusal.is_none() {
                claim.tier.told(claim.ask, claim.owed, now);
            }
            if let Some(lease) = claim.tier.lease.as_ref().filter(|_| told.most > claim.ask.cost) {
                lease.keep(claim.ask, claim.tier.quota(claim.ask.plan), told.most, taken, now);
            }
            if !taken.standing.allowed && claim.enforces() {
                let refused = self.refuse(claim, taken.standing, now).err();
                refusal = refused.map(|refused| refused.with(refusal.take()));
            }
        }
        if let Some(refusal) = refusal {
            return Err(refusal);
        }
        let replicas = self.replicas();
        for (claim, taken) in told.of(claims) {
            claim.standing = Some(taken.standing);
            if !taken.standing.allowed {
                // A tier that only reports.
                let _ = self.refuse(claim, taken.standing, now);
                continue;
            }
            claim.counted = Some(Counted { here: None, shared: Some(taken.mark) });
            match claim.tier.record(claim.ask, now, replicas) {
                Ok(at) => {
                    claim.counted = Some(Counted { here: Some((at, replicas)), shared: Some(taken.mark) });
                    self.report(claim, true);
                }
                Err(own) => {
                    claim.give_back(now, self.shared.as_ref());
                    claim.standing = Some(own);
                    let refused = self.refuse(claim, own, now).err();
                    refusal = refused.map(|refused| refused.with(refusal.take())).or(refusal);
                }
            }
        }
        refusal.map_or(Ok(()), Err)
    }

    /// Takes those `of` the claims that are not decided yet.
    fn take_all(&self, claims: &mut Claims, now: u64, of: impl Fn(&Claim) -> bool) -> Result<(), Refusal> {
        let open = |claim: &Claim| of(claim) && claim.standing.is_none();
        if claims.is_single() {
            if open(&claims.first)
                && let Some(place) = self.take(&mut claims.first, now)?
            {
                claims.hold(place);
            }
            return Ok(());
        }
        let mut refusal = None;
        for claim in claims.iter().filter(|claim| open(claim)) {
            if claim.enforces()
                && self.policy(claim) == Outage::LocalShare
                && let Some(refused) = self.looked(claim, now)
            {
                refusal = Some(refused.with(refusal));
            }
        }
        if let Some(refusal) = refusal {
            return Err(refusal);
        }
        let mut places = ArrayVec::<Place, MOST>::new();
        for claim in claims.iter_mut().filter(|claim| open(claim)) {
            places.extend(self.take(claim, now)?);
        }
        places.into_iter().for_each(|place| claims.hold(place));
        Ok(())
    }

    /// The refusal of a tier that enforces, if it has nothing left.
    fn looked(&self, claim: &Claim, now: u64) -> Option<Refusal> {
        let looked = claim.tier.look(claim.ask, now, self.replicas());
        match looked {
            Ok(standing) if standing.allowed => None,
            Ok(standing) => {
                self.report_store(claim);
                self.refuse(claim, standing, now).err()
            }
            Err(NoRoom(standing)) => {
                self.report_store(claim);
                self.report(claim, false);
                Some(Refusal::quota(claim, standing))
            }
        }
    }

    /// Decides one claim here; a place is held until the end of the answer.
    fn take(&self, claim: &mut Claim, now: u64) -> Result<Option<Place>, Refusal> {
        self.report_store(claim);
        let policy = self.policy(claim);
        if policy != Outage::LocalShare {
            let open = policy == Outage::Open;
            self.report(claim, open);
            return if open || !claim.enforces() { Ok(None) } else { Err(Refusal::of(claim, Why::Away)) };
        }
        let replicas = self.replicas();
        let taken = match claim.tier.take(claim.ask, now, replicas) {
            Ok(taken) => taken,
            // No fault of the key's: nobody is banned for it.
            Err(NoRoom(standing)) => {
                self.report(claim, false);
                claim.standing = Some(standing);
                return if claim.enforces() { Err(Refusal::quota(claim, standing)) } else { Ok(None) };
            }
        };
        claim.standing = Some(taken.standing);
        if !taken.standing.allowed {
            return self.refuse(claim, taken.standing, now).map(|()| None);
        }
        self.report(claim, true);
        if !claim.tier.is_shared() {
            return Ok(Some(Place::new(Arc::clone(&claim.tier), claim.ask)));
        }
        // A question that was not answered in time may have been counted all the same: nobody is charged twice for a slow store.
        if self.shared.is_some() && !claim.asked {
            claim.tier.owe(claim.ask, now);
        }
        claim.counted = Some(Counted { here: Some((taken.at, replicas)), shared: None });
        Ok(None)
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

    pub(super) fn now(&self) -> u64 {
        nanos_since(&self.clock, self.start)
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
