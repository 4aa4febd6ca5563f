//! `alerts.yml` as Grafana's own alert rules.
//!
//! A Prometheus alert fires for each series that its expression has. Grafana compares numbers, and the number of such a
//! series may be anything (`up == 0` is 0), so each rule has the three steps of Grafana's own import of Prometheus
//! rules: the query, whether there is a number at all, and whether that is so.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::dashboards::{DashboardError, Source, panel_id};
use crate::rules::{Alert, Group, Rule, RuleFile};

/// The uid of the provisioned data source.
pub const DATASOURCE: &str = "campotech-prometheus";
const EXPRESSION: &str = "__expr__";
const FOLDER: &str = "CampoTech";
/// Where a group has no interval of its own.
const INTERVAL: u64 = 30;
/// Grafana evaluates at multiples of this.
const STEP: u64 = 10;
const HEAD: &str = "\
# Made by `cargo xtask dashboards` from prometheus/alerts.yml. Not edited by hand.
#
# noDataState OK: as in Prometheus, an expression without a result is an alert that doesn't fire; what must be noticed
# when it is gone has an `absent()` in its expression. execErrState Error: a query that fails is reported, never taken
# for silence. Whom an alert reaches is Alertmanager's job (../../../alertmanager), so there are no contact points here.
";

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct File {
    api_version: u8,
    groups: Vec<FileGroup>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct FileGroup {
    org_id: u8,
    name: String,
    folder: &'static str,
    interval: String,
    rules: Vec<FileRule>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct FileRule {
    uid: String,
    title: String,
    condition: &'static str,
    #[serde(rename = "for")]
    hold: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    keep_firing_for: String,
    no_data_state: &'static str,
    exec_err_state: &'static str,
    /// Resolved as soon as the series is gone, as in Prometheus.
    #[serde(rename = "missing_series_evals_to_resolve")]
    missing: u8,
    #[serde(skip_serializing_if = "Option::is_none")]
    dashboard_uid: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    panel_id: Option<u32>,
    labels: BTreeMap<String, String>,
    annotations: BTreeMap<String, String>,
    data: Vec<Step>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Step {
    ref_id: &'static str,
    datasource_uid: &'static str,
    relative_time_range: Range,
    model: serde_json::Value,
}

#[derive(Debug, Serialize)]
struct Range {
    from: u32,
    to: u32,
}

/// The text of `provisioning/alerting/rules.yml`.
///
/// # Errors
/// [`DashboardError::Yaml`].
pub fn generate(rules: &RuleFile, dashboards: &[Source]) -> Result<String, DashboardError> {
    let groups = rules.groups.iter().map(|group| file_group(group, dashboards)).collect();
    let broken = |message: String| DashboardError::Yaml { message };
    let file = File { api_version: 1, groups };
    let text = serde_saphyr::to_string(&file).map_err(|why| broken(why.to_string()))?;
    Ok(format!("{HEAD}{text}"))
}

fn file_group(group: &Group, dashboards: &[Source]) -> FileGroup {
    let seconds = group.interval.as_deref().and_then(seconds).unwrap_or(INTERVAL);
    let rules = group.rules.iter().filter_map(|rule| match rule {
        Rule::Alert(alert) => Some(file_rule(alert, dashboards)),
        Rule::Record(_) => None,
    });
    FileGroup {
        org_id: 1,
        name: group.name.clone(),
        folder: FOLDER,
        interval: format!("{}s", seconds.next_multiple_of(STEP)),
        rules: rules.collect(),
    }
}

fn file_rule(alert: &Alert, dashboards: &[Source]) -> FileRule {
    let dashboard = alert.annotations.get("dashboard");
    let dashboard = dashboard.and_then(|name| dashboards.iter().find(|source| source.short_name() == name));
    let panel = alert.annotations.get("panel").map(|title| panel_id(title));
    let mut annotations = alert.annotations.clone();
    annotations.values_mut().for_each(|text| *text = with_values(text));
    if let (Some(dashboard), Some(panel)) = (dashboard, panel) {
        annotations.insert("__dashboardUid__".into(), dashboard.uid.clone());
        annotations.insert("__panelId__".into(), panel.to_string());
    }
    FileRule {
        uid: format!("campotech-{}", alert.alert.to_lowercase()),
        title: alert.alert.clone(),
        condition: "threshold",
        hold: if alert.hold.is_empty() { "0s".into() } else { alert.hold.clone() },
        keep_firing_for: alert.keep_firing_for.clone(),
        no_data_state: "OK",
        exec_err_state: "Error",
        missing: 1,
        dashboard_uid: dashboard.map(|dashboard| dashboard.uid.clone()),
        panel_id: dashboard.and(panel),
        labels: alert.labels.clone(),
        annotations,
        data: steps(&alert.expr),
    }
}

/// An annotation's template with Grafana's word for the value of the query: there, `$value` is a text of all steps.
fn with_values(template: &str) -> String {
    let mut parts = template.split("$value");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let longer = part.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_');
        out.push_str(if longer { "$value" } else { "$values.query.Value" });
        out.push_str(part);
    }
    out
}

fn steps(expr: &str) -> Vec<Step> {
    let step = |ref_id, datasource_uid, model| Step {
        ref_id,
        datasource_uid,
        relative_time_range: Range { from: 600, to: 0 },
        model,
    };
    let source = |kind: &str, uid: &str| serde_json::json!({"type": kind, "uid": uid});
    let query = serde_json::json!({
        "refId": "query",
        "datasource": source("prometheus", DATASOURCE),
        "expr": expr.trim(),
        "instant": true,
        "range": false,
        "intervalMs": 1000,
        "maxDataPoints": 43200,
    });
    let present = serde_json::json!({
        "refId": "present",
        "datasource": source(EXPRESSION, EXPRESSION),
        "type": "math",
        "expression": "is_number($query) || is_nan($query) || is_inf($query)",
    });
    let threshold = serde_json::json!({
        "refId": "threshold",
        "datasource": source(EXPRESSION, EXPRESSION),
        "type": "threshold",
        "expression": "present",
        "conditions": [{"evaluator": {"type": "gt", "params": [0]}}],
    });
    vec![
        step("query", DATASOURCE, query),
        step("present", EXPRESSION, present),
        step("threshold", EXPRESSION, threshold),
    ]
}

fn seconds(duration: &str) -> Option<u64> {
    promql_parser::util::parse_duration(duration).ok().map(|duration| duration.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_have_grafanas_name() {
        let prometheus =
            "{{ $value | humanizePercentage }} of {{ $labels.job }}, {{ $values }}, {{ $value }}";
        let grafana = "{{ $values.query.Value | humanizePercentage }} of {{ $labels.job }}, {{ $values }}, {{ $values.query.Value }}";
        assert_eq!(with_values(prometheus), grafana);
    }
}
