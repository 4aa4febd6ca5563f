//! Alerts and the panels that they send people to.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::super::load::{list, text};
use super::super::{AlertUse, DashboardError, Panel, metrics_named, threshold};
use super::Lint;
use crate::rules::{Alert, RuleFile};

impl Lint<'_> {
    pub(super) fn alerts(&mut self) {
        let name = self.context.source.short_name();
        for alert in self.context.alerts.alerts() {
            let annotation = |key: &str| alert.annotations.get(key).map_or("", String::as_str);
            if annotation("dashboard") == name {
                self.alert(alert, annotation("panel"), annotation("runbook_url"));
            }
        }
        let source = self.context.source;
        for panel in source.panels() {
            for wanted in &panel.alerts {
                let known = self.context.alerts.alerts().any(|alert| {
                    let says =
                        |key: &str, value: &str| alert.annotations.get(key).is_some_and(|is| is == value);
                    alert.alert == wanted.name && says("dashboard", name) && says("panel", &panel.title)
                });
                if !known {
                    let message =
                        format!("names `{}`, which names another panel or is no alert", wanted.name);
                    self.find("alert-panel", Some(&panel.title), message);
                }
            }
        }
    }

    fn alert(&mut self, alert: &Alert, title: &str, runbook: &str) {
        let Some(json) = self.all_panels().into_iter().find(|panel| panel["title"] == title) else {
            return self.find(
                "alert-panel",
                Some(title),
                format!("`{}` names this panel, which isn't there", alert.alert),
            );
        };
        let panel = self.context.source.panels().find(|panel| panel.title == title);
        let wanted = panel.and_then(|panel| panel.alerts.iter().find(|wanted| wanted.name == alert.alert));
        let (Some(panel), Some(wanted)) = (panel, wanted) else {
            return self.find(
                "alert-panel",
                Some(title),
                format!("`{}` names this panel, but not the other way", alert.alert),
            );
        };
        if runbook.is_empty() || !list(&json["links"]).iter().any(|link| link["url"] == runbook) {
            self.find(
                "alert-runbook",
                Some(title),
                format!("has no link to the runbook of `{}`", alert.alert),
            );
        }
        if wanted.unlike.is_none() && !has_line(json, panel, self.context.alerts) {
            self.find(
                "alert-threshold",
                Some(title),
                format!("its lines are not where `{}` begins", alert.alert),
            );
        }
        match missing(json, alert, wanted, self.context.recordings) {
            Ok(missing) if missing.is_empty() || wanted.unlike.is_some() => {}
            Ok(missing) => {
                self.find(
                    "alert-metrics",
                    Some(title),
                    format!("`{}` reads {missing:?}, which it doesn't show", alert.alert),
                );
            }
            Err(why) => self.find("target-promql-rule", Some(title), why.to_string()),
        }
    }
}

fn has_line(json: &Value, panel: &Panel, alerts: &RuleFile) -> bool {
    let defaults = &json["fieldConfig"]["defaults"];
    let drawn = panel.kind != super::super::Kind::Timeseries
        || defaults["custom"]["thresholdsStyle"]["mode"] == "line";
    let steps = threshold::steps(panel, alerts).ok().flatten();
    drawn && steps.is_some_and(|steps| steps == defaults["thresholds"]["steps"])
}

/// Metrics that the alert reads and the panel doesn't, recordings taken apart.
fn missing(
    json: &Value,
    alert: &Alert,
    wanted: &AlertUse,
    recordings: &RuleFile,
) -> Result<BTreeSet<String>, DashboardError> {
    let mut made = BTreeMap::new();
    for record in recordings.records() {
        made.entry(record.record.clone()).or_insert_with(BTreeSet::new).extend(metrics_named(&record.expr)?);
    }
    let mut shown = BTreeSet::new();
    for target in list(&json["targets"]) {
        // A query that is no PromQL has a finding of its own.
        shown.extend(metrics_named(text(&target["expr"])).unwrap_or_default());
    }
    let shown = raw(shown, &made);
    let read = raw(metrics_named(&alert.expr)?, &made);
    Ok(read.into_iter().filter(|name| !shown.contains(name) && !wanted.beside.contains(name)).collect())
}

fn raw(mut names: BTreeSet<String>, made: &BTreeMap<String, BTreeSet<String>>) -> BTreeSet<String> {
    let mut out = BTreeSet::new();
    let mut seen = BTreeSet::new();
    while let Some(name) = names.pop_first() {
        match made.get(&name) {
            Some(parts) if seen.insert(name.clone()) => names.extend(parts.iter().cloned()),
            Some(_) => {}
            None => {
                out.insert(name);
            }
        }
    }
    out
}
