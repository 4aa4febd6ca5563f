//! What the demonstration saw.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use http::StatusCode;

/// Counts of everything, shared by the whole cast.
#[derive(Debug, Default)]
pub(crate) struct Report {
    statuses: Mutex<std::collections::BTreeMap<u16, u64>>,
    millis: Mutex<Vec<f64>>,
    unanswered: AtomicU64,
    pub(crate) jobs: AtomicU64,
    pub(crate) customers: AtomicU64,
    pub(crate) texts: AtomicU64,
    pub(crate) voices: AtomicU64,
    pub(crate) events: AtomicU64,
    pub(crate) limited: AtomicU64,
    retry_after: AtomicU64,
}

impl Report {
    pub(crate) fn answered(&self, status: StatusCode, time: Duration) {
        if let Ok(mut statuses) = self.statuses.lock() {
            *statuses.entry(status.as_u16()).or_default() += 1;
        }
        if let Ok(mut millis) = self.millis.lock() {
            millis.push(time.as_secs_f64() * 1_000.0);
        }
    }

    pub(crate) fn unanswered(&self) {
        self.unanswered.fetch_add(1, Relaxed);
    }

    pub(crate) fn limited(&self, retry_after: u64) {
        self.limited.fetch_add(1, Relaxed);
        self.retry_after.store(retry_after, Relaxed);
    }

    pub(crate) fn progress(&self) -> String {
        format!(
            "{} requests  {} jobs  {} customers  {} texts  {} voice messages  {} events  {} limited",
            self.requests(),
            self.jobs.load(Relaxed),
            self.customers.load(Relaxed),
            self.texts.load(Relaxed),
            self.voices.load(Relaxed),
            self.events.load(Relaxed),
            self.limited.load(Relaxed),
        )
    }

    pub(crate) fn summary(&self, server: SocketAddr) -> String {
        let mut out = String::from("\nSummary\n");
        let line = |out: &mut String, name: &str, value: String| {
            let _ = writeln!(out, "  {name:<28}{value:>10}");
        };
        line(&mut out, "requests answered", self.requests().to_string());
        if let Ok(statuses) = self.statuses.lock() {
            for (status, count) in &*statuses {
                let reason =
                    StatusCode::from_u16(*status).ok().and_then(|s| s.canonical_reason()).unwrap_or("");
                line(&mut out, &format!("  {status} {reason}"), count.to_string());
            }
        }
        line(&mut out, "requests without an answer", self.unanswered.load(Relaxed).to_string());
        line(&mut out, "jobs created", self.jobs.load(Relaxed).to_string());
        line(&mut out, "customers created", self.customers.load(Relaxed).to_string());
        line(&mut out, "WhatsApp texts", self.texts.load(Relaxed).to_string());
        line(&mut out, "WhatsApp voice messages", self.voices.load(Relaxed).to_string());
        line(&mut out, "events on the WebSocket", self.events.load(Relaxed).to_string());
        if let Some([p50, p95, p99]) = self.percentiles() {
            line(&mut out, "time to answer, p50", format!("{p50:.1} ms"));
            line(&mut out, "time to answer, p95", format!("{p95:.1} ms"));
            line(&mut out, "time to answer, p99", format!("{p99:.1} ms"));
        }
        if self.limited.load(Relaxed) > 0 {
            let wait = self.retry_after.load(Relaxed);
            let _ = writeln!(
                out,
                "\n  Somebody guessed passwords and was shown a 429 with Retry-After: {wait} s."
            );
        }
        let _ = write!(out, "\n  Now look at http://{server}/status and http://{server}/metrics");
        out
    }

    fn requests(&self) -> u64 {
        self.statuses.lock().map_or(0, |statuses| statuses.values().sum())
    }

    fn percentiles(&self) -> Option<[f64; 3]> {
        let mut millis = self.millis.lock().ok()?.clone();
        millis.sort_by(f64::total_cmp);
        let at = |share: usize| {
            millis.get((millis.len() * share / 100).min(millis.len().saturating_sub(1))).copied()
        };
        Some([at(50)?, at(95)?, at(99)?])
    }
}
