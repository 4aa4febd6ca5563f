//! A rule file, read.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// `alerts.yml` or `recording.yml`.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct RuleFile {
    /// In the order of the file.
    pub groups: Vec<Group>,
}

/// Rules that are evaluated one after the other.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Group {
    /// Unique in its file.
    pub name: String,
    /// How often, such as `30s`; Prometheus's own setting where it is absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interval: Option<String>,
    /// In the order of the file.
    pub rules: Vec<Rule>,
}

/// An alert or a recording.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(untagged)]
pub enum Rule {
    /// Fires where its expression has a result.
    Alert(Alert),
    /// A series that is computed ahead.
    Record(Record),
}

/// An alerting rule.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Alert {
    /// Its name.
    pub alert: String,
    /// The expression.
    pub expr: String,
    /// How long it has to hold, such as `5m`; empty for at once.
    #[serde(default, rename = "for", skip_serializing_if = "String::is_empty")]
    pub hold: String,
    /// How long it goes on after the expression has no result any more.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub keep_firing_for: String,
    /// `severity` and others.
    #[serde(default)]
    pub labels: BTreeMap<String, String>,
    /// `summary`, `description`, `dashboard`, `panel`, `runbook_url`.
    #[serde(default)]
    pub annotations: BTreeMap<String, String>,
}

/// A recording rule.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// The name of the series.
    pub record: String,
    /// The expression.
    pub expr: String,
    /// Added to the series.
    #[serde(default)]
    pub labels: BTreeMap<String, String>,
}

/// A rule file that can't be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RulesError {
    /// The file.
    #[error("can't read {}", path.display())]
    Io {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Its text.
    #[error("{} is no rule file: {message}", path.display())]
    Syntax {
        /// Which file.
        path: PathBuf,
        /// Why, in the parser's words.
        message: String,
    },
}

impl RuleFile {
    /// Reads a rule file.
    ///
    /// # Errors
    /// [`RulesError`].
    pub fn read(path: &Path) -> Result<Self, RulesError> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| RulesError::Io { path: path.to_owned(), source })?;
        serde_saphyr::from_str(&text)
            .map_err(|why| RulesError::Syntax { path: path.to_owned(), message: why.to_string() })
    }

    /// The alerts, in the order of the file.
    pub fn alerts(&self) -> impl Iterator<Item = &Alert> {
        self.groups.iter().flat_map(|group| &group.rules).filter_map(|rule| match rule {
            Rule::Alert(alert) => Some(alert),
            Rule::Record(_) => None,
        })
    }

    /// The recordings, in the order of the file.
    pub fn records(&self) -> impl Iterator<Item = &Record> {
        self.groups.iter().flat_map(|group| &group.rules).filter_map(|rule| match rule {
            Rule::Record(record) => Some(record),
            Rule::Alert(_) => None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<RuleFile, RulesError> {
        let file =
            std::env::temp_dir().join(format!("campotech-rules-{}-{}.yml", std::process::id(), text.len()));
        std::fs::write(&file, text).unwrap();
        let read = RuleFile::read(&file);
        std::fs::remove_file(&file).unwrap();
        read
    }

    #[test]
    fn alerts_and_recordings_are_told_apart() {
        let text = "groups: [{name: a, rules: [{record: \"x:y\", expr: up}, {alert: Z, expr: up > 1, for: 5m, \
                    labels: {severity: warning}}]}]";
        let file = read(text).unwrap();
        assert_eq!(file.records().map(|record| &*record.record).collect::<Vec<_>>(), ["x:y"]);
        let alert = file.alerts().next().unwrap();
        assert_eq!((&*alert.alert, &*alert.hold, &*alert.labels["severity"]), ("Z", "5m", "warning"));
    }

    #[test]
    fn what_is_no_rule_file_is_named() {
        assert!(matches!(
            read("groups: [{name: a, rules: [{alert: Z, fro: 5m}]}]"),
            Err(RulesError::Syntax { .. })
        ));
        assert!(matches!(RuleFile::read(Path::new("/no/such.yml")), Err(RulesError::Io { .. })));
    }
}
