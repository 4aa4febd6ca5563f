//! A check with its name and weight.

use std::fmt;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use serde::{Serialize, Serializer};

use super::{Check, ErasedCheck};
use crate::state::Overrides;

/// How much a component matters to the service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Criticality {
    /// The service can't work without it.
    Critical,
    /// The service works worse without it.
    Degrading,
    /// It is shown, and has no influence.
    Informational,
}

/// A check that is ready to be registered; made by [`Check::critical`] and its siblings.
#[derive(Clone)]
pub struct Component {
    pub(crate) name: Arc<str>,
    pub(crate) criticality: Criticality,
    pub(crate) peer: bool,
    pub(crate) fails_open: bool,
    pub(crate) tags: Vec<Arc<str>>,
    pub(crate) overrides: Overrides,
    pub(crate) check: Arc<dyn ErasedCheck>,
}

impl Criticality {
    /// The code: `critical`, `degrading`, `informational`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Critical => "critical",
            Self::Degrading => "degrading",
            Self::Informational => "informational",
        }
    }
}

impl Serialize for Criticality {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl Component {
    /// `check` under its own name.
    #[must_use]
    pub fn new<C: Check>(check: C, criticality: Criticality) -> Self {
        Self {
            name: check.name().into(),
            criticality,
            peer: check.is_peer(),
            fails_open: false,
            tags: Vec::new(),
            overrides: Overrides::default(),
            check: Arc::new(check),
        }
    }

    /// Another name than the check's own, as for a second database.
    #[must_use]
    pub fn named(mut self, name: impl Into<Arc<str>>) -> Self {
        self.name = name.into();
        self
    }

    /// For a critical dependency that every instance shares: once it has worked, its failure makes the service degraded and
    /// not unready.
    ///
    /// With it away, every instance would be unready at once, and nobody would be left to say so, or to answer what needs
    /// no dependency. An instance that has never seen it work stays out.
    #[must_use]
    pub const fn failing_open(mut self) -> Self {
        self.fails_open = true;
        self
    }

    /// Puts it into the group of that name too, which is made of all components with the tag and has a route,
    /// `/health/groups/{tag}`.
    #[must_use]
    pub fn with_tag(mut self, tag: impl Into<Arc<str>>) -> Self {
        self.tags.push(tag.into());
        self
    }

    /// Its own [`HealthBuilder::with_interval`](crate::HealthBuilder::with_interval).
    #[must_use]
    pub const fn with_interval(mut self, interval: Duration) -> Self {
        self.overrides.interval = Some(interval);
        self
    }

    /// Its own [`HealthBuilder::with_timeout`](crate::HealthBuilder::with_timeout).
    #[must_use]
    pub const fn with_timeout(mut self, timeout: Duration) -> Self {
        self.overrides.timeout = Some(timeout);
        self
    }

    /// Its own [`HealthBuilder::with_reprobe`](crate::HealthBuilder::with_reprobe).
    #[must_use]
    pub const fn with_reprobe(mut self, reprobe: Duration) -> Self {
        self.overrides.reprobe = Some(reprobe);
        self
    }

    /// Its own [`HealthBuilder::with_max_age`](crate::HealthBuilder::with_max_age).
    #[must_use]
    pub const fn with_max_age(mut self, max_age: Duration) -> Self {
        self.overrides.max_age = Some(max_age);
        self
    }

    /// Its own [`HealthBuilder::with_failure_threshold`](crate::HealthBuilder::with_failure_threshold).
    #[must_use]
    pub const fn with_failure_threshold(mut self, failures: NonZeroU32) -> Self {
        self.overrides.failures = Some(failures);
        self
    }

    /// Its own [`HealthBuilder::with_success_threshold`](crate::HealthBuilder::with_success_threshold).
    #[must_use]
    pub const fn with_success_threshold(mut self, successes: NonZeroU32) -> Self {
        self.overrides.successes = Some(successes);
        self
    }

    /// The name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How much it matters.
    #[must_use]
    pub const fn criticality(&self) -> Criticality {
        self.criticality
    }
}

/// Whether `name` may be that of a component or a group: it becomes a label and a part of a path.
pub(crate) fn is_name(name: &str) -> bool {
    let bytes = name.as_bytes();
    let tail = |b: &u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'_' | b'-');
    bytes.len() <= 63 && bytes.first().is_some_and(u8::is_ascii_lowercase) && bytes.iter().all(tail)
}

impl fmt::Debug for Component {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Component")
            .field("name", &self.name)
            .field("criticality", &self.criticality)
            .finish_non_exhaustive()
    }
}
