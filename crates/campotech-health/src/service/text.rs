//! Answers for a terminal: a line for the service, one for each component.

use std::fmt::Write;

use crate::state::{ComponentSnapshot, Glance, millis};

/// `healthy serving`.
pub(super) fn brief(glance: Glance) -> String {
    let stalled = if glance.stalled { " stalled" } else { "" };
    format!("{} {}{stalled}\n", glance.status.as_str(), glance.phase.as_str())
}

/// `postgres healthy ok 0.8 ms`, each on a line of its own.
pub(super) fn components(components: &[ComponentSnapshot]) -> String {
    let mut text = String::new();
    for component in components {
        let (status, reason) = (component.status.as_str(), component.reason.as_str());
        // Writing into a string never fails.
        let _ = write!(text, "{} {status} {reason}", component.name);
        if let Some(latency) = component.latency {
            let _ = write!(text, " {} ms", millis(latency));
        }
        text.push('\n');
    }
    text
}
