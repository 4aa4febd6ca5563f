//! How much of the libraries their own tests reach, by cargo-llvm-cov.

use crate::cmd::cargo;
use crate::counts::Tally;
use crate::step::StepResult;
use crate::workspace::Workspace;

/// Lines in a hundred; 89 are reached. It goes down only with a reason.
const FLOOR: &str = "88";

/// Runs the tests of what is published, and nothing that a test of the example's happens to touch.
pub(crate) fn measured(workspace: &Workspace) -> StepResult {
    let words = ["llvm-cov", "nextest", "--all-features", "--profile", "ci", "--fail-under-lines", FLOOR];
    let report = workspace.target.join("coverage.lcov").into_os_string();
    let lcov = ["--lcov".into(), "--output-path".into(), report];
    cargo(words).args(workspace.packages()).args(lcov).run(workspace)?.success()?;
    cargo(["llvm-cov", "report", "--summary-only"]).run(workspace)?.success()?;
    Ok(Tally::one())
}
