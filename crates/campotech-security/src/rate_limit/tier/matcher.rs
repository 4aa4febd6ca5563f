//! The requests that a tier is for.

use std::fmt;

use http::Method;

use super::builder::{Condition, Tier};
use crate::ConfigError;
use crate::path_pattern::{PathPattern, PathReadings};
use crate::rate_limit::view::RequestView;

/// Routes, methods and a condition, all of which have to fit.
pub(super) struct Matcher {
    patterns: Box<[PathPattern]>,
    methods: Box<[Method]>,
    condition: Option<Condition>,
}

/// Which of the readings of a path.
#[derive(Debug, Clone, Copy)]
pub(in crate::rate_limit) enum Reading {
    /// As it was sent, segment by segment.
    Sent,
    /// Decoded first, dots resolved.
    Resolved,
}

impl Matcher {
    pub(super) fn new(tier: &Tier) -> Result<Self, ConfigError> {
        let patterns = tier.routes.iter().map(|route| PathPattern::parse(route)).collect::<Result<_, _>>()?;
        Ok(Self { patterns, methods: tier.methods.clone().into(), condition: tier.condition.clone() })
    }

    /// Whether it is for every request.
    pub(super) fn is_any(&self) -> bool {
        self.patterns.is_empty() && self.methods.is_empty() && self.condition.is_none()
    }

    pub(super) const fn has_routes(&self) -> bool {
        !self.patterns.is_empty()
    }

    /// Whether a second tier, which has no routes, is for it.
    pub(super) fn fits_beside_its_path(&self, request: &RequestView<'_>) -> bool {
        (self.methods.is_empty() || self.methods.contains(request.method()))
            && self.condition.as_ref().is_none_or(|condition| condition(request))
    }

    pub(super) fn fits(&self, request: &RequestView<'_>, path: &PathReadings<'_>, reading: Reading) -> bool {
        let fits = |pattern: &PathPattern| match reading {
            Reading::Sent => path.raw_fits(pattern),
            Reading::Resolved => path.resolved_fits(pattern).unwrap_or(false),
        };
        (self.patterns.is_empty() || self.patterns.iter().any(fits)) && self.fits_beside_its_path(request)
    }
}

impl fmt::Debug for Matcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Matcher")
            .field("patterns", &self.patterns)
            .field("methods", &self.methods)
            .finish_non_exhaustive()
    }
}
