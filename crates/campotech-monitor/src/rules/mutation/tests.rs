//! The changes themselves, and that one which no test notices is reported.

use std::path::Path;

use super::hold::seconds;
use super::*;
use crate::rules::RuleFile;

const RULES: &str = r"
groups:
  - name: one
    rules:
      - {alert: A, expr: x > 10 and y > 0, for: 2m, labels: {severity: warning}}
";

/// Fires at 11, not at 9, not without y, not before its time.
const TESTS: &str = r"
rule_files: [../recording.yml, ../alerts.yml]
evaluation_interval: 1m
tests:
  - interval: 1m
    input_series: [{series: x, values: 11x9 9x9}, {series: y, values: 1x20}]
    alert_rule_test:
      - {eval_time: 1m, alertname: A, exp_alerts: []}
      - {eval_time: 3m, alertname: A, exp_alerts: [{exp_labels: {severity: warning}}]}
      - {eval_time: 15m, alertname: A, exp_alerts: []}
  - interval: 1m
    input_series: [{series: x, values: 11x9}, {series: y, values: 0x9}]
    alert_rule_test: [{eval_time: 8m, alertname: A, exp_alerts: []}]
";

fn file(folder: &Path, text: &str) -> RuleFile {
    let path = folder.join("alerts.yml");
    std::fs::write(&path, text).unwrap();
    RuleFile::read(&path).unwrap()
}

fn tried(tests: &str) -> Result<Report, MutationError> {
    let folder = tempfile::tempdir().unwrap();
    let rules = file(folder.path(), RULES);
    std::fs::create_dir(folder.path().join("tests")).unwrap();
    std::fs::write(folder.path().join("recording.yml"), "groups: []").unwrap();
    std::fs::write(folder.path().join("tests/A.yml"), tests).unwrap();
    run(folder.path(), &rules, &mutants(&rules)?, 2)
}

fn changes(expr: &str) -> Vec<String> {
    expr::changes(expr).unwrap().into_iter().map(|(_, after)| after).collect()
}

#[test]
fn tests_that_are_sharp_notice_every_change() {
    let report = tried(TESTS).unwrap();
    assert!(report.is_clean(), "{report}");
    assert_eq!((report.alerts, report.mutants), (1, 8));
}

#[test]
fn a_change_that_no_test_notices_is_reported() {
    let report =
        tried(&TESTS.replace("11x9 9x9", "50x9 1x9").replace("1m, alertname", "0m, alertname")).unwrap();
    let found: Vec<_> = report.survivors.iter().map(|s| (s.alert.as_str(), s.change.as_str())).collect();
    assert_eq!(found, [("A", "`> 10` -> `> 8`"), ("A", "`> 10` -> `> 12`"), ("A", "for: 2m -> 60s")]);
    assert!(report.to_string().contains("A: no test in tests/A.yml notices `> 10` -> `> 8`"));
    assert!(!report.is_clean());
}

#[test]
fn tests_that_fail_anyway_prove_nothing() {
    assert!(matches!(tried(&TESTS.replace("11x9", "9x9")), Err(MutationError::Baseline { .. })));
}

#[test]
fn a_rule_that_does_not_load_is_no_change_that_was_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let rules = file(folder.path(), RULES);
    std::fs::create_dir(folder.path().join("tests")).unwrap();
    std::fs::write(folder.path().join("recording.yml"), "groups: []").unwrap();
    std::fs::write(folder.path().join("tests/A.yml"), TESTS).unwrap();
    let mut broken = mutants(&rules).unwrap();
    broken.truncate(1);
    broken[0].alert.expr = "sum(".into();
    assert!(matches!(run(folder.path(), &rules, &broken, 1), Err(MutationError::Broken { .. })));
}

#[test]
fn thresholds_comparators_and_guards_change_one_at_a_time() {
    assert_eq!(changes("a > 5"), ["a < 5", "a > 4", "a > 6"]);
    assert_eq!(changes("a == 0"), ["a != 0"]);
    assert_eq!(changes("a < 0"), ["a > 0", "a <= 0"]);
    assert_eq!(
        changes("changes(a[5m]) > 2"),
        ["changes(a[5m]) < 2", "changes(a[5m]) > 1", "changes(a[5m]) > 3"]
    );
    assert_eq!(changes("a > (2 * 0.5)"), ["a < (2 * 0.5)", "a > (1.6 * 0.5)", "a > (2.4 * 0.5)"]);
    assert_eq!(changes("a or b"), ["a", "b"]);
    assert_eq!(changes("a unless b"), ["a"]);
    assert_eq!(changes("vector(1)"), [] as [&str; 0]);
    assert_eq!(changes("sum(a == 1) / 2").len(), 3);
    assert!(expr::changes("sum(").is_err());
}

#[test]
fn a_hold_is_halved_and_doubled() {
    assert_eq!(hold::changes("5m").unwrap(), ["150s", "600s"]);
    assert_eq!(hold::changes("0m").unwrap(), ["5m"]);
    assert_eq!(hold::changes("").unwrap(), ["5m"]);
    assert_eq!(seconds("1h30m"), Some(5400));
    assert_eq!([seconds("5"), seconds("m5"), seconds("1w"), seconds("")], [None; 4]);
}
