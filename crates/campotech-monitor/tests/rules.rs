//! The real rules, their tests and the real Alertmanager configuration, by the programs that will read them.
#![allow(clippy::unwrap_used, reason = "a helper that can't do its work fails the test")]

use std::fmt::Display;
use std::path::{Path, PathBuf};
use std::process::Command;

use campotech_monitor::files::monitoring;
use campotech_monitor::rules::{Inhibitions, RuleFile, check};

fn prometheus() -> PathBuf {
    monitoring().join("prometheus")
}

fn alertmanager() -> PathBuf {
    monitoring().join("alertmanager")
}

fn alerts() -> RuleFile {
    RuleFile::read(&prometheus().join("alerts.yml")).unwrap()
}

/// What the program says; a failure is the test's.
fn said(folder: &Path, program: &str, words: &[&str]) -> String {
    let done = Command::new(program).args(words).current_dir(folder).output();
    let package = if program == "amtool" { "prometheus-alertmanager" } else { "prometheus" };
    let done = done.unwrap_or_else(|why| panic!("{program} (Debian package {package}): {why}"));
    let text = String::from_utf8_lossy(&[done.stdout, done.stderr].concat()).into_owned();
    assert!(done.status.success(), "{program} {words:?}: {}\n{text}", done.status);
    text
}

fn assert_none<T: Display>(findings: &[T]) {
    let lines: Vec<_> = findings.iter().map(ToString::to_string).collect();
    assert!(lines.is_empty(), "\n{}", lines.join("\n"));
}

#[test]
fn promtool_accepts_the_configuration_and_finds_nothing_in_the_rules() {
    let config = said(&prometheus(), "promtool", &["check", "config", "prometheus.yml"]);
    assert!(config.contains("2 rule files found"), "{config}");
    let rules = ["check", "rules", "--lint=all", "--lint-fatal", "alerts.yml", "recording.yml"];
    said(&prometheus(), "promtool", &rules);
}

/// Half of the files; the other half runs beside it.
fn tests_pass(half: usize) {
    let mut names: Vec<_> = check::cases(&prometheus().join("tests")).unwrap().into_keys().collect();
    names.sort();
    let files: Vec<_> = names.iter().skip(half).step_by(2).map(|name| format!("tests/{name}.yml")).collect();
    assert!(files.len() > 1);
    let words: Vec<&str> = ["test", "rules"].into_iter().chain(files.iter().map(String::as_str)).collect();
    let text = said(&prometheus(), "promtool", &words);
    assert_eq!(text.matches("SUCCESS").count(), files.len(), "{text}");
}

#[test]
fn promtool_runs_the_tests_of_the_rules() {
    tests_pass(0);
}

#[test]
fn promtool_runs_the_other_tests_of_the_rules() {
    tests_pass(1);
}

#[test]
fn every_alert_says_what_people_need_and_is_tested_firing_and_quiet() {
    let alerts = alerts();
    assert!(alerts.alerts().count() > 0);
    assert_none(&check::alerts(&alerts));
    assert_none(&check::coverage(&alerts, &check::cases(&prometheus().join("tests")).unwrap()));
}

#[test]
fn every_recording_is_read_by_a_rule_or_offered_by_the_readme() {
    let recording = RuleFile::read(&prometheus().join("recording.yml")).unwrap();
    let readme = std::fs::read_to_string(prometheus().join("README.md")).unwrap();
    assert_none(&check::records(&recording, &alerts(), &readme));
    let offered = readme.split('`').filter(|word| word.contains(':') && !word.contains([' ', '/']));
    let unknown = offered.filter(|name| !recording.records().any(|record| record.record == *name));
    assert_none(&unknown.collect::<Vec<_>>());
}

