//! Each rule, broken once: a good dashboard has no finding, and the broken one has that rule's.

use std::collections::BTreeSet;

use serde_json::json;

use super::*;
use crate::dashboards::generate::dashboard;

const SOURCE: &str = r#"
uid = "campotech-application"
title = "T"
description = "D"
targets_of = "up"
[[row]]
title = "R"
[[row.panel]]
title = "Errors"
description = "D"
kind = "timeseries"
unit = "percentunit"
queries = [{ expr = "rate(a_total{@}[@]) / rate(b_total{@}[@])", legend = "{{job}}" }]
alerts = [{ name = "High" }]
[[row.panel]]
title = "Size"
description = "D"
kind = "stat"
unit = "bytes"
queries = [{ expr = "c{@}", legend = "{{job}}" }, { expr = "d{@}", legend = "{{job}}" }]
"#;
const SISTER: &str =
    "uid = \"campotech-infrastructure\"\ntitle = \"T\"\ndescription = \"D\"\ntargets_of = \"up\"\nrow = []\n";
const ALERTS: &str = r"
groups:
  - name: g
    rules:
      - alert: High
        expr: ratio > 0.05
        labels: { severity: critical }
        annotations: { dashboard: application, panel: Errors, runbook_url: https://example.com/docs/runbooks/High.md }
";
const RECORDINGS: &str = r"
groups:
  - name: g
    rules:
      - { record: ratio, expr: 'sum(rate(a_total[5m])) / sum(rate(b_total[5m]))' }
";

struct Case {
    json: Value,
    source: Source,
    alerts: String,
}

impl Case {
    fn new() -> Self {
        let source: Source = toml::from_str(SOURCE).unwrap();
        let sister: Source = toml::from_str(SISTER).unwrap();
        let alerts = serde_saphyr::from_str(ALERTS).unwrap();
        let json = dashboard(&source, std::iter::once(&sister), &alerts).unwrap();
        Self { json, source, alerts: ALERTS.into() }
    }

    fn rules(&self) -> BTreeSet<&'static str> {
        let alerts = serde_saphyr::from_str(&self.alerts).unwrap();
        let recordings = serde_saphyr::from_str(RECORDINGS).unwrap();
        let context = Context { source: &self.source, alerts: &alerts, recordings: &recordings };
        lint(&self.json, &context).iter().map(|finding| finding.rule).collect()
    }
}

