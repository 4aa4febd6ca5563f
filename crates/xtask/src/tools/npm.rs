//! Programs in npm packages, pinned with hashes in `tools/npm/package-lock.json`, in a private place under `target`.

use super::is_program;
use crate::cmd::Cmd;
use crate::workspace::Workspace;
use std::path::{Path, PathBuf};

/// What npm reads; the lock file is also the stamp that says what is installed.
const PACKAGE: &str = include_str!("../../tools/npm/package.json");
const LOCK: &str = include_str!("../../tools/npm/package-lock.json");

/// Where both lie in the workspace.
const DIR: &str = "crates/xtask/tools/npm";

/// Programs that must be there afterwards.
const PROGRAMS: &[&str] = &["spotlight"];

/// No script of a package runs, and nothing is told to anybody.
const INSTALL: [&str; 4] = ["ci", "--ignore-scripts", "--no-audit", "--no-fund"];

/// Is anything not there, or another version than the one pinned?
pub(super) fn missing(workspace: &Workspace) -> bool {
    let current = std::fs::read_to_string(stamp(workspace)).is_ok_and(|text| text == LOCK);
    let there = |program: &&str| is_program(&home(workspace).join("node_modules/.bin").join(program));
    !(current && PROGRAMS.iter().all(there))
}

pub(super) fn by_hand(workspace: &Workspace) -> String {
    let home = home(workspace);
    let home = home.display();
    format!(
        "mkdir -p {home} && cp {DIR}/package.json {DIR}/package-lock.json {home} && npm {} --prefix {home} \
         && cp {DIR}/package-lock.json {}",
        INSTALL.join(" "),
        stamp(workspace).display()
    )
}

/// npm empties the place before it installs, so that nothing of an older pin stays.
pub(super) fn install(workspace: &Workspace) -> Result<(), String> {
    let home = home(workspace);
    let failed = |why: std::io::Error| format!("{}: {why}", home.display());
    std::fs::create_dir_all(&home).map_err(failed)?;
    std::fs::write(home.join("package.json"), PACKAGE).map_err(failed)?;
    std::fs::write(home.join("package-lock.json"), LOCK).map_err(failed)?;
    Cmd::new("npm").args(INSTALL).dir(&home).run(workspace)?.success()?;
    // Last, so that a half-finished install is not taken for a whole one.
    std::fs::write(stamp(workspace), LOCK).map_err(failed)?;
    if missing(workspace) { Err(format!("{DIR} was installed, yet a program is not there")) } else { Ok(()) }
}

/// Installs what the lock file in a place names. npm empties it before; a copy of the lock file says what is there.
pub(crate) fn packages(workspace: &Workspace, place: &Path) -> Result<(), String> {
    let failed = |why: std::io::Error| format!("{}: {why}", place.display());
    let lock = std::fs::read(place.join("package-lock.json")).map_err(failed)?;
    let stamp = place.join("node_modules/installed.json");
    if std::fs::read(&stamp).is_ok_and(|installed| installed == lock) {
        return Ok(());
    }
    Cmd::new("npm").args(INSTALL).dir(place).run(workspace)?.success()?;
    std::fs::write(&stamp, lock).map_err(failed)
}

fn home(workspace: &Workspace) -> PathBuf {
    workspace.tools().join("npm")
}

fn stamp(workspace: &Workspace) -> PathBuf {
    home(workspace).join("installed.json")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_package_is_pinned_by_a_hash_and_names_no_host() {
        let lock = LOCK.lines();
        let packages = lock.clone().filter(|line| line.trim_start().starts_with("\"node_modules/")).count();
        let hashes = lock.clone().filter(|line| line.contains("\"integrity\": \"sha512-")).count();
        assert!(packages > 0);
        assert_eq!(packages, hashes);
        assert!(!LOCK.contains("\"resolved\""), "where a package came from is the machine's own business");
        let exact =
            |line: &&str| line.contains("\": \"") && line.trim().chars().nth(1).is_some_and(|c| c == '@');
        for line in PACKAGE.lines().filter(exact) {
            let version = line.rsplit('"').nth(1).unwrap();
            assert!(version.starts_with(|c: char| c.is_ascii_digit()), "{line}");
        }
    }
}
