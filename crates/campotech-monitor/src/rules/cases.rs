//! The test files of `promtool test rules`, read.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::Deserialize;

use super::RulesError;

/// A test file.
#[derive(Debug, Clone, Deserialize)]
pub struct CaseFile {
    /// What is tested, relative to the file.
    pub rule_files: Vec<String>,
    /// In the order of the file.
    pub tests: Vec<Case>,
}

/// A run with its own data.
#[derive(Debug, Clone, Deserialize)]
pub struct Case {
    /// What it shows.
    pub name: String,
    /// What is looked at in it.
    #[serde(default)]
    pub alert_rule_test: Vec<Look>,
}

/// Which alerts fire at a time.
#[derive(Debug, Clone, Deserialize)]
pub struct Look {
    /// When, since the start.
    pub eval_time: String,
    /// Of which name.
    pub alertname: String,
    /// One for each that fires.
    exp_alerts: Vec<Expected>,
}

#[derive(Debug, Clone, Deserialize)]
struct Expected {
    #[serde(default)]
    exp_labels: BTreeMap<String, String>,
}

impl CaseFile {
    /// Reads a test file.
    ///
    /// # Errors
    /// [`RulesError`].
    pub fn read(path: &Path) -> Result<Self, RulesError> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| RulesError::Io { path: path.to_owned(), source })?;
        serde_saphyr::from_str(&text)
            .map_err(|why| RulesError::Syntax { path: path.to_owned(), message: why.to_string() })
    }

    /// Each look at `alert`.
    pub fn looks_at(&self, alert: &str) -> impl Iterator<Item = &Look> {
        let looks = self.tests.iter().flat_map(|case| &case.alert_rule_test);
        looks.filter(move |look| look.alertname == alert)
    }

    /// The names of the labels that `alert` has when it fires, in one case or another.
    #[must_use]
    pub fn labels_of(&self, alert: &str) -> BTreeSet<&str> {
        let expected = self.looks_at(alert).flat_map(|look| &look.exp_alerts);
        let names = expected.flat_map(|one| one.exp_labels.keys().map(String::as_str));
        names.chain(["alertname"]).collect()
    }
}

impl Look {
    /// Whether the alert has to fire.
    #[must_use]
    pub fn fires(&self) -> bool {
        !self.exp_alerts.is_empty()
    }
}
