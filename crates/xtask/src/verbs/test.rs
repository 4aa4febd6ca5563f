//! `test`: lints, build, tests, docs and supply chain, each as a step.

use super::{Verb, usage};
use crate::cmd::{Cmd, cargo};
use crate::counts::{self, Tally};
use crate::step::{Runner, StepResult};
use crate::tools::{self, Kit};
use crate::workspace::Workspace;
use crate::{deny, features};
use std::path::PathBuf;
use std::process::ExitCode;

pub(crate) const VERB: Verb = Verb {
    name: "test",
    usage: "test [--install]",
    summary: "run every lint and test; installs what is missing as root, or with --install through sudo",
    run,
};

/// All there is to compile; a crate that fails doesn't hide what is wrong with the others.
pub(super) const EVERYTHING: [&str; 4] = ["--workspace", "--all-targets", "--all-features", "--keep-going"];

fn run(args: &[String]) -> ExitCode {
    let install = match args {
        [] => false,
        [flag] if flag == "--install" => true,
        _ => return usage(&VERB),
    };
    let workspace = match Workspace::load() {
        Ok(workspace) => workspace,
        Err(why) => {
            eprintln!("{why}");
            return ExitCode::FAILURE;
        }
    };
    steps(&workspace, install).finish()
}

fn steps(workspace: &Workspace, install: bool) -> Runner {
    let mut run = Runner::default();
    run.step("tools", || {
        tools::ensure(workspace, Kit::Tests, install)?;
        Ok(Tally::one())
    });
    run.step("fmt", || passes(workspace, cargo(["fmt", "--all", "--check"])));
    run.step("clippy", || {
        passes(workspace, cargo(["clippy"]).args(EVERYTHING).args(["--", "-D", "warnings"]))
    });
    let built = run.step("build", || passes(workspace, cargo(["build"]).args(EVERYTHING)));
    if built {
        run.step("nextest", || nextest(workspace));
        run.step("doctests", || doctests(workspace));
        run.step("rustdoc", || {
            let doc = cargo(["doc", "--workspace", "--no-deps", "--all-features"]);
            passes(workspace, doc.env("RUSTDOCFLAGS", "-D warnings"))
        });
        run.step("each feature", || features::each_alone(workspace));
    } else {
        run.not_run(&["nextest", "doctests", "rustdoc", "each feature"], "the build failed");
    }
    run.step("deny", || deny::rules(workspace));
    run.step("advisories", || deny::advisories(workspace));
    run
}

pub(super) fn passes(workspace: &Workspace, cmd: Cmd) -> StepResult {
    cmd.run(workspace)?.success()?;
    Ok(Tally::one())
}

fn nextest(workspace: &Workspace) -> StepResult {
    tests(workspace, &["--workspace", "-E", &format!("not ({})", super::delivery::TESTS)], &[])
}

/// Runs tests with these variables, and counts them.
pub(super) fn tests(workspace: &Workspace, which: &[&str], told: &[(&str, PathBuf)]) -> StepResult {
    // It lies there wherever CARGO_TARGET_DIR is.
    let report = workspace.root.join("target/nextest/ci/junit.xml");
    // A report of an earlier run must never be counted as this one's.
    if let Err(why) = std::fs::remove_file(&report)
        && why.kind() != std::io::ErrorKind::NotFound
    {
        return Err(format!("{}: {why}", report.display()).into());
    }
    let run = ["nextest", "run", "--all-features", "--profile", "ci"];
    let run = cargo(run).args(which.iter().copied());
    let done = told.iter().fold(run, |run, (name, value)| run.env(*name, value)).run(workspace)?;
    let xml = std::fs::read_to_string(&report)
        .map_err(|why| format!("nextest left no report at {}: {why}", report.display()))?;
    Ok(counts::from_nextest(&xml, &done.lines)?.agreeing_with(done.success)?)
}

fn doctests(workspace: &Workspace) -> StepResult {
    let tests = ["test", "--doc", "--workspace", "--all-features", "--no-fail-fast"];
    let done = cargo(tests).run(workspace)?;
    Ok(counts::from_doctests(&done.lines)?.agreeing_with(done.success)?)
}
