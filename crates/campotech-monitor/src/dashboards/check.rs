//! Whether the committed files are what the sources make, and whether that is good.

use std::error::Error;
use std::fmt;
use std::path::Path;

use super::generate::{alerts, files, json_path, recordings, sources};
use super::lint::{Context, lint};
use super::{DashboardError, generate};
use crate::rules::RuleFile;

/// What is wrong with a dashboard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The rule, one of [`RULES`](super::RULES), or `up-to-date`.
    pub rule: &'static str,
    /// The dashboard's uid, or a file.
    pub dashboard: String,
    /// The panel's title.
    pub panel: Option<String>,
    /// What to mend.
    pub message: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.rule, self.dashboard)?;
        if let Some(panel) = &self.panel {
            write!(f, ", panel `{panel}`")?;
        }
        write!(f, ": {}", self.message)
    }
}

/// Writes all generated files.
///
/// # Errors
/// [`DashboardError`].
pub fn write(monitoring: &Path) -> Result<(), DashboardError> {
    for (path, text) in generate(monitoring)? {
        let broken = |source| DashboardError::Io { path: path.clone(), source };
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(broken)?;
        }
        std::fs::write(&path, text).map_err(broken)?;
    }
    Ok(())
}

/// Compares the committed files with what the sources make, and lints the dashboards.
///
/// # Errors
/// All findings.
pub fn check(monitoring: &Path) -> Result<(), Vec<Finding>> {
    let findings = findings(monitoring).unwrap_or_else(|why| vec![broken(monitoring, &why)]);
    if findings.is_empty() { Ok(()) } else { Err(findings) }
}

fn findings(monitoring: &Path) -> Result<Vec<Finding>, DashboardError> {
    let mut findings = Vec::new();
    let mut stale = |path: &Path, message: &str| {
        let dashboard = path.strip_prefix(monitoring).unwrap_or(path).display().to_string();
        findings.push(Finding { rule: "up-to-date", dashboard, panel: None, message: message.into() });
    };
    let made = generate(monitoring)?;
    for (path, text) in &made {
        match std::fs::read_to_string(path) {
            Ok(found) if found == *text => {}
            Ok(_) => stale(path, "is not what the sources make: run `cargo xtask dashboards`"),
            Err(_) => stale(path, "is missing: run `cargo xtask dashboards`"),
        }
    }
    for path in files(&monitoring.join("grafana/dashboards"), "json")? {
        if !made.contains_key(&path) {
            stale(&path, "has no source");
        }
    }
    let alerts = RuleFile::read(&alerts(monitoring))?;
    let recordings = RuleFile::read(&recordings(monitoring))?;
    for source in &sources(monitoring)? {
        let path = json_path(monitoring, source);
        // A missing file is a finding already.
        let Ok(text) = std::fs::read_to_string(&path) else { continue };
        let json = serde_json::from_str(&text).map_err(|source| DashboardError::Json { path, source })?;
        findings.extend(lint(&json, &Context { source, alerts: &alerts, recordings: &recordings }));
    }
    Ok(findings)
}

fn broken(monitoring: &Path, why: &DashboardError) -> Finding {
    let mut message = why.to_string();
    let mut cause = why.source();
    while let Some(inner) = cause {
        message = format!("{message}: {inner}");
        cause = inner.source();
    }
    Finding { rule: "up-to-date", dashboard: monitoring.display().to_string(), panel: None, message }
}
