//! What can be wrong with the sources.

use std::path::PathBuf;

use crate::rules::RulesError;

/// Dashboards that can't be generated or read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DashboardError {
    /// A file.
    #[error("can't read or write {}", path.display())]
    Io {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A source's text.
    #[error("{} is no dashboard source: {message}", path.display())]
    Source {
        /// Which file.
        path: PathBuf,
        /// Why, in the parser's words.
        message: String,
    },
    /// A generated file's text.
    #[error("{} is no dashboard", path.display())]
    Json {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: serde_json::Error,
    },
    /// The alerts.
    #[error("can't read the alerts")]
    Rules(#[from] RulesError),
    /// An expression.
    #[error("`{expr}` is no PromQL: {message}")]
    Promql {
        /// The text, variables filled in.
        expr: String,
        /// Why, in the parser's words.
        message: String,
    },
    /// A panel that names an alert that nobody wrote.
    #[error("panel `{panel}` names the alert `{alert}`, which is not in alerts.yml")]
    UnknownAlert {
        /// The panel.
        panel: String,
        /// The alert.
        alert: String,
    },
    /// A panel that wants a line where its alert compares with no number.
    #[error("panel `{panel}`: the alert `{alert}` has no number to draw a line at; say `unlike = \"why\"`")]
    NoThreshold {
        /// The panel.
        panel: String,
        /// The alert.
        alert: String,
    },
    /// Lines that contradict each other.
    #[error("panel `{panel}` has alerts that fire above and alerts that fire below their numbers")]
    MixedThresholds {
        /// The panel.
        panel: String,
    },
    /// A query that is there in one of the two files only.
    #[error("{dashboard}: panel `{panel}` differs from its source: generate the dashboards again")]
    Stale {
        /// The dashboard's uid.
        dashboard: String,
        /// The panel.
        panel: String,
    },
    /// YAML that can't be written.
    #[error("can't write the alert rules: {message}")]
    Yaml {
        /// Why, in the writer's words.
        message: String,
    },
}
