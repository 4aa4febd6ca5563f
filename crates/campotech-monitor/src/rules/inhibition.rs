//! Which alerts silence which, and whether these exist.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;

use super::check::Finding;
use super::{CaseFile, RuleFile, RulesError};

/// The part of `alertmanager.yml` that silences alerts.
#[derive(Debug, Clone, Deserialize)]
pub struct Inhibitions {
    inhibit_rules: Vec<Inhibition>,
}

#[derive(Debug, Clone, Deserialize)]
struct Inhibition {
    source_matchers: Vec<String>,
    target_matchers: Vec<String>,
    #[serde(default)]
    equal: Vec<String>,
}

impl Inhibitions {
    /// Reads `alertmanager.yml`.
    ///
    /// # Errors
    /// [`RulesError`].
    pub fn read(path: &Path) -> Result<Self, RulesError> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| RulesError::Io { path: path.to_owned(), source })?;
        serde_saphyr::from_str(&text)
            .map_err(|why| RulesError::Syntax { path: path.to_owned(), message: why.to_string() })
    }

    /// The alerts that are silenced while `source` fires, by name.
    pub fn silenced_by<'a>(&'a self, source: &'a str) -> impl Iterator<Item = &'a str> {
        let rules = self.inhibit_rules.iter();
        let rules = rules.filter(move |rule| alertnames(&rule.source_matchers).any(|name| name == source));
        rules.flat_map(|rule| alertnames(&rule.target_matchers))
    }

    /// Names that no alert has, and alerts that silence themselves.
    #[must_use]
    pub fn check(&self, alerts: &RuleFile) -> Vec<Finding> {
        let mut found = Vec::new();
        for rule in &self.inhibit_rules {
            for matchers in [&rule.source_matchers, &rule.target_matchers] {
                let unknown = alertnames(matchers).filter(|name| !alerts.alerts().any(|a| a.alert == *name));
                found.extend(unknown.map(|name| Finding::new(name, "is in inhibit_rules, but is no alert")));
            }
            let both = alertnames(&rule.source_matchers)
                .filter(|source| alertnames(&rule.target_matchers).any(|target| target == *source));
            found.extend(both.map(|name| Finding::new(name, "silences itself")));
        }
        found
    }
}

impl Inhibitions {
    /// Labels of `equal` that an alert has in none of its tests: the rule would silence too much, or nothing.
    #[must_use]
    pub fn check_equal(&self, tests: &BTreeMap<String, CaseFile>) -> Vec<Finding> {
        let has = |alert: &str, label: &str| {
            tests.get(alert).is_some_and(|file| file.labels_of(alert).contains(label))
        };
        let mut found = Vec::new();
        for rule in &self.inhibit_rules {
            for alert in alertnames(&rule.source_matchers).chain(alertnames(&rule.target_matchers)) {
                let absent = rule.equal.iter().filter(|label| !has(alert, label));
                found.extend(absent.map(|label| {
                    Finding::new(alert, format!("has no label {label}, by which inhibit_rules compares it"))
                }));
            }
        }
        found
    }
}

/// The names in `alertname="A"` and `alertname=~"A|B"`.
fn alertnames(matchers: &[String]) -> impl Iterator<Item = &str> {
    let values = matchers.iter().filter_map(|matcher| matcher.strip_prefix("alertname="));
    values.flat_map(|value| value.trim_start_matches('~').trim_matches('"').split('|'))
}
