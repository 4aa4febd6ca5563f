//! `bench`: what the crates cost, counted and timed by `crates/bench`, which has a lock file of its own.

use super::test::passes;
use super::{Verb, ended, have_tools, installs, usage};
use crate::cmd::{Cmd, cargo};
use crate::counts::Tally;
use crate::step::{Runner, StepResult};
use crate::tools::{Kit, npm_packages};
use crate::workspace::Workspace;
use std::path::PathBuf;
use std::process::ExitCode;

pub(crate) const VERB: Verb = Verb {
    name: "bench",
    usage: "bench [FILTER | --short | --write-gates]",
    summary: "costs beside peers, one line a bar; --short: counts against gates, which --write-gates writes",
    run: bench,
};

/// What is asked for.
#[derive(Clone, Copy)]
enum Asked<'a> {
    /// What CI runs: costs that a machine's mood can't change.
    Gates,
    /// The gates of what is reached now.
    NewGates,
    /// Ratios too, of the bars whose name has this in it.
    Bars(&'a str),
}

fn bench(args: &[String]) -> ExitCode {
    let (install, words) = installs(args);
    let asked = match words[..] {
        [] => Asked::Bars(""),
        ["--short"] => Asked::Gates,
        ["--write-gates"] => Asked::NewGates,
        [filter] if !filter.starts_with('-') => Asked::Bars(filter),
        _ => return usage(&VERB),
    };
    match Workspace::load() {
        Ok(workspace) => {
            let mut run = Runner::default();
            let kit = if matches!(asked, Asked::Bars(_)) { Kit::Bars } else { Kit::Bench };
            if have_tools(&mut run, &workspace, kit, install) {
                steps(&Bench::of(&workspace, asked), &mut run, asked);
            }
            run.finish()
        }
        failed => ended(failed.map(|_| ())),
    }
}

fn steps(bench: &Bench<'_>, run: &mut Runner, asked: Asked<'_>) {
    run.step("fmt", || passes(bench.workspace, bench.cargo(&["fmt", "--all"]).args(["--check"])));
    if let Asked::Bars(_) = asked {
        run.step("clippy", || {
            let all = ["clippy", "--locked", "--workspace", "--all-targets", "--features", "peers"];
            passes(bench.workspace, bench.cargo(&all).args(["--", "-D", "warnings"]))
        });
        run.step("tests", || passes(bench.workspace, bench.measured(&["test", "--lib"])));
    }
    if let Asked::Bars(filter) = asked
        && (filter.is_empty() || filter.starts_with(PHONES))
    {
        run.step(PHONES, || {
            let program = ["run", "--locked", "--release", "--package", "campotech-bench-phones"];
            passes(bench.workspace, bench.cargo(&program).args(["--", "bars"]))
        });
        if !filter.is_empty() {
            return;
        }
    }
    if let Asked::Bars(filter) = asked
        && BESIDE_NODE.iter().any(|bar| bar.contains(filter))
    {
        let installed = run.step("node", || {
            let peers = bench.workspace.root.join(NODE);
            npm_packages(bench.workspace, &peers)?;
            Ok(Tally::one())
        });
        if !installed {
            return;
        }
    }
    // It only starts the others, so it is built as fast as can be.
    run.step("runner", || passes(bench.workspace, bench.cargo(&["build", "--locked", "--package", RUNNER])));
    run.step("instructions", || {
        passes(bench.workspace, bench.measured(&["bench", "--bench", "instructions"]))
    });
    match asked {
        Asked::Gates => run.step("gates", || bench.program(&["gates"])),
        Asked::NewGates => run.step("gates", || bench.program(&["gates", "--write"])),
        Asked::Bars(filter) => run.step("bars", || bench.program(&["bars", filter])),
    };
}

/// How the bars of telephone numbers begin; their peers have a package of their own.
const PHONES: &str = "phones";

/// The bars that have peers in node.
const BESIDE_NODE: [&str; 2] = ["validate.form.time_of_ajv", "validate.form.time_of_zod"];

/// Where those peers are.
const NODE: &str = "crates/bench/node";

/// The package that starts valgrind, at the version of the library that it works with.
const RUNNER: &str = "campotech-bench-runner";

/// A cargo of the workspace that peers are in.
pub(super) fn beside(workspace: &Workspace, words: &[&str]) -> Cmd {
    let manifest = workspace.root.join("crates/bench/Cargo.toml").into_os_string();
    let command = cargo(words.iter().copied()).args(["--manifest-path".into(), manifest]);
    command.env("CARGO_TARGET_DIR", target(workspace))
}

/// Nothing of it is the workspace's: other versions, other features.
fn target(workspace: &Workspace) -> PathBuf {
    workspace.target.join("bench")
}

struct Bench<'a> {
    workspace: &'a Workspace,
    target: PathBuf,
    /// Whether peers are measured, too.
    peers: bool,
}

impl<'a> Bench<'a> {
    fn of(workspace: &'a Workspace, asked: Asked<'_>) -> Self {
        Self { workspace, target: target(workspace), peers: matches!(asked, Asked::Bars(_)) }
    }

    fn cargo(&self, words: &[&str]) -> Cmd {
        beside(self.workspace, words)
    }

    fn measured(&self, words: &[&str]) -> Cmd {
        let runner = self.target.join("debug").join(RUNNER);
        let peers = if self.peers { &["--features", "peers"][..] } else { &[] };
        let command = self.cargo(words).args(["--locked", "--profile", "bench"]).args(peers.iter().copied());
        command.env("GUNGRAUN_RUNNER", runner).env("GUNGRAUN_SAVE_SUMMARY", "json")
    }

    fn program(&self, words: &[&str]) -> StepResult {
        self.measured(&["build", "--bins"]).run(self.workspace)?.success()?;
        let program = Cmd::new(self.target.join("release/campotech-bench"));
        program.args(words.iter().copied()).run(self.workspace)?.success()?;
        Ok(Tally::one())
    }
}
