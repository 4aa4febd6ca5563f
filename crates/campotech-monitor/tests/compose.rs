//! What compose starts for the monitoring: pinned, and with files that are there.
#![allow(clippy::unwrap_used, reason = "a helper that can't do its work fails the test")]

use std::collections::BTreeSet;
use std::path::Path;

use campotech_monitor::files;
use serde_json::Value;

fn yaml(path: &Path) -> Value {
    let text = std::fs::read_to_string(path).unwrap_or_else(|why| panic!("{}: {why}", path.display()));
    serde_saphyr::from_str(&text).unwrap()
}

fn compose() -> Value {
    yaml(&files::workspace().join("infrastructure/compose.yaml"))
}

fn texts(value: &Value) -> impl Iterator<Item = &str> {
    value.as_array().into_iter().flatten().filter_map(Value::as_str)
}

/// Names and definitions of the services of the profile.
fn services(compose: &Value) -> Vec<(&String, &Value)> {
    let all = compose["services"].as_object().unwrap().iter();
    let ours: Vec<_> =
        all.filter(|(_, service)| texts(&service["profiles"]).any(|p| p == "monitoring")).collect();
    assert!(!ours.is_empty());
    ours
}

#[test]
fn images_are_pinned() {
    let compose = compose();
    for (name, service) in services(&compose) {
        let tag = service["image"].as_str().unwrap().rsplit_once(':').map_or("", |(_, tag)| tag);
        assert!(tag.chars().any(|c| c.is_ascii_digit()), "{name}: {tag}");
    }
}

#[test]
fn files_that_are_mounted_are_there() {
    let (compose, folder) = (compose(), files::workspace().join("infrastructure"));
    for (name, service) in services(&compose) {
        for mount in texts(&service["volumes"]).filter(|mount| mount.starts_with("./")) {
            let (from, rest) = mount.split_once(':').unwrap();
            assert!(folder.join(from).exists(), "{name}: {from}");
            assert!(rest.ends_with(":ro"), "{name}: {mount}");
        }
    }
}

#[test]
fn secrets_are_files_that_are_declared() {
    let compose = compose();
    let declared = compose["secrets"].as_object().unwrap();
    let mut used = BTreeSet::new();
    for (_, service) in services(&compose) {
        let secrets = service["secrets"].as_array().into_iter().flatten();
        used.extend(secrets.map(|secret| secret.as_str().or(secret["source"].as_str()).unwrap().to_owned()));
    }
    assert_eq!(used, declared.keys().cloned().collect());
    for (name, secret) in declared {
        assert!(secret["file"].as_str().unwrap().ends_with(&format!("/{name}")), "{secret}");
    }
    let readme = std::fs::read_to_string(files::monitoring().join("README.md")).unwrap();
    for name in used {
        assert!(
            readme.contains(&format!("> {name}\n")) || readme.contains(&format!("tee {name} ")),
            "{name}"
        );
    }
}

/// Alertmanager looks for its secrets beside its configuration.
#[test]
fn secrets_of_alertmanager_are_where_it_looks() {
    let compose = compose();
    let config = std::fs::read_to_string(files::monitoring().join("alertmanager/alertmanager.yml")).unwrap();
    let wanted: BTreeSet<_> = config
        .lines()
        .filter_map(|line| line.split_once("_file: secrets/"))
        .map(|(_, name)| format!("/etc/alertmanager/secrets/{}", name.trim()))
        .collect();
    let given = compose["services"]["alertmanager"]["secrets"].as_array().unwrap().iter();
    let given: BTreeSet<_> = given.map(|secret| secret["target"].as_str().unwrap().to_owned()).collect();
    assert!(!wanted.is_empty());
    assert_eq!(given, wanted);
}

/// Prometheus finds its targets by the names of the services, and itself.
#[test]
fn every_target_is_a_service() {
    let compose = compose();
    let mut targets = BTreeSet::new();
    let folder = files::monitoring().join("prometheus/targets");
    for file in std::fs::read_dir(&folder).unwrap_or_else(|why| panic!("{}: {why}", folder.display())) {
        for group in yaml(&file.unwrap().path()).as_array().unwrap() {
            targets
                .extend(texts(&group["targets"]).map(|target| target.split(':').next().unwrap().to_owned()));
        }
    }
    assert!(!targets.is_empty());
    for target in targets.iter().filter(|target| *target != "localhost") {
        assert!(compose["services"][target.as_str()].is_object(), "{target} is no service of compose.yaml");
    }
}
