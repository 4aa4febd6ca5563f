//! Public interfaces since the last release, by cargo-semver-checks.

use crate::cmd::{Cmd, cargo};
use crate::counts::Tally;
use crate::step::{StepResult, Stop};
use crate::workspace::Workspace;

/// What a release is tagged with.
const TAGS: &str = "v[0-9]*";

/// Compares what is published with what the newest release had: a change that breaks a user needs the version that says so.
pub(crate) fn kept(workspace: &Workspace) -> StepResult {
    let told =
        Cmd::new("git").args(["describe", "--tags", "--abbrev=0", "--match", TAGS, "HEAD"]).run(workspace)?;
    let Some(tag) = told.lines.last().filter(|_| told.success) else {
        return Err(Stop::NotChecked("there is no release to compare with yet".to_owned()));
    };
    cargo(["semver-checks", "--all-features", "--baseline-rev", tag])
        .args(workspace.packages())
        .run(workspace)?
        .success()?;
    Ok(Tally::one())
}
