//! Drain -> error tracking: what is queued leaves before the process does, within a bound.

use campotech_sentry::SentryGuard;
use tokio::time::{Instant, timeout_at};

pub(crate) async fn flush(guard: SentryGuard, deadline: Instant) {
    let bound = deadline.saturating_duration_since(Instant::now());
    let flushed = tokio::task::spawn_blocking(move || guard.flush(bound));
    if timeout_at(deadline, flushed).await.is_err() {
        tracing::warn!("error events were left behind");
    }
}
