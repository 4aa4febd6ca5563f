//! The folder of Sentry, applied to a server that answers as Sentry does.
#![allow(clippy::unwrap_used, reason = "a helper that can't do its work fails the test")]

use std::process::{Command, Output};

use campotech_monitor::files;
use serde_json::{Value, json};
use support::FakeSentry;

mod support;

fn run(sentry: &FakeSentry, token: &str, args: &[&str]) -> Output {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    std::fs::write(&file, format!("{token}\n")).unwrap();
    Command::new(env!("CARGO_BIN_EXE_apply-sentry"))
        .args(["--url", &sentry.url(), "--organization", "campo", "--project", "field", "--team", "platform"])
        .arg("--token-file")
        .arg(&file)
        .args(args)
        .output()
        .unwrap()
}

fn read(name: &str) -> Value {
    let text = std::fs::read_to_string(files::monitoring().join("sentry").join(name)).unwrap();
    serde_json::from_str(&text).unwrap()
}

#[test]
fn everything_is_made_once_and_then_only_set() {
    let sentry = FakeSentry::start();
    let first = run(&sentry, FakeSentry::TOKEN, &[]);
    assert!(first.status.success(), "{first:?}");
    let made = sentry.rules();
    let rules = read("alert-rules.json");
    let wanted = |kind: &str| rules[kind].as_array().unwrap().len();
    assert_eq!(sentry.count("POST"), wanted("issue") + wanted("metric"));
    assert_eq!(made.len(), wanted("issue") + wanted("metric"));

    let second = run(&sentry, FakeSentry::TOKEN, &[]);
    assert!(second.status.success(), "{second:?}");
    assert_eq!(sentry.count("POST"), made.len(), "nothing is made twice");
    assert_eq!(sentry.rules(), made);
}

#[test]
fn what_is_sent_is_filled_in() {
    let sentry = FakeSentry::start();
    assert!(run(&sentry, FakeSentry::TOKEN, &[]).status.success());
    for (method, path, body) in sentry.seen() {
        assert!(!body.contains("${"), "{method} {path}: {body}");
    }
    let project: Value = serde_json::from_str(&sentry.body("PUT", "/api/0/projects/campo/field/")).unwrap();
    // The rules travel as a text.
    let rules: Value = serde_json::from_str(project["relayPiiConfig"].as_str().unwrap()).unwrap();
    assert_eq!(rules, read("data-scrubbing.json")["relayPiiConfig"]);
    let owners: Value =
        serde_json::from_str(&sentry.body("PUT", "/api/0/projects/campo/field/ownership/")).unwrap();
    assert!(owners["raw"].as_str().unwrap().contains("#platform"));
    let metric = sentry.rules().into_iter().find(|rule| rule["triggers"].is_array()).unwrap();
    assert_eq!(metric["projects"], json!(["field"]));
    assert_eq!(metric["triggers"][0]["actions"][0]["targetIdentifier"], FakeSentry::TEAM_ID);
}

#[test]
fn a_rule_of_another_project_is_left_alone() {
    let sentry = FakeSentry::start();
    let name = read("alert-rules.json")["metric"][0]["name"].clone();
    sentry.put_metric_rule(&json!({"id": "7", "name": name, "projects": ["other"]}));
    assert!(run(&sentry, FakeSentry::TOKEN, &[]).status.success());
    let others: Vec<Value> = sentry.rules().into_iter().filter(|rule| rule["id"] == "7").collect();
    assert_eq!(others, [json!({"id": "7", "name": name, "projects": ["other"]})]);
}

#[test]
fn a_dry_run_changes_nothing_and_says_all() {
    let sentry = FakeSentry::start();
    let output = run(&sentry, FakeSentry::TOKEN, &["--dry-run"]);
    assert!(output.status.success(), "{output:?}");
    assert_eq!((sentry.count("POST"), sentry.count("PUT")), (0, 0));
    let said = String::from_utf8(output.stdout).unwrap();
    let rules = read("alert-rules.json");
    for rule in ["issue", "metric"].iter().flat_map(|kind| rules[*kind].as_array().unwrap()) {
        assert!(said.contains(&format!("would make alert rule {}", rule["name"])), "{said}");
    }
}

#[test]
fn a_refusal_names_the_request_and_never_the_token() {
    let sentry = FakeSentry::start();
    let output = run(&sentry, "sntryu_wrong", &[]);
    assert!(!output.status.success());
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.starts_with("GET /teams/campo/platform/: 401"), "{said}");
    assert!(!said.contains("sntryu_wrong"), "{said}");
    assert_eq!((sentry.count("POST"), sentry.count("PUT")), (0, 0));
}

#[test]
fn relay_logs_no_bodies() {
    let text = std::fs::read_to_string(files::monitoring().join("sentry/relay/config.yml")).unwrap();
    let config: Value = serde_saphyr::from_str(&text).unwrap();
    assert_eq!(config["relay"]["mode"], "managed");
    assert_eq!(config["logging"]["level"], "info");
    assert_eq!(config["logging"]["log_failed_payloads"], false);
    assert_eq!(config["sentry"]["enabled"], false);
    assert_eq!(config["spool"]["envelopes"]["path"], Value::Null);
}
