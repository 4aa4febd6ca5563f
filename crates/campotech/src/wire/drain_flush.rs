//! Drain -> error tracking: what is queued leaves before the process does, within a bound.

use std::time::Duration;

use campotech_sentry::SentryGuard;

const BOUND: Duration = Duration::from_secs(2);

pub(crate) async fn flush(guard: SentryGuard) {
    let flushed = tokio::task::spawn_blocking(move || guard.flush(BOUND));
    let _ = tokio::time::timeout(BOUND + Duration::from_millis(500), flushed).await;
}
