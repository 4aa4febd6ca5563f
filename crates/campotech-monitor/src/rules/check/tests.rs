//! Each finding is made.

use std::collections::BTreeMap;

use super::*;
use crate::rules::{CaseFile, Inhibitions};

const GOOD: &str = r#"
groups:
  - name: one
    rules:
      - alert: A
        expr: x:y > 1
        labels: {severity: warning}
        annotations:
          summary: s
          description: 'is {{ $value }}'
          dashboard: application
          panel: p
          runbook_url: https://github.com/campotech/platform/blob/main/docs/runbooks/A.md
"#;

const CASES: &str = "
rule_files: [../alerts.yml]
tests:
  - name: one
    alert_rule_test:
      - {eval_time: 1m, alertname: A, exp_alerts: [{exp_labels: {severity: warning}}]}
      - {eval_time: 2m, alertname: A, exp_alerts: []}
      - {eval_time: 2m, alertname: B, exp_alerts: []}
";

fn rules(text: &str) -> RuleFile {
    serde_saphyr::from_str(text).unwrap()
}

fn faults(findings: &[Finding]) -> Vec<String> {
    findings.iter().map(ToString::to_string).collect()
}

#[test]
fn labels_and_annotations() {
    assert_eq!(alerts(&rules(GOOD)), []);
    let found = |from: &str, to: &str| {
        let text = GOOD.replace(from, to);
        assert_ne!(text, GOOD);
        faults(&alerts(&rules(&text))).join(", ")
    };
    assert_eq!(found("severity: warning", "severity: urgent"), "A: `urgent` is no severity");
    assert_eq!(found("summary: s", "summary: ''"), "A: has no summary");
    assert_eq!(found("panel: p", "pane: p"), "A: has no panel");
    assert_eq!(found("runbooks/A.md", "runbooks/B.md"), format!("A: its page is {RUNBOOKS}A.md"));
    assert_eq!(found("application", "aplication"), "A: names no dashboard");
    assert_eq!(found("$value", "$labels.x"), "A: its description doesn't say the value");
    let mut file = rules(GOOD);
    file.groups.push(file.groups[0].clone());
    assert_eq!(faults(&alerts(&file)), ["A: is there twice"]);
}

#[test]
fn firing_and_quiet() {
    let found = |name: &str, text: &str| {
        let tests = BTreeMap::from([(name.to_owned(), serde_saphyr::from_str(text).unwrap())]);
        faults(&coverage(&rules(GOOD), &tests)).join(", ")
    };
    assert_eq!(found("A", CASES), "");
    assert_eq!(
        found("A", &CASES.replace("alertname: A", "alertname: C")),
        "A: no test shows it firing, A: no test shows it quiet"
    );
    assert_eq!(
        found("A", &CASES.replace("[{exp_labels: {severity: warning}}]", "[]")),
        "A: no test shows it firing"
    );
    assert_eq!(
        found("A", &CASES.replace("2m, alertname: A", "2m, alertname: B")),
        "A: no test shows it quiet"
    );
    assert_eq!(found("C", CASES), "A: has no tests/A.yml, C: has tests, but is no alert");
    assert_eq!(found("slo-days", CASES), "A: has no tests/A.yml");
}

#[test]
fn recordings() {
    let recording =
        |name: &str| rules(&format!("groups: [{{name: g, rules: [{{record: '{name}', expr: a}}]}}]"));
    let found =
        |name: &str, readme: &str| faults(&records(&recording(name), &rules(GOOD), readme)).join(", ");
    assert_eq!(found("x:y", ""), "");
    assert_eq!(found("x:z", "`x:z`"), "x:y: is read, but not recorded");
    assert_eq!(found("x:z", ""), "x:z: nobody reads it, x:y: is read, but not recorded");
    let subquery = "min_over_time(sum by (job) (rate(a:b[5m]))[1h:1m]) - c:d offset 5m";
    assert_eq!(metrics(subquery).into_iter().collect::<Vec<_>>(), ["a:b", "c:d"]);
}

#[test]
fn inhibitions() {
    let found = |source: &str, target: &str| {
        let text =
            format!("inhibit_rules: [{{source_matchers: ['{source}'], target_matchers: ['{target}']}}]");
        faults(&serde_saphyr::from_str::<Inhibitions>(&text).unwrap().check(&rules(GOOD))).join(", ")
    };
    assert_eq!(found("severity=\"critical\"", "alertname=\"A\""), "");
    assert_eq!(
        found("severity=\"critical\"", "alertname=~\"A|B\""),
        "B: is in inhibit_rules, but is no alert"
    );
    assert_eq!(found("alertname=\"B\"", "alertname=~\"A\""), "B: is in inhibit_rules, but is no alert");
    assert_eq!(found("alertname=\"A\"", "alertname=~\"A\""), "A: silences itself");
}

#[test]
fn labels_that_inhibitions_compare() {
    let cases = "{rule_files: [], tests: [{name: a, alert_rule_test: [
        {eval_time: 1m, alertname: A, exp_alerts: []},
        {eval_time: 2m, alertname: A, exp_alerts: [{exp_labels: {job: a}}, {exp_labels: {job: a, component: c}}]},
        {eval_time: 2m, alertname: B, exp_alerts: [{exp_labels: {job: a, instance: b}}]}]}]}";
    let cases: CaseFile = serde_saphyr::from_str(cases).unwrap();
    let tests = ["A", "B"].map(|alert| (alert.to_owned(), cases.clone())).into();
    let found = |equal: &str| {
        let text = format!(
            "inhibit_rules: [{{source_matchers: ['alertname=\"A\"'], target_matchers: ['alertname=\"B\"'], equal: [{equal}]}}]"
        );
        let file: Inhibitions = serde_saphyr::from_str(&text).unwrap();
        faults(&file.check_equal(&tests)).join(", ")
    };
    assert_eq!(found("job"), "");
    assert_eq!(found("component"), "B: has no label component, by which inhibit_rules compares it");
    assert_eq!(found("job, instance"), "A: has no label instance, by which inhibit_rules compares it");
}
