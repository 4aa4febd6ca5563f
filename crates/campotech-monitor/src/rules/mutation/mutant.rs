//! One alert with one change.

use std::path::PathBuf;

use super::{expr, hold};
use crate::rules::{Alert, RuleFile};

/// An alert with one change, which its tests have to notice.
#[derive(Debug, Clone)]
pub struct Mutant {
    /// The alert as it is after the change.
    pub alert: Alert,
    /// What was changed, for people.
    pub change: String,
}

/// Why no verdict was reached.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MutationError {
    /// An expression that doesn't parse.
    #[error("{alert}: no PromQL: {message}")]
    Promql {
        /// Whose.
        alert: String,
        /// Why.
        message: String,
    },
    /// A `for` that is no duration.
    #[error("{alert}: `for: {hold}` is no duration")]
    Hold {
        /// Whose.
        alert: String,
        /// The text.
        hold: String,
    },
    /// `promtool` is not there, or can't be started.
    #[error("can't start promtool (Debian package prometheus)")]
    Promtool(#[source] std::io::Error),
    /// The copy.
    #[error("can't write {}", path.display())]
    Io {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The unchanged alert fails, so a failure after a change says nothing.
    #[error("{alert}: the tests fail without any change:\n{output}")]
    Baseline {
        /// Whose.
        alert: String,
        /// What `promtool` said.
        output: String,
    },
    /// A failure that is none of a test, so it says nothing about the tests.
    #[error("{alert}, {change}: promtool failed before it came to the tests:\n{output}")]
    Broken {
        /// Whose.
        alert: String,
        /// What was changed.
        change: String,
        /// What `promtool` said.
        output: String,
    },
}

/// Every change of every alert of `file`: its comparisons, its guards, its `for`.
///
/// # Errors
/// [`MutationError::Promql`], [`MutationError::Hold`].
pub fn mutants(file: &RuleFile) -> Result<Vec<Mutant>, MutationError> {
    let mut found = Vec::new();
    for alert in file.alerts() {
        let changes = expr::changes(&alert.expr)
            .map_err(|message| MutationError::Promql { alert: alert.alert.clone(), message })?;
        found.extend(
            changes
                .into_iter()
                .map(|(change, expr)| Mutant { alert: Alert { expr, ..alert.clone() }, change }),
        );
        let holds = hold::changes(&alert.hold)
            .ok_or_else(|| MutationError::Hold { alert: alert.alert.clone(), hold: alert.hold.clone() })?;
        found.extend(holds.into_iter().map(|hold| Mutant {
            change: format!("for: {} -> {hold}", alert.hold),
            alert: Alert { hold, ..alert.clone() },
        }));
    }
    Ok(found)
}

/// The alert as the printer of the changes writes it: it has to pass, or the printer is wrong.
pub(super) fn unchanged(alert: &Alert) -> Result<Mutant, MutationError> {
    let expr = expr::printed(&alert.expr)
        .map_err(|message| MutationError::Promql { alert: alert.alert.clone(), message })?;
    Ok(Mutant { alert: Alert { expr, ..alert.clone() }, change: "no change".into() })
}
