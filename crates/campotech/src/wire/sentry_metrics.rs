//! Error tracking -> metrics: what became of each event.

use campotech_metrics::Metrics;
use campotech_sentry::{SentryCounts, SentryGuard};

use crate::error::PlatformError;

/// An outcome and what reads its total.
type Outcome = (&'static str, fn(&SentryCounts) -> u64);

const OUTCOMES: [Outcome; 5] = [
    ("sent", SentryCounts::sent),
    ("limited", SentryCounts::limited),
    ("filtered", SentryCounts::filtered),
    ("dropped", SentryCounts::dropped),
    ("refused", SentryCounts::refused),
];

pub(crate) fn publish(metrics: &Metrics, sentry: &SentryGuard) -> Result<(), PlatformError> {
    let help = "Error events by what became of them: sent, left out by the storm limit, expected, lost here, not taken";
    for (outcome, read) in OUTCOMES {
        let counts = sentry.counts();
        metrics
            .counter_fn("sentry_events_total", help, &[("outcome", outcome)], move || read(&counts))
            .map_err(PlatformError::build("metrics"))?;
    }
    let (help, counts) =
        ("Transactions, sessions and other items for Sentry that were lost", sentry.counts());
    metrics
        .counter_fn("sentry_other_items_lost_total", help, &[], move || counts.others_lost())
        .map_err(PlatformError::build("metrics"))
}
