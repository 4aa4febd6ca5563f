//! What happened, one by one.

use std::sync::Arc;

use campotech_core::ComponentStatus;

use super::Phase;
use crate::reason::Reason;

/// One change; sent by [`Health::events`](crate::Health::events).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum HealthEvent {
    /// A component changed its state, after thresholds.
    Component {
        /// Its name.
        name: Arc<str>,
        /// The state it left.
        from: ComponentStatus,
        /// The state it is in now.
        to: ComponentStatus,
        /// Why.
        reason: Reason,
    },
    /// The service is in another phase of its life.
    Phase {
        /// The phase it left.
        from: Phase,
        /// The phase it is in now.
        to: Phase,
    },
    /// The runtime that is watched does no work, or does again.
    Stalled(bool),
}
