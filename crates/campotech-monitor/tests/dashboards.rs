//! The dashboards and Grafana's alert rules as they are committed.
#![allow(clippy::unwrap_used, reason = "what goes wrong in a helper of a test fails the test")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use campotech_monitor::dashboards::{
    DashboardError, Target, Variables, check, expand, load, metrics_named, panel_id, write,
};
use campotech_monitor::files::{monitoring, workspace};
use campotech_monitor::grafana_alerts::DATASOURCE;
use campotech_monitor::rules::RuleFile;
use serde_json::Value;

/// What every program that is written in this workspace calls a new metric by.
const REGISTERS: [&str; 2] = ["gauge_fn(", "counter_fn("];

fn targets() -> Vec<Target> {
    load(&monitoring())
        .unwrap()
        .iter()
        .flat_map(|dashboard| dashboard.targets().collect::<Vec<_>>())
        .collect()
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &to.join(entry.file_name()));
        } else {
            fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
        }
    }
}

/// A copy of the monitoring folder that may be broken.
fn scratch() -> tempfile::TempDir {
    let scratch = tempfile::tempdir().unwrap();
    for folder in ["grafana", "prometheus"] {
        copy(&monitoring().join(folder), &scratch.path().join(folder));
    }
    scratch
}

fn edit(path: &Path, from: &str, to: &str) {
    let text = fs::read_to_string(path).unwrap();
    assert!(text.contains(from), "{from} is not in {}", path.display());
    fs::write(path, text.replacen(from, to, 1)).unwrap();
}

fn rules_broken(monitoring: &Path) -> BTreeSet<&'static str> {
    check(monitoring).err().unwrap_or_default().iter().map(|finding| finding.rule).collect()
}

fn yaml(path: &str) -> Value {
    let text = fs::read_to_string(monitoring().join("grafana/provisioning").join(path)).unwrap();
    serde_saphyr::from_str(&text).unwrap()
}

#[test]
fn the_dashboards_are_up_to_date_and_have_no_finding() {
    let findings = check(&monitoring()).err().unwrap_or_default();
    let lines: Vec<_> = findings.iter().map(ToString::to_string).collect();
    assert!(lines.is_empty(), "{}", lines.join("\n"));
}

#[test]
fn an_alert_that_moves_takes_its_line_along() {
    let scratch = scratch();
    edit(&scratch.path().join("prometheus/alerts.yml"), "> 0.05", "> 0.06");
    assert_eq!(rules_broken(scratch.path()), BTreeSet::from(["up-to-date", "alert-threshold"]));
    write(scratch.path()).unwrap();
    assert_eq!(rules_broken(scratch.path()), BTreeSet::new());
    let json = fs::read_to_string(scratch.path().join("grafana/dashboards/application.json")).unwrap();
    let json: Value = serde_json::from_str(&json).unwrap();
    let panels = json["panels"].as_array().unwrap();
    let panel = panels.iter().find(|panel| panel["title"] == "Error rate").unwrap();
    assert_eq!(panel["fieldConfig"]["defaults"]["thresholds"]["steps"][1]["value"], 0.06);
}

#[test]
fn what_is_changed_by_hand_is_found() {
    let scratch = scratch();
    edit(&scratch.path().join("grafana/dashboards/application.json"), "\"now-1h\"", "\"now-6h\"");
    fs::write(scratch.path().join("grafana/dashboards/orphan.json"), "{}").unwrap();
    fs::remove_file(scratch.path().join("grafana/provisioning/alerting/rules.yml")).unwrap();
    let findings = check(scratch.path()).unwrap_err();
    let found: Vec<_> = findings.iter().map(|finding| (finding.rule, finding.dashboard.as_str())).collect();
    let want = ["dashboards/application.json", "provisioning/alerting/rules.yml", "dashboards/orphan.json"];
    let want: Vec<_> = want.iter().map(|file| ("up-to-date", format!("grafana/{file}"))).collect();
    assert_eq!(found, want.iter().map(|(rule, file)| (*rule, file.as_str())).collect::<Vec<_>>());
}