/// What is broken: a JSON pointer and its new value; `null` takes it away.
fn json_cases() -> Vec<(&'static str, &'static str, Value)> {
    let expr = "/panels/1/targets/0/expr";
    let query = |text: &str| json!(text.replace('@', r#"job=~"$job",instance=~"$instance""#));
    vec![
        ("template-datasource-rule", "/templating/list/0/name", json!("source")),
        ("template-datasource-rule", "/templating/list/0/label", json!("Source")),
        ("template-datasource-rule", "/templating/list/0/query", json!("loki")),
        ("template-datasource-rule", "/templating/list/1/type", json!("datasource")),
        ("template-job-rule", "/templating/list/1/name", json!("jobs")),
        ("template-job-rule", "/templating/list/1/multi", json!(false)),
        ("template-job-rule", "/templating/list/1/allValue", json!(".*")),
        ("template-job-rule", "/templating/list/1/label", json!("job")),
        ("template-job-rule", "/templating/list/1/type", json!("custom")),
        ("template-job-rule", "/templating/list/1/datasource/uid", json!("prometheus")),
        ("template-instance-rule", "/templating/list/2/name", json!("host")),
        ("template-instance-rule", "/templating/list/2/multi", json!(false)),
        ("template-label-promql-rule", "/templating/list/1/query/query", json!("label_values(up{, job)")),
        ("template-label-promql-rule", "/templating/list/1/query/query", json!("label_value(up, job)")),
        ("template-on-time-change-reload-rule", "/templating/list/2/refresh", json!(1)),
        ("panel-datasource-rule", "/panels/1/datasource/uid", json!("prometheus")),
        ("panel-datasource-rule", "/panels/2/targets/1/datasource/uid", json!("prometheus")),
        ("panel-title-description-rule", "/panels/1/description", json!("")),
        ("panel-title-description-rule", "/panels/2/title", json!("")),
        ("panel-units-rule", "/panels/1/fieldConfig/defaults/unit", json!("parsec")),
        ("panel-units-rule", "/panels/1/fieldConfig/defaults/unit", Value::Null),
        ("panel-no-targets-rule", "/panels/1/targets", json!([])),
        ("target-promql-rule", expr, json!("rate(")),
        ("target-promql-rule", expr, query("rate(a_total{@}[$__rate_intervall])")),
        ("target-rate-interval-rule", expr, query("rate(a_total{@}[5m])")),
        ("target-rate-interval-rule", expr, query("increase(a_total{@}[$__interval])")),
        ("target-job-rule", expr, json!(r#"c{instance=~"$instance"}"#)),
        ("target-job-rule", expr, json!(r#"c{job="$job",instance=~"$instance"}"#)),
        ("target-instance-rule", expr, json!(r#"c{job=~"$job"}"#)),
        ("target-counter-agg-rule", expr, query("sum(a_total{@})")),
        ("target-counter-agg-rule", expr, query("max_over_time(a_total{@}[$__rate_interval])")),
        ("uneditable-dashboard", "/editable", json!(true)),
        ("dashboard-uid", "/uid", json!("other")),
        ("dashboard-uid", "/schemaVersion", json!(30)),
        ("dashboard-links", "/links", json!([])),
        ("dashboard-annotations", "/annotations/list/0/enable", json!(false)),
        ("dashboard-annotations", "/annotations/list/1/target/expr", json!("ALERTS{")),
        ("panel-unique", "/panels/2/title", json!("Errors")),
        ("panel-unique", "/panels/2/targets/1/refId", json!("A")),
        ("panel-overlap", "/panels/2/gridPos/x", json!(7)),
        ("panel-overlap", "/panels/2/gridPos/w", json!(30)),
        ("target-legend", "/panels/1/targets/0/legendFormat", json!("")),
        ("target-real-data", expr, query("c{@} or vector(0)")),
        ("target-real-data", expr, json!("1")),
        ("alert-panel", "/panels/1/title", json!("Faults")),
        ("alert-runbook", "/panels/1/links", json!([])),
        ("alert-threshold", "/panels/1/fieldConfig/defaults/thresholds/steps/1/value", json!(0.06)),
        ("alert-threshold", "/panels/1/fieldConfig/defaults/custom/thresholdsStyle/mode", json!("off")),
        ("alert-metrics", expr, query("rate(a_total{@}[$__rate_interval])")),
    ]
}

#[test]
fn a_good_dashboard_has_no_finding() {
    assert_eq!(Case::new().rules(), BTreeSet::new());
}

#[test]
fn every_rule_finds_its_fault() {
    let mut proved = BTreeSet::new();
    for (rule, pointer, value) in json_cases() {
        let mut case = Case::new();
        let place = case.json.pointer_mut(pointer).expect(pointer);
        assert_ne!(*place, value, "{rule}: {pointer} is no change");
        *place = value;
        assert!(case.rules().contains(rule), "{rule}: {pointer}: {:?}", case.rules());
        proved.insert(rule);
    }
    assert_eq!(proved, RULES.iter().copied().collect());
}

#[test]
fn alerts_and_panels_name_each_other() {
    let moved = Case { alerts: ALERTS.replace("panel: Errors", "panel: Size"), ..Case::new() };
    assert_eq!(moved.rules(), BTreeSet::from(["alert-panel"]));
    let mut unknown = Case::new();
    unknown.source.rows[0].panels[1].alerts = unknown.source.rows[0].panels[0].alerts.clone();
    assert_eq!(unknown.rules(), BTreeSet::from(["alert-panel"]));
    let elsewhere =
        Case { alerts: ALERTS.replace("dashboard: application", "dashboard: other"), ..Case::new() };
    assert_eq!(elsewhere.rules(), BTreeSet::from(["alert-panel"]));
}

#[test]
fn a_changed_alert_moves_the_line() {
    let changed = Case { alerts: ALERTS.replace("0.05", "0.06"), ..Case::new() };
    assert_eq!(changed.rules(), BTreeSet::from(["alert-threshold"]));
    let compares = Case { alerts: ALERTS.replace("> 0.05", "< 0.05"), ..Case::new() };
    assert_eq!(compares.rules(), BTreeSet::from(["alert-threshold"]));
}

#[test]
fn panels_in_folded_rows_are_looked_at() {
    let mut case = Case::new();
    let panels = case.json["panels"].as_array_mut().unwrap();
    let mut inner = panels.remove(2);
    inner["description"] = "".into();
    panels[0]["panels"] = json!([inner]);
    assert!(case.rules().contains("panel-title-description-rule"));
}
