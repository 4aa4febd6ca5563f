//! The real runbooks, held against the real alerts.
#![allow(clippy::unwrap_used, reason = "a helper that can't do its work fails the test")]

use campotech_monitor::rules::RuleFile;
use campotech_monitor::{files, runbooks};

#[test]
fn every_alert_has_a_page_that_is_sound() {
    let alerts = RuleFile::read(&files::monitoring().join("prometheus/alerts.yml")).unwrap();
    assert!(alerts.alerts().count() > 0);
    let findings = runbooks::check(&files::runbooks(), alerts.alerts()).unwrap();
    let lines: Vec<String> = findings.iter().map(ToString::to_string).collect();
    assert!(lines.is_empty(), "\n{}", lines.join("\n"));
}
