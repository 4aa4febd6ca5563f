//! Watching the platform, executed: the rules, dashboards and runbooks of `infrastructure/monitoring` and `docs/runbooks`.

pub mod dashboards;
pub mod files;
pub mod grafana_alerts;
pub mod live;
pub mod promql;
mod report;
pub mod rules;
pub mod runbooks;
pub mod sentry;

pub use report::Report;

use std::io::Write;

/// Prints a line; a reader that went away is no reason to stop.
pub(crate) fn say(line: &str) {
    let _ = writeln!(std::io::stdout().lock(), "{line}");
}
