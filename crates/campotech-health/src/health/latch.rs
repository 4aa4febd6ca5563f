//! A hold on readiness.

use std::fmt;
use std::sync::Weak;

use crate::state::Shared;

/// Keeps the service in phase `starting` until it is dropped; made by [`Health::latch`](crate::Health::latch).
///
/// Dropped by a panic, it stays: a start that failed half-way does not make the service ready.
#[must_use = "dropping it makes the service ready"]
pub struct ReadinessLatch {
    pub(super) shared: Weak<Shared>,
    pub(super) id: u64,
    pub(super) name: &'static str,
}

impl ReadinessLatch {
    /// Lets go, as dropping does.
    pub fn release(self) {}

    /// What is waited for.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }
}

impl Drop for ReadinessLatch {
    fn drop(&mut self) {
        if std::thread::panicking() {
            return;
        }
        if let Some(shared) = self.shared.upgrade() {
            shared.release(self.id);
        }
    }
}

impl fmt::Debug for ReadinessLatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ReadinessLatch").field(&self.name).finish()
    }
}
