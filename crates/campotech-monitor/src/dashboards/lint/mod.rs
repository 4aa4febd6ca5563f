//! The rules of grafana/dashboard-linter, none left out, and our own.

mod alerts;
mod dashboard;
mod panels;
mod queries;
mod variables;

use serde_json::Value;

use super::load::{list, text};
use super::{Finding, Source};
use crate::rules::RuleFile;

/// What a dashboard is compared with.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// Its source.
    pub source: &'a Source,
    /// `alerts.yml`.
    pub alerts: &'a RuleFile,
    /// `recording.yml`.
    pub recordings: &'a RuleFile,
}

/// A dashboard that is being looked at.
struct Lint<'a> {
    json: &'a Value,
    context: &'a Context<'a>,
    findings: Vec<Finding>,
}

/// The names of all rules: first those of grafana/dashboard-linter, then our own.
pub const RULES: &[&str] = &[
    "template-datasource-rule",
    "template-job-rule",
    "template-instance-rule",
    "template-label-promql-rule",
    "template-on-time-change-reload-rule",
    "panel-datasource-rule",
    "panel-title-description-rule",
    "panel-units-rule",
    "panel-no-targets-rule",
    "target-promql-rule",
    "target-rate-interval-rule",
    "target-job-rule",
    "target-instance-rule",
    "target-counter-agg-rule",
    "uneditable-dashboard",
    "dashboard-uid",
    "dashboard-links",
    "dashboard-annotations",
    "panel-unique",
    "panel-overlap",
    "target-legend",
    "target-real-data",
    "alert-panel",
    "alert-runbook",
    "alert-threshold",
    "alert-metrics",
];

/// What is wrong with a dashboard's JSON.
#[must_use]
pub fn lint(json: &Value, context: &Context<'_>) -> Vec<Finding> {
    let mut lint = Lint { json, context, findings: Vec::new() };
    lint.variables();
    lint.dashboard();
    lint.panels();
    lint.queries();
    lint.alerts();
    lint.findings
}

impl<'a> Lint<'a> {
    fn find(&mut self, rule: &'static str, panel: Option<&str>, message: impl Into<String>) {
        debug_assert!(RULES.contains(&rule), "{rule}");
        self.findings.push(Finding {
            rule,
            dashboard: self.context.source.uid.clone(),
            panel: panel.map(str::to_owned),
            message: message.into(),
        });
    }

    /// All panels but headings, those in folded rows too.
    fn all_panels(&self) -> Vec<&'a Value> {
        let top = list(&self.json["panels"]).iter();
        top.flat_map(|panel| std::iter::once(panel).chain(list(&panel["panels"])))
            .filter(|panel| panel["type"] != "row")
            .collect()
    }
}

/// Whether it asks the data source that the reader chose.
fn is_chosen(datasource: &Value) -> bool {
    matches!(text(&datasource["uid"]), "$datasource" | "${datasource}") && datasource["type"] == "prometheus"
}

#[cfg(test)]
mod tests;