#[test]
fn a_query_that_its_source_does_not_have_is_not_sent() {
    let scratch = scratch();
    let json = scratch.path().join("grafana/dashboards/application.json");
    edit(&json, "max by (queue) (queue_size{", "min by (queue) (queue_size{");
    let stale = load(scratch.path()).unwrap_err();
    assert!(matches!(&stale, DashboardError::Stale { panel, .. } if panel == "Queue size"), "{stale}");
}

#[test]
fn missing_alerts_are_an_error_not_an_empty_dashboard() {
    let scratch = scratch();
    fs::remove_file(scratch.path().join("prometheus/alerts.yml")).unwrap();
    let findings = check(scratch.path()).unwrap_err();
    assert!(findings[0].message.contains("alerts.yml"), "{}", findings[0]);
}

#[test]
fn every_query_can_be_sent() {
    let targets = targets();
    for target in &targets {
        let expr = expand(&target.expr, &Variables::default());
        assert!(!expr.contains('$'), "{target:?}");
        assert!(!metrics_named(&expr).unwrap().is_empty(), "{target:?}");
    }
    for outside in ["variable job", "variable instance", "annotation Deploys", "annotation Alerts"] {
        assert_eq!(targets.iter().filter(|target| target.panel == outside).count(), 2, "{outside}");
    }
}

/// What a process has only in a container with limits.
const OF_LIMITS: [&str; 6] = [
    "cgroup_cpu_limit_cores",
    "cgroup_cpu_periods_total",
    "cgroup_cpu_throttled_periods_total",
    "cgroup_memory_limit_bytes",
    "cgroup_pids",
    "cgroup_pids_limit",
];

/// What only a health check over TLS reads: no peer here has a certificate that the server trusts.
const OF_TLS: &str = "health_certificate_expiry_timestamp_seconds";

#[test]
fn what_is_backfilled_is_of_containers_and_certificates_and_nothing_else() {
    for target in targets() {
        let names = metrics_named(&target.expr).unwrap();
        let cadvisors = names.iter().all(|name| name.starts_with("container_"));
        let of_limits = names.iter().any(|name| OF_LIMITS.contains(&name.as_str()));
        let of_tls = names.contains(OF_TLS);
        assert_eq!(target.backfilled, cadvisors || of_limits || of_tls, "{target:?}");
    }
}

/// What is there only where a health check reads it.
const READ: [&str; 5] = [
    "health_replication_lag_seconds",
    "health_oldest_transaction_seconds",
    "health_used_ratio",
    "health_queue_depth",
    "health_queue_age_seconds",
];

#[test]
fn only_what_may_not_be_set_may_be_empty() {
    for target in targets() {
        let Some(reason) = &target.may_be_empty else { continue };
        // Where no collector is set, and what another service has: calls of gRPC, the names of OpenTelemetry.
        let absent = ["otlp_spans_", "grpc_requests_total", "http_server_"];
        let known = absent.iter().chain(&READ).any(|name| target.expr.contains(name));
        assert!(known || target.expr.starts_with("ALERTS"), "{target:?}");
        assert!(!reason.is_empty());
    }
}

#[test]
fn every_metric_of_the_application_is_shown() {
    let mut known = BTreeSet::new();
    let names = fs::read_to_string(workspace().join("crates/campotech-metrics/src/names.rs")).unwrap();
    for line in names.lines() {
        let mut words = line.split_whitespace();
        if let (Some(_), Some("="), Some(name), Some("Counter" | "Gauge" | "Histogram")) =
            (words.next(), words.next(), words.next(), words.next())
        {
            known.insert(name.trim_matches('"').to_owned());
        }
    }
    for folder in ["crates/campotech/src", "examples/server/src"] {
        registered(&workspace().join(folder), &mut known);
    }
    for sure in [
        "http_requests_total",
        "queue_dead_letters",
        "health_snapshot_age_seconds",
        "log_lines_dropped_total",
    ] {
        assert!(known.contains(sure), "{sure} is not found in the code any more: mend this test");
    }
    let shown: BTreeSet<_> =
        targets().iter().flat_map(|target| metrics_named(&target.expr).unwrap()).collect();
    let is_shown = |name: &String| {
        ["", "_bucket", "_count", "_sum"].iter().any(|suffix| shown.contains(&format!("{name}{suffix}")))
    };
    let hidden: Vec<_> = known.iter().filter(|name| !is_shown(name)).collect();
    assert!(hidden.is_empty(), "shown nowhere: {hidden:?}");
}

