//! Public interfaces since the last release, by cargo-semver-checks.

use crate::cmd::{Cmd, cargo};
use crate::counts::Tally;
use crate::step::{StepResult, Stop};
use crate::workspace::Workspace;

/// What a release is tagged with.
const TAGS: &str = "v[0-9]*";

/// Compares what is published with what the newest release before this commit had: a change that breaks a user needs the version that says so.
pub(crate) fn kept(workspace: &Workspace) -> StepResult {
    let told = Cmd::new("git")
        .args(["describe", "--tags", "--abbrev=0", "--match", TAGS, "HEAD^"])
        .run(workspace)?;
    if told.lines.iter().any(|line| line.contains("No names found") || line.contains("No tags can describe"))
    {
        return Err(Stop::NotChecked("there is no release to compare with yet".to_owned()));
    }
    let tag = told.lines.last().cloned().unwrap_or_default();
    told.success()?;
    cargo(["semver-checks", "--all-features", "--baseline-rev", &tag])
        .args(workspace.packages())
        .run(workspace)?
        .success()?;
    Ok(Tally::one())
}