#[test]
fn every_alert_goes_where_its_severity_says() {
    said(&alertmanager(), "amtool", &["check-config", "alertmanager.yml"]);
    let routed = |receiver: &str, labels: &[&str]| {
        let verify = format!("--verify.receivers={receiver}");
        let words = ["config", "routes", "test", "--config.file=alertmanager.yml", &verify];
        said(&alertmanager(), "amtool", &[&words, labels].concat());
    };
    for alert in alerts().alerts() {
        let severity = &alert.labels["severity"];
        let receiver = match severity.as_str() {
            "critical" => "page",
            "warning" => "tickets",
            _ => "heartbeat",
        };
        let (name, severity) = (format!("alertname={}", alert.alert), format!("severity={severity}"));
        routed(receiver, &[&name, &severity, "job=campotech"]);
    }
    // A severity that nobody knows is not lost.
    routed("tickets", &["alertname=Another", "severity=unheard-of"]);
    routed("tickets", &["alertname=Another"]);
}

#[test]
fn an_outage_silences_its_symptoms_and_nothing_else() {
    let file = Inhibitions::read(&alertmanager().join("alertmanager.yml")).unwrap();
    assert_none(&file.check(&alerts()));
    assert_none(&file.check_equal(&check::cases(&prometheus().join("tests")).unwrap()));
    let silenced = |source| file.silenced_by(source).collect::<Vec<_>>();
    let database = silenced("DatabaseDown");
    let own = alerts();
    let own = own.alerts().map(|alert| alert.alert.as_str());
    for alert in own.filter(|name| name.starts_with("Database") && *name != "DatabaseDown") {
        assert!(database.contains(&alert), "{alert}");
    }
    assert!(database.contains(&"ComponentUnhealthy"));
    assert!(silenced("RedisDown").contains(&"RedisHighMemory"));
    assert!(silenced("InstanceDown").contains(&"HealthSnapshotStale"));
    for page in ["HighErrorRate", "ErrorBudgetBurnFast", "InstanceDown", "Watchdog", "AlertDeliveryFailing"] {
        assert!(!database.contains(&page), "{page}");
    }
}

#[test]
fn a_message_says_what_happened_and_where_to_read_on() {
    let alert = serde_json::json!({
        "status": "firing",
        "labels": {"alertname": "DatabaseDown", "severity": "critical", "job": "postgres", "instance": "p:1"},
        "annotations": {"summary": "PostgreSQL is down", "description": "For 1 minute.", "dashboard": "infrastructure",
            "panel": "PostgreSQL up", "runbook_url": format!("{}DatabaseDown.md", check::RUNBOOKS)},
    });
    let message = serde_json::json!({
        "receiver": "page", "status": "firing", "externalURL": "http://alertmanager", "groupLabels": {},
        "commonLabels": alert["labels"], "commonAnnotations": alert["annotations"], "alerts": [alert],
    });
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("message.json");
    std::fs::write(&data, message.to_string()).unwrap();
    let data = format!("--template.data={}", data.display());
    let rendered = |name: &str| {
        let text = format!("--template.text={{{{ template \"campotech.{name}\" . }}}}");
        let words = ["template", "render", "--template.glob=templates/*.tmpl", &text, &data];
        said(&alertmanager(), "amtool", &words)
    };
    assert_eq!(rendered("title").trim(), "[FIRING: 1] DatabaseDown: PostgreSQL is down");
    assert_eq!(rendered("color").trim(), "danger");
    assert_eq!(rendered("runbook").trim(), format!("{}DatabaseDown.md", check::RUNBOOKS));
    let text = rendered("text");
    for part in
        ["For 1 minute.", "docs/runbooks/DatabaseDown.md", "PostgreSQL up", "/d/campotech-infrastructure"]
    {
        assert!(text.contains(part), "{part}: {text}");
    }
}

#[test]
fn secrets_are_files_that_are_not_here() {
    let text = std::fs::read_to_string(alertmanager().join("alertmanager.yml")).unwrap();
    for key in ["routing_key:", "service_key:", "slack_api_url:", " api_url:", "credentials:", "password:"] {
        assert!(!text.contains(key), "{key}");
    }
    for key in ["routing_key_file: secrets/", "slack_api_url_file: secrets/", "credentials_file: secrets/"] {
        assert!(text.contains(key), "{key}");
    }
    assert!(!alertmanager().join("secrets").exists());
}
