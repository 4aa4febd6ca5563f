//! `sbom`: what is built with, as `CycloneDX`.

use super::{Verb, ended, installs, usage};
use crate::cmd::Cmd;
use crate::tools::{self, AUDIT, Kit};
use crate::workspace::Workspace;
use std::collections::BTreeSet;
use std::path::Path;
use std::process::ExitCode;

pub(crate) const VERB: Verb = Verb {
    name: "sbom",
    usage: "sbom",
    summary: "the software bill of materials, as CycloneDX: what Cargo.lock has, all of it and nothing else",
    run: sbom,
};

/// Nothing is fetched, and nothing is told to anybody.
const TRIVY: [&str; 9] = [
    "fs",
    "--offline-scan",
    "--skip-db-update",
    "--skip-java-db-update",
    "--skip-check-update",
    "--skip-version-check",
    "--disable-telemetry",
    "--quiet",
    "--format=cyclonedx",
];

fn sbom(args: &[String]) -> ExitCode {
    let (install, words) = installs(args);
    if !words.is_empty() {
        return usage(&VERB);
    }
    ended(Workspace::load().and_then(|workspace| {
        tools::ensure(&workspace, Kit::Scan, install)?;
        write(&workspace)
    }))
}

/// Writes it to `target/sbom`, and compares it with the lock file.
pub(super) fn write(workspace: &Workspace) -> Result<(), String> {
    let folder = workspace.target.join("sbom");
    let file = folder.join("campotech-server.cdx.json");
    std::fs::create_dir_all(&folder).map_err(|why| format!("{}: {why}", folder.display()))?;
    let trivy = Cmd::new(AUDIT.program(workspace, "trivy")).args(TRIVY).args(["--output"]).args([&file]);
    trivy.args(["Cargo.lock"]).run(workspace)?.success()?;
    let listed = components(&file)?;
    let locked = locked(&workspace.root.join("Cargo.lock"))?;
    println!("{}: {} packages", file.display(), listed.len());
    match listed.symmetric_difference(&locked).next() {
        None => Ok(()),
        Some((name, version)) => {
            Err(format!("{name} {version} is in one of Cargo.lock and the list, not in both"))
        }
    }
}

type Packages = BTreeSet<(String, String)>;

fn components(file: &Path) -> Result<Packages, String> {
    let failed = |why: &dyn std::fmt::Display| format!("{}: {why}", file.display());
    let text = std::fs::read_to_string(file).map_err(|why| failed(&why))?;
    let list: serde_json::Value = serde_json::from_str(&text).map_err(|why| failed(&why))?;
    let components = list["components"].as_array().into_iter().flatten();
    let libraries = components.filter(|component| component["type"] == "library");
    let named =
        libraries.map(|one| Some((one["name"].as_str()?.to_owned(), one["version"].as_str()?.to_owned())));
    named.collect::<Option<_>>().ok_or_else(|| failed(&"a component without name or version"))
}

fn locked(file: &Path) -> Result<Packages, String> {
    let failed = |why: &dyn std::fmt::Display| format!("{}: {why}", file.display());
    let text = std::fs::read_to_string(file).map_err(|why| failed(&why))?;
    let lock: toml::Table = text.parse().map_err(|why| failed(&why))?;
    let packages = lock.get("package").and_then(toml::Value::as_array).into_iter().flatten();
    let named = packages.map(|one| {
        let word = |key| Some(one.get(key)?.as_str()?.to_owned());
        Some((word("name")?, word("version")?))
    });
    named.collect::<Option<_>>().ok_or_else(|| failed(&"a package without name or version"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_versions_are_read_from_both() {
        let at = tempfile::tempdir().unwrap();
        let (list, lock) = (at.path().join("list.json"), at.path().join("Cargo.lock"));
        let library = r#"{"type":"library","name":"tower","version":"0.5.2"}"#;
        let file = r#"{"type":"application","name":"Cargo.lock"}"#;
        std::fs::write(&list, format!("{{\"components\":[{file},{library}]}}")).unwrap();
        std::fs::write(&lock, "version = 4\n[[package]]\nname = \"tower\"\nversion = \"0.5.2\"\n").unwrap();
        assert_eq!(components(&list).unwrap(), locked(&lock).unwrap());
        assert_eq!(components(&list).unwrap().len(), 1);
        std::fs::write(&list, r#"{"components":[{"type":"library","name":"tower"}]}"#).unwrap();
        assert!(components(&list).is_err());
    }
}
