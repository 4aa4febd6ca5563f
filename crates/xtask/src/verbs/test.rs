//! `test`: lints, build, tests, docs and supply chain, each as a step.

use super::{Verb, have_tools, installs, usage};
use crate::cmd::{Cmd, cargo};
use crate::counts::{self, Tally};
use crate::step::{Runner, StepResult, Stop};
use crate::tools::Kit;
use crate::workspace::Workspace;
use crate::{coverage, deny, features, links, semver};
use std::path::PathBuf;
use std::process::ExitCode;

pub(crate) const VERB: Verb = Verb {
    name: "test",
    usage: "test [STEP...] [--part N/M] [--install]",
    summary: "run every lint and test; installs what is missing as root, or with --install through sudo",
    run,
};

/// All there is to compile; a crate that fails doesn't hide what is wrong with the others.
pub(super) const EVERYTHING: [&str; 4] = ["--workspace", "--all-targets", "--all-features", "--keep-going"];

/// What can be asked for by name.
struct Step {
    name: &'static str,
    /// Is it one of those that run when none is named?
    usual: bool,
    /// What it needs besides a toolchain.
    tools: Option<Kit>,
    run: fn(&Workspace, Option<&str>) -> StepResult,
}

const STEPS: &[Step] = &[
    Step {
        name: "fmt",
        usual: true,
        tools: None,
        run: |workspace, _| passes(workspace, cargo(["fmt", "--all", "--check"])),
    },
    Step { name: "locks", usual: true, tools: None, run: |workspace, _| locks(workspace) },
    Step { name: "links", usual: true, tools: None, run: |workspace, _| links::followed(workspace) },
    Step {
        name: "clippy",
        usual: true,
        tools: None,
        run: |workspace, _| {
            passes(workspace, cargo(["clippy"]).args(EVERYTHING).args(["--", "-D", "warnings"]))
        },
    },
    Step {
        name: BUILD,
        usual: true,
        tools: None,
        run: |workspace, _| passes(workspace, cargo(["build"]).args(EVERYTHING)),
    },
    Step { name: "nextest", usual: true, tools: Some(Kit::Tests), run: nextest },
    Step { name: "doctests", usual: true, tools: None, run: |workspace, _| doctests(workspace) },
    Step {
        name: "rustdoc",
        usual: true,
        tools: None,
        run: |workspace, _| {
            let doc = cargo(["doc", "--workspace", "--no-deps", "--all-features"]);
            passes(workspace, doc.env("RUSTDOCFLAGS", "-D warnings"))
        },
    },
    Step { name: "features", usual: true, tools: None, run: |workspace, _| features::each_alone(workspace) },
    Step {
        name: "deny",
        usual: true,
        tools: Some(Kit::Prebuilt),
        run: |workspace, _| deny::rules(workspace),
    },
    Step {
        name: "advisories",
        usual: true,
        tools: Some(Kit::Prebuilt),
        run: |workspace, _| deny::advisories(workspace),
    },
    Step { name: "msrv", usual: false, tools: None, run: |workspace, _| msrv(workspace) },
    Step { name: "semver", usual: false, tools: None, run: |workspace, _| semver::kept(workspace) },
    Step {
        name: "coverage",
        usual: false,
        tools: Some(Kit::Tests),
        run: |workspace, _| coverage::measured(workspace),
    },
];

const BUILD: &str = "build";

/// Steps that say nothing new where the build failed.
const BUILT: &[&str] = &["nextest", "doctests", "rustdoc", "features"];

fn run(args: &[String]) -> ExitCode {
    let (install, words) = installs(args);
    let (named, part) = match words.iter().position(|word| *word == "--part") {
        Some(at) if at + 2 == words.len() => (&words[..at], Some(words[at + 1])),
        Some(_) => return usage(&VERB),
        None => (&words[..], None),
    };
    let Some(steps) = chosen(named) else {
        return usage(&VERB);
    };
    match Workspace::load() {
        Ok(workspace) => all(&workspace, &steps, part, install).finish(),
        Err(why) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    }
}

/// The steps of these names in their order; the usual ones where none is named.
fn chosen(names: &[&str]) -> Option<Vec<&'static Step>> {
    if names.iter().any(|name| STEPS.iter().all(|step| step.name != *name)) {
        return None;
    }
    let wanted = |step: &&Step| if names.is_empty() { step.usual } else { names.contains(&step.name) };
    Some(STEPS.iter().filter(wanted).collect())
}

