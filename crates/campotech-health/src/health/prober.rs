//! The background task of one check: a run, its deadline, its result, a pause.

use std::sync::{Arc, Weak};
use std::time::Duration;

use campotech_core::ComponentStatus;
use tokio::task::{JoinError, JoinHandle};
use tokio::time::{Instant, sleep_until, timeout};

use crate::check::CheckResult;
use crate::reason::Reason;
use crate::state::Shared;

const JITTER: f64 = 0.1;

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
        let (settings, number) = (live.plan.settings, live.begin(index));
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
            Instant::now() + jittered(settings.reprobe, rand::random())
        } else {
            started + jittered(settings.interval, rand::random())
        };
        if overdue {
            // A run never overlaps the one before. One that can't be ended leaves its result to grow stale.
            run.0.abort();
            let _ = (&mut run.0).await;
        }
        sleep_until(next).await;
    }
}

/// The longest that a jittered `base` gets.
pub(super) fn latest(base: Duration) -> Duration {
    jittered(base, 1.0)
}

/// `base`, give or take a tenth; `unit` is within 0 to 1.
fn jittered(base: Duration, unit: f64) -> Duration {
    let factor = (unit.clamp(0.0, 1.0) * 2.0 - 1.0).mul_add(JITTER, 1.0);
    Duration::try_from_secs_f64(base.as_secs_f64() * factor).unwrap_or(base)
}

fn panicked(error: JoinError) -> CheckResult {
    let payload = error.into_panic();
    let text = payload.downcast_ref::<&str>().map(|text| (*text).to_owned());
    let text = text.or_else(|| payload.downcast_ref::<String>().cloned());
    CheckResult::failed(Reason::Panicked).with_message(text.as_deref().unwrap_or("panicked"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn jitter_is_at_most_a_tenth(millis in 1..100_000_u64, unit in 0.0..=1.0_f64) {
            let base = Duration::from_millis(millis);
            let slack = Duration::from_nanos(200);
            let jittered = jittered(base, unit);
            prop_assert!(jittered + slack >= base * 9 / 10 && jittered <= base * 11 / 10 + slack);
            prop_assert!(jittered <= latest(base));
        }
    }

    #[test]
    fn jitter_spans_its_whole_range() {
        let base = Duration::from_secs(10);
        assert_eq!(jittered(base, 0.0), Duration::from_secs(9));
        assert_eq!(jittered(base, 0.5), base);
        assert_eq!(jittered(base, 1.0), Duration::from_secs(11));
        assert_eq!(latest(Duration::MAX), Duration::MAX);
    }
}
