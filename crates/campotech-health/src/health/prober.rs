//! The background task of one check: a run, its deadline, its result, a pause.

use std::sync::{Arc, Weak};
use std::time::Duration;

use campotech_core::ComponentStatus;
use tokio::task::{JoinError, JoinHandle};
use tokio::time::{Instant, sleep_until, timeout};

use crate::check::CheckResult;
use crate::reason::Reason;
use crate::state::{Shared, jittered};

/// A run that ends with its prober.
struct Run(JoinHandle<CheckResult>);

impl Drop for Run {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Runs a check for as long as somebody holds a handle. It keeps none itself while it waits.
pub(super) async fn probe(shared: Weak<Shared>, index: usize) {
    loop {
        let Some(live) = shared.upgrade() else { return };
        let (settings, number) = (live.plan.settings[index], live.begin(index));
        let check = Arc::clone(&live.plan.components[index].check);
        drop(live);

        let started = Instant::now();
        // A task of its own: its panic ends nothing else, and one that blocks its thread can't delay our verdict.
        let mut run = Run(tokio::spawn(async move { check.run_boxed().await }));
        let (result, overdue) = match timeout(settings.timeout, &mut run.0).await {
            Ok(Ok(result)) => (result, false),
            Ok(Err(error)) if error.is_panic() => (panicked(error), false),
            Ok(Err(_)) => return, // The runtime is shutting down.
            Err(_) => (CheckResult::failed(Reason::Timeout), true),
        };
        let Some(live) = shared.upgrade() else { return };
        live.record(index, number, started, &result);
        drop(live);

        let next = if result.status() == ComponentStatus::Unhealthy {
            later(Instant::now(), jittered(settings.reprobe, rand::random()))
        } else {
            later(started, jittered(settings.interval, rand::random()))
        };
        if overdue {
            // A run never overlaps the one before. One that can't be ended is as bad as runs that fail, and told as such.
            run.0.abort();
            while timeout(settings.reprobe, &mut run.0).await.is_err() {
                let Some(live) = shared.upgrade() else { return };
                live.record(index, number, started, &result);
            }
        }
        sleep_until(next).await;
    }
}

/// `pause` after `moment`; for a pause without end, long after everything.
fn later(moment: Instant, pause: Duration) -> Instant {
    const AGES: Duration = Duration::from_secs(100 * 365 * 24 * 3_600);
    moment.checked_add(pause).unwrap_or_else(|| moment + AGES)
}

fn panicked(error: JoinError) -> CheckResult {
    let payload = error.into_panic();
    let text = payload.downcast_ref::<&str>().map(|text| (*text).to_owned());
    let text = text.or_else(|| payload.downcast_ref::<String>().cloned());
    CheckResult::failed(Reason::Panicked).with_message(text.as_deref().unwrap_or("panicked"))
}