/// The names that a folder's code registers gauges and counters under.
fn registered(folder: &Path, names: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            registered(&path, names);
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        for call in REGISTERS {
            for rest in text.split(call).skip(1) {
                if let Some(name) =
                    rest.trim_start().strip_prefix('"').and_then(|rest| rest.split('"').next())
                {
                    names.insert(name.to_owned());
                }
            }
        }
    }
}

#[test]
fn grafana_has_every_alert_of_prometheus() {
    let alerts = RuleFile::read(&monitoring().join("prometheus/alerts.yml")).unwrap();
    let file = yaml("alerting/rules.yml");
    let mut found = BTreeMap::new();
    let mut uids = BTreeSet::new();
    for rule in file["groups"].as_array().unwrap().iter().flat_map(|group| group["rules"].as_array().unwrap())
    {
        let uid = rule["uid"].as_str().unwrap();
        // Grafana takes no longer one.
        assert!(uid.len() <= 40 && uids.insert(uid), "{uid}");
        found.insert(rule["title"].as_str().unwrap(), rule);
    }
    assert_eq!(found.len(), alerts.alerts().count());
    for alert in alerts.alerts() {
        let rule = found[alert.alert.as_str()];
        let hold = if alert.hold.is_empty() { "0s" } else { &alert.hold };
        assert_eq!(rule["for"], hold, "{}", alert.alert);
        assert_eq!(rule["labels"], serde_json::to_value(&alert.labels).unwrap());
        assert_eq!(rule["data"][0]["model"]["expr"], alert.expr.trim());
        assert_eq!(rule["data"][0]["datasourceUid"], DATASOURCE);
        assert_eq!(rule["condition"], rule["data"][2]["refId"]);
        let panel = &alert.annotations["panel"];
        let dashboard = format!("campotech-{}", alert.annotations["dashboard"]);
        assert_eq!(rule["annotations"]["__dashboardUid__"], dashboard, "{}", alert.alert);
        assert_eq!(rule["annotations"]["__panelId__"], panel_id(panel).to_string());
        assert_eq!((&rule["dashboardUid"], &rule["panelId"]), (&dashboard.into(), &panel_id(panel).into()));
        for key in ["summary", "runbook_url"] {
            assert!(!rule["annotations"][key].as_str().unwrap().is_empty(), "{}", alert.alert);
        }
        let description = rule["annotations"]["description"].as_str().unwrap();
        assert!(!description.replace("$values.query.Value", "").contains("$value"), "{description}");
        assert!(
            !description.contains("${"),
            "Grafana would take it for an environment variable: {description}"
        );
    }
}

#[test]
fn grafana_finds_what_the_dashboards_name() {
    let source = &yaml("datasources/prometheus.yml")["datasources"][0];
    assert_eq!((&source["uid"], &source["type"]), (&DATASOURCE.into(), &"prometheus".into()));
    assert_eq!(source["url"], "$CAMPOTECH_PROMETHEUS_URL");
    let provider = &yaml("dashboards/campotech.yml")["providers"][0];
    assert_eq!(provider["allowUiUpdates"], false);
    assert_eq!(provider["options"]["path"], "$CAMPOTECH_DASHBOARDS");
    let readme = fs::read_to_string(monitoring().join("grafana/README.md")).unwrap();
    for variable in ["CAMPOTECH_PROMETHEUS_URL", "CAMPOTECH_DASHBOARDS"] {
        assert!(readme.contains(variable), "{variable} is not in the README");
    }
}
