//! Shared rate limits -> log, status page and health: who decides.

use campotech_health::{Check, CheckResult, Reason, check_fn};
use campotech_security::rate_limit::shared::{SharedLimits, Sharing, StoreFault};

use tokio::sync::watch;

use crate::platform::Platform;

impl Platform {
    /// Shares the rate-limit tiers with other replicas; while their store is away, each tier's
    /// [`Outage`](campotech_security::rate_limit::Outage) says who decides.
    ///
    /// The breaker is the component `rate_limits`: degraded while the store does not decide.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    #[must_use]
    pub fn shared_limits(mut self, shared: SharedLimits) -> Self {
        let mut changes = shared.changes();
        // What it is by now is said, too.
        changes.mark_changed();
        tokio::spawn(log_changes(changes));
        self.additions.shared = Some(shared.clone());
        let watched = shared.clone();
        self = self.check(
            check_fn(COMPONENT, move || {
                let found = found(watched.sharing());
                async move { found }
            })
            .degrading(),
        );
        self.fact("rate limits", move || said(&shared))
    }
}

const COMPONENT: &str = "rate_limits";

/// A store that was not heard of yet is asked all the same.
const fn found(sharing: Sharing) -> CheckResult {
    match sharing {
        Sharing::Shared | Sharing::Starting => CheckResult::ok(),
        Sharing::Away(fault) => CheckResult::degraded(match fault {
            StoreFault::Timeout => Reason::Timeout,
            StoreFault::Unreachable | StoreFault::Cluster => Reason::Unreachable,
            StoreFault::ReadOnly => Reason::ReadOnly,
            StoreFault::Full => Reason::OutOfMemory,
            StoreFault::Loading => Reason::Loading,
            StoreFault::Denied => Reason::Auth,
            StoreFault::Unexpected => Reason::BadBody,
            StoreFault::Stopped => Reason::Disabled,
            _ => Reason::Internal,
        }),
    }
}

fn said(shared: &SharedLimits) -> String {
    match shared.sharing() {
        Sharing::Shared => format!("shared by {}", shared.replicas()),
        Sharing::Starting => "starting".to_owned(),
        Sharing::Away(fault) => format!("own share of {}: store {}", shared.replicas(), fault.as_str()),
    }
}

/// Ends with the last layer that shares.
async fn log_changes(mut changes: watch::Receiver<Sharing>) {
    while changes.changed().await.is_ok() {
        match *changes.borrow_and_update() {
            Sharing::Away(fault) => {
                tracing::warn!(fault = fault.as_str(), "rate limits are by this replica's share");
            }
            Sharing::Shared => tracing::info!("rate limits are shared"),
            Sharing::Starting => {}
        }
    }
}
