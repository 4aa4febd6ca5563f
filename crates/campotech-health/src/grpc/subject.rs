//! Whom a client asks about, and how it is.

use std::time::Duration;

use campotech_core::ComponentStatus;
use tokio::time::Instant;
use tonic_health::pb::health_check_response::ServingStatus;

use crate::service::Details;
use crate::state::{Phase, Scope, Shared};

/// Whom a client asks about. Keeps nothing that a client sent.
#[derive(Debug, Clone, Copy)]
pub(super) enum Subject {
    /// The service as a whole, by the name of no letters.
    Service(Scope),
    /// A component, by its place.
    Component(usize),
    /// Nobody.
    Unknown,
}

/// How the subject is at one moment.
#[derive(Debug)]
pub(super) struct Look {
    pub(super) status: ServingStatus,
    /// When it may be another, though nobody announces it: a result has grown stale.
    pub(super) again_at: Option<Instant>,
    /// The checks were stopped.
    pub(super) is_last: bool,
}

impl Subject {
    pub(super) fn of(name: &str, details: Details, scope: Scope, shared: &Shared) -> Self {
        match details {
            _ if name.is_empty() => Self::Service(scope),
            Details::Shown => shared.plan.index_of(name).map_or(Self::Unknown, Self::Component),
            Details::Hidden => Self::Unknown,
        }
    }

    /// What the routes say with their status.
    pub(super) fn status(self, shared: &Shared) -> ServingStatus {
        let fine = match self {
            Self::Service(scope) => shared.glance(scope).is_ready(),
            Self::Component(index) => {
                let (status, stalled) = (shared.component(index).status, shared.phase().1);
                matches!(status, ComponentStatus::Healthy | ComponentStatus::Degraded) && !stalled
            }
            Self::Unknown => return ServingStatus::ServiceUnknown,
        };
        if fine { ServingStatus::Serving } else { ServingStatus::NotServing }
    }

    pub(super) fn look(self, shared: &Shared) -> Look {
        // Before the status: a result that grows stale between the two must not be missed.
        let fresh_until = shared.fresh_until(Instant::now());
        Look {
            status: self.status(shared),
            // It is stale after that moment, and timers count in milliseconds.
            again_at: fresh_until.and_then(|until| until.checked_add(Duration::from_millis(1))),
            is_last: shared.phase().0 == Phase::Stopped,
        }
    }
}
