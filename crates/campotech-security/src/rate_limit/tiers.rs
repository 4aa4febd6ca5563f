//! The tiers of a layer, and which of them a request is counted by.

use std::collections::HashSet;
use std::sync::Arc;

use super::claim::{Claim, Claims};
use super::tier::{Reading, ReadyTier, Tier};
use super::view::RequestView;
use crate::ConfigError;
use crate::path_pattern::PathReadings;

/// The tiers of a layer, in the order in which they are asked.
#[derive(Debug)]
pub(super) struct Tiers {
    routed: Vec<Arc<ReadyTier>>,
    default: Option<Arc<ReadyTier>>,
}

/// A tier that enforces has no key for the request, and refuses it therefore.
#[derive(Debug)]
pub(super) struct NoKey;

impl Tiers {
    /// `before` are the tiers that these replace: keys go over to those of the same name.
    pub(super) fn new(
        tiers: impl IntoIterator<Item = Tier>,
        before: Option<&Self>,
    ) -> Result<Self, ConfigError> {
        let mut names = HashSet::new();
        let mut ready = Self { routed: Vec::new(), default: None };
        for tier in tiers {
            let mut tier = ReadyTier::new(tier)?;
            inherit(&mut tier, before);
            if let Some(second) = tier.also.as_mut().and_then(Arc::get_mut) {
                inherit(second, before);
            }
            for name in iter_names(&tier) {
                if !names.insert(name.to_owned()) {
                    return Err(ConfigError::DuplicateTier(name.to_owned()));
                }
            }
            let tier = Arc::new(tier);
            if !tier.is_default() {
                ready.routed.push(tier);
            } else if ready.default.is_some() {
                return Err(ConfigError::SecondDefaultTier(tier.name.clone()));
            } else {
                ready.default = Some(tier);
            }
        }
        Ok(ready)
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.routed.iter().chain(&self.default).flat_map(|tier| iter_names(tier))
    }

    /// What a request asks of its tiers: of the first that fits, and of its second one; for a path with two readings, of
    /// the tiers of both, none twice. `keyless` hears of those that have no key for it.
    pub(super) fn claims(
        &self,
        request: &RequestView<'_>,
        mut keyless: impl FnMut(&ReadyTier),
    ) -> Result<Option<Claims>, NoKey> {
        let mut claims = None;
        if self.routed.is_empty() {
            if let Some(default) = &self.default {
                with_second(default, request, &mut claims, &mut keyless)?;
            }
            return Ok(claims);
        }
        let path = PathReadings::new(request.uri().path());
        let first = |reading| {
            let fits = |tier: &&Arc<ReadyTier>| tier.fits(request, &path, reading);
            self.routed.iter().find(fits).or(self.default.as_ref())
        };
        let sent = first(Reading::Sent);
        let resolved = if path.is_ambiguous() { first(Reading::Resolved) } else { None };
        let resolved = resolved.filter(|tier| sent.is_none_or(|sent| !Arc::ptr_eq(sent, tier)));
        for tier in [sent, resolved].into_iter().flatten() {
            with_second(tier, request, &mut claims, &mut keyless)?;
        }
        Ok(claims)
    }
}

fn with_second(
    tier: &Arc<ReadyTier>,
    request: &RequestView<'_>,
    claims: &mut Option<Claims>,
    keyless: &mut dyn FnMut(&ReadyTier),
) -> Result<(), NoKey> {
    claim(tier, request, claims, keyless)?;
    match &tier.also {
        Some(second) if second.fits_beside_its_path(request) => claim(second, request, claims, keyless),
        _ => Ok(()),
    }
}

fn claim(
    tier: &Arc<ReadyTier>,
    request: &RequestView<'_>,
    claims: &mut Option<Claims>,
    keyless: &mut dyn FnMut(&ReadyTier),
) -> Result<(), NoKey> {
    if tier.exempts(request) {
        return Ok(());
    }
    let Some(ask) = tier.ask(request) else {
        if tier.refuses_without_key {
            keyless(tier);
            if tier.mode.enforces() {
                return Err(NoKey);
            }
        }
        return Ok(());
    };
    let claim = Claim::new(Arc::clone(tier), ask);
    match claims {
        None => *claims = Some(Claims::new(claim)),
        Some(claims) => claims.push(claim),
    }
    Ok(())
}

fn inherit(tier: &mut ReadyTier, before: Option<&Tiers>) {
    let Some(before) = before else { return };
    let all = before.routed.iter().chain(&before.default);
    let old =
        all.flat_map(|tier| [Some(tier), tier.also.as_ref()]).flatten().find(|old| old.name == tier.name);
    if let Some(old) = old {
        tier.adopt(old);
    }
}

fn iter_names(tier: &ReadyTier) -> impl Iterator<Item = &str> {
    [Some(tier), tier.also.as_deref()].into_iter().flatten().map(|tier| &*tier.name)
}
