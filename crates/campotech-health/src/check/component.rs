//! A check with its name and weight.

use std::fmt;
use std::sync::Arc;

use serde::{Serialize, Serializer};

use super::{Check, ErasedCheck};

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
        Self { name: check.name().into(), criticality, peer: check.is_peer(), check: Arc::new(check) }
    }

    /// Another name than the check's own, as for a second database.
    #[must_use]
    pub fn named(mut self, name: impl Into<Arc<str>>) -> Self {
        self.name = name.into();
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

    pub(crate) fn has_valid_name(&self) -> bool {
        let bytes = self.name.as_bytes();
        let tail = |b: &u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'_' | b'-');
        bytes.len() <= 63 && bytes.first().is_some_and(u8::is_ascii_lowercase) && bytes.iter().all(tail)
    }
}

impl fmt::Debug for Component {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Component")
            .field("name", &self.name)
            .field("criticality", &self.criticality)
            .finish_non_exhaustive()
    }
}
