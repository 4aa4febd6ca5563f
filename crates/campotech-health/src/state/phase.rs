//! Where the service is in its life, apart from what its checks find.

use serde::{Serialize, Serializer};

/// Where the service is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Phase {
    /// Some check has no result yet, or a latch is held.
    Starting,
    /// Open for business.
    Serving,
    /// On its way out; final.
    Draining,
    /// Switched to maintenance, and can be switched back.
    Maintenance,
    /// The checks were stopped; final.
    Stopped,
}

/// What decides about the phase. The phase is always derived, so no late event can bring an earlier one back.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Lifecycle {
    pub(super) started: bool,
    pub(super) draining: bool,
    pub(super) stopped: bool,
    pub(super) maintenance: bool,
    /// How many of the runtimes that are watched do no work.
    pub(super) stalled: usize,
    pub(super) latches: Vec<(u64, &'static str)>,
}

impl Phase {
    pub(crate) const ALL: [Self; 5] =
        [Self::Starting, Self::Serving, Self::Draining, Self::Maintenance, Self::Stopped];

    /// The code: `starting`, `serving`, `draining`, `maintenance`, `stopped`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::Serving => "serving",
            Self::Draining => "draining",
            Self::Maintenance => "maintenance",
            Self::Stopped => "stopped",
        }
    }
}

impl Serialize for Phase {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl Lifecycle {
    pub(super) fn phase(&self, every_check_has_a_result: bool) -> Phase {
        if self.stopped {
            Phase::Stopped
        } else if self.draining {
            Phase::Draining
        } else if self.maintenance {
            Phase::Maintenance
        } else if !self.started || !self.latches.is_empty() || !every_check_has_a_result {
            Phase::Starting
        } else {
            Phase::Serving
        }
    }
}