fn all(workspace: &Workspace, steps: &[&'static Step], part: Option<&str>, install: bool) -> Runner {
    let mut run = Runner::default();
    let kits: Vec<_> = steps.iter().filter_map(|step| step.tools).collect();
    // The tests' tools hold those that need less.
    if let Some(kit) = kits.iter().find(|kit| matches!(kit, Kit::Tests)).or(kits.first()) {
        have_tools(&mut run, workspace, *kit, install);
    }
    let mut broken = false;
    for step in steps {
        if broken && BUILT.contains(&step.name) {
            run.not_run(&[step.name], "the build failed");
        } else {
            let passed = run.step(step.name, || (step.run)(workspace, part));
            broken |= step.name == BUILD && !passed;
        }
    }
    run
}

pub(super) fn passes(workspace: &Workspace, cmd: Cmd) -> StepResult {
    cmd.run(workspace)?.success()?;
    Ok(Tally::one())
}

/// Tests that need what is only there for `delivery` are run by it.
fn nextest(workspace: &Workspace, part: Option<&str>) -> StepResult {
    let others = format!("not ({})", super::delivery::TESTS);
    let part = part.map(|part| format!("hash:{part}"));
    let part = part.iter().flat_map(|part| ["--partition", part]);
    tests(workspace, &["--workspace", "-E", &others].into_iter().chain(part).collect::<Vec<_>>(), &[])
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
    let ignored = ignored(workspace, which)?;
    Ok(counts::from_nextest(&xml, ignored)?.agreeing_with(done.success)?)
}

/// How many of these tests are told not to run. What the run itself calls skipped can also be another part's.
fn ignored(workspace: &Workspace, which: &[&str]) -> Result<usize, Stop> {
    let list = ["nextest", "list", "--all-features", "--run-ignored", "only", "--cargo-quiet"];
    let words = which.iter().copied().chain(["--message-format", "oneline"]);
    let done = cargo(list).args(words).run(workspace)?;
    let ignored = done.lines.iter().filter(|line| !line.trim().is_empty()).count();
    done.success()?;
    Ok(ignored)
}

fn doctests(workspace: &Workspace) -> StepResult {
    let tests = ["test", "--doc", "--workspace", "--all-features", "--no-fail-fast"];
    let done = cargo(tests).run(workspace)?;
    Ok(counts::from_doctests(&done.lines)?.agreeing_with(done.success)?)
}

/// What is outside of the workspace has lock files of its own, which a dependency of the crates in it outdates.
fn locks(workspace: &Workspace) -> StepResult {
    let mut tally = Tally::default();
    for outside in ["crates/bench", "crates/fuzz"] {
        let manifest = workspace.root.join(outside).join("Cargo.toml").into_os_string();
        let tree = cargo(["tree", "--locked", "--depth", "0", "--manifest-path"]).args([manifest]);
        tally.merge(&passes(workspace, tree)?);
    }
    Ok(tally)
}

/// What is published builds with the oldest toolchain that it promises.
fn msrv(workspace: &Workspace) -> StepResult {
    let mut versions =
        workspace.metadata.workspace_packages().into_iter().map(|package| &package.rust_version);
    let version = versions
        .next()
        .and_then(Option::as_ref)
        .ok_or_else(|| "Cargo.toml has no rust-version".to_owned())?;
    if !versions.all(|other| other.as_ref() == Some(version)) {
        return Err("not every crate has the same rust-version".to_owned().into());
    }
    // A name with two numbers would be another toolchain to rustup.
    let version = format!("{}.{}.{}", version.major, version.minor, version.patch);
    let words = ["run", &version, "cargo", "check", "--locked", "--workspace", "--all-features"];
    passes(workspace, Cmd::new("rustup").args(words))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(steps: &[&Step]) -> Vec<&'static str> {
        steps.iter().map(|step| step.name).collect()
    }

    #[test]
    fn without_a_name_it_is_the_usual_steps_and_with_names_these_in_their_order() {
        let usual = names(&chosen(&[]).unwrap());
        assert!(usual.contains(&"nextest") && !usual.contains(&"coverage"), "{usual:?}");
        assert_eq!(names(&chosen(&["msrv", "fmt"]).unwrap()), ["fmt", "msrv"]);
        assert!(chosen(&["fmt", "clipy"]).is_none());
    }

    #[test]
    fn what_needs_the_build_is_a_step() {
        for name in BUILT {
            assert!(chosen(&[name]).is_some(), "{name}");
        }
    }
}
