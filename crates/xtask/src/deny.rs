//! Licences, bans, sources and advisories by cargo-deny, with or without a network.

use crate::cmd::{Cmd, cargo};
use crate::counts::Tally;
use crate::step::{StepResult, Stop};
use crate::tools;
use crate::workspace::Workspace;
use std::path::{Path, PathBuf};

/// A packed advisory database, to be read instead of the normal source.
const PACKED: &str = "CAMPOTECH_ADVISORY_DB";

/// Where `deny.toml` puts databases.
const DATABASES: &str = "target/advisory-dbs";

/// The name cargo-deny derives from the address of the default database: there it looks, and nowhere else.
const DEFAULT: &str = "advisory-db-3157b0e258782691";

/// How cargo-deny says that the source of the database didn't answer.
const UNREACHABLE: &str = "failed to fetch advisory database";

pub(crate) fn rules(workspace: &Workspace) -> StepResult {
    // An offline check knows only crates that were fetched, those of other platforms included.
    cargo(["fetch", "--locked"]).run(workspace)?.success()?;
    let checks = ["--offline", "check", "--hide-inclusion-graph", "bans", "licenses", "sources"];
    deny(workspace).args(checks).run(workspace)?.success()?;
    Ok(Tally::one())
}

pub(crate) fn advisories(workspace: &Workspace) -> StepResult {
    let packed = std::env::var_os(PACKED).filter(|path| !path.is_empty());
    let store = Store::of(workspace);
    if let Some(packed) = packed {
        store.unpack(workspace, Path::new(&packed))?;
        deny(workspace).args(["--offline", "check", "advisories"]).run(workspace)?.success()?;
        return Ok(Tally::one());
    }
    store.forget_unpacked()?;
    let done = deny(workspace).args(["check", "advisories"]).run(workspace)?;
    let unreachable = done.lines.iter().any(|line| line.contains(UNREACHABLE));
    match done.success() {
        Err(_) if unreachable => Err(away(std::env::var_os("CI").is_some())),
        other => Ok(other.map(|()| Tally::one())?),
    }
}

/// A person without a network may go on; a machine that lets changes in may not.
fn away(ci: bool) -> Stop {
    let why = format!(
        "the advisory database can't be fetched; where there is no network, {PACKED} names a tar.xz of it"
    );
    if ci { Stop::Failed(why) } else { Stop::NotChecked(why) }
}

/// cargo-audit with the packed database, or with one that it fetches.
pub(crate) fn audit(workspace: &Workspace) -> Result<Cmd, String> {
    let audit = Cmd::new(tools::AUDIT.program(workspace, "cargo-audit")).args(["audit", "--deny", "unsound"]);
    let Some(packed) = std::env::var_os(PACKED).filter(|path| !path.is_empty()) else {
        return Ok(audit);
    };
    let store = Store::of(workspace);
    store.unpack(workspace, Path::new(&packed))?;
    Ok(audit.args(["--no-fetch", "--stale", "--db"]).args([&store.dir]))
}

fn deny(workspace: &Workspace) -> Cmd {
    Cmd::new(tools::TESTS.program(workspace, "cargo-deny")).args(["--all-features"])
}

/// The default database's place on disk.
struct Store {
    dir: PathBuf,
    mark: PathBuf,
}

impl Store {
    fn of(workspace: &Workspace) -> Self {
        let databases = workspace.root.join(DATABASES);
        Self { dir: databases.join(DEFAULT), mark: databases.join("unpacked") }
    }

