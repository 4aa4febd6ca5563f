//! Shared rate limits -> log and status page: who decides.

use campotech_security::rate_limit::shared::{SharedLimits, Sharing};

use crate::platform::Platform;

impl Platform {
    /// Shares the rate-limit tiers with other replicas; while their store is away, each decides by its share.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    #[must_use]
    pub fn shared_limits(mut self, shared: SharedLimits) -> Self {
        tokio::spawn(log_changes(shared.clone()));
        self.additions.shared = Some(shared.clone());
        self.fact("rate limits", move || said(&shared))
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
async fn log_changes(shared: SharedLimits) {
    let mut changes = shared.changes();
    drop(shared);
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
