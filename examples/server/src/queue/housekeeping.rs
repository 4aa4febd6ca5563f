//! Removes now and then what has expired.

use std::time::Duration;

use campotech::core::{Clock, SystemClock};
use tokio_util::sync::CancellationToken;

use crate::domain::wall_now;
use crate::store::Store;

/// So many of each kind in one transaction, so that others don't wait long behind it.
const AT_ONCE: usize = 500;

/// Removes what has expired, every `period`, until `stop` is cancelled.
pub async fn housekeeping(store: Store, period: Duration, stop: CancellationToken) {
    let _ = stop.run_until_cancelled(sweep_forever(&store, period, &SystemClock)).await;
}

async fn sweep_forever<C: Clock>(store: &Store, period: Duration, clock: &C) {
    loop {
        match store.delete_expired(AT_ONCE, wall_now(clock)).await {
            // A full batch: there may be more.
            Ok(gone) if gone.sessions == AT_ONCE || gone.messages == AT_ONCE => continue,
            Ok(gone) => tracing::debug!(gone.sessions, gone.messages, "removed what has expired"),
            Err(error) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "expired records can't be removed");
            }
        }
        tokio::time::sleep(period).await;
    }
}