    /// Puts the packed database where cargo-deny expects a clone.
    fn unpack(&self, workspace: &Workspace, packed: &Path) -> Result<(), String> {
        let broken = |why: std::io::Error| format!("{}: {why}", self.dir.display());
        if !packed.is_file() {
            return Err(format!("{PACKED}: no file at {}", packed.display()));
        }
        self.clear().map_err(broken)?;
        std::fs::create_dir_all(&self.dir).map_err(broken)?;
        std::fs::write(&self.mark, "").map_err(broken)?;
        let unpack = Cmd::new("tar").args(["--extract", "--xz", "--file"]).args([packed]);
        unpack.args(["-C"]).args([&self.dir]).run(workspace)?.success()?;
        if !self.dir.join("crates").is_dir() {
            return Err(format!("{PACKED}: no advisories in {}: everything would pass", packed.display()));
        }
        let git = |words: &[&str]| Cmd::new("git").args(words.iter().copied()).dir(&self.dir).run(workspace);
        git(&["init", "--quiet"])?.success()?;
        git(&["add", "--all"])?.success()?;
        let who = ["-c", "user.name=xtask", "-c", "user.email=xtask@localhost", "-c", "commit.gpgsign=false"];
        git(&[&who, &["commit", "--quiet", "--message", "unpacked"][..]].concat())?.success()
    }

    /// A database that was unpacked has no origin; the normal source must clone over it.
    fn forget_unpacked(&self) -> Result<(), String> {
        if !self.mark.exists() {
            return Ok(());
        }
        self.clear().map_err(|why| format!("{}: {why}", self.dir.display()))
    }

    fn clear(&self) -> std::io::Result<()> {
        for gone in [std::fs::remove_dir_all(&self.dir), std::fs::remove_file(&self.mark)] {
            match gone {
                Err(why) if why.kind() != std::io::ErrorKind::NotFound => return Err(why),
                _ => {}
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn store(at: &Path) -> Store {
        Store { dir: at.join(DEFAULT), mark: at.join("unpacked") }
    }

    /// Packs the files named, each with a line of text.
    fn pack(at: &Path, files: &[&str]) -> PathBuf {
        for file in files {
            let file = at.join("in").join(file);
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(file, "text").unwrap();
        }
        let packed = at.join("db.tar.xz");
        let workspace = Workspace::load().unwrap();
        let tar = Cmd::new("tar").args(["--create", "--xz", "--file"]).args([&packed]).args(["-C"]);
        tar.args([at.join("in")]).args(["."]).run(&workspace).unwrap().success().unwrap();
        packed
    }

    #[test]
    fn a_packed_database_becomes_a_repository_and_is_forgotten_again() {
        let at = tempfile::tempdir().unwrap();
        let packed = pack(at.path(), &["crates/time/RUSTSEC-2020-0071.md"]);
        let store = store(at.path());
        let workspace = Workspace::load().unwrap();
        for _ in 0..2 {
            store.unpack(&workspace, &packed).unwrap();
            let log = Cmd::new("git").args(["ls-files"]).dir(&store.dir).run(&workspace).unwrap();
            assert_eq!(log.lines, ["crates/time/RUSTSEC-2020-0071.md"]);
        }
        store.forget_unpacked().unwrap();
        assert!(!store.dir.exists());
    }

    #[test]
    fn a_clone_of_the_normal_source_is_kept() {
        let at = tempfile::tempdir().unwrap();
        let store = store(at.path());
        std::fs::create_dir_all(&store.dir).unwrap();
        store.forget_unpacked().unwrap();
        assert!(store.dir.exists());
    }

    #[test]
    fn a_database_without_advisories_or_none_at_all_is_a_failure() {
        let at = tempfile::tempdir().unwrap();
        let workspace = Workspace::load().unwrap();
        let packed = pack(at.path(), &["README.md"]);
        let why = store(at.path()).unpack(&workspace, &packed).unwrap_err();
        assert!(why.contains("everything would pass"), "{why}");
        let why = store(at.path()).unpack(&workspace, &at.path().join("nowhere")).unwrap_err();
        assert!(why.starts_with("CAMPOTECH_ADVISORY_DB: no file at"), "{why}");
    }

    #[test]
    fn an_unreachable_source_fails_only_where_changes_are_let_in() {
        assert!(matches!(away(true), Stop::Failed(_)));
        assert!(matches!(away(false), Stop::NotChecked(_)));
    }
}
