//! `fuzz`: what reads bytes from outside, against every kind of bytes, by `crates/fuzz`, which has a lock file of its own.

use super::test::passes;
use super::{Verb, ended, have_tools, installs, usage};
use crate::cmd::{Cmd, cargo};
use crate::counts::Tally;
use crate::step::{Runner, StepResult};
use crate::tools::{FUZZ, Kit};
use crate::workspace::Workspace;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::process::ExitCode;

pub(crate) const VERB: Verb = Verb {
    name: "fuzz",
    usage: "fuzz [TARGET] [--seconds N]",
    summary: "what reads bytes from outside, against every kind of bytes: 20,000 for each target, or N seconds",
    run: fuzz,
};

/// Coverage is instrumented by flags that only this toolchain takes.
const TOOLCHAIN: &str = "nightly";
/// For each target, where nothing else is asked for: the same inputs on every run of the same build, so that no change is held
/// up by what an older one did.
const SHORT: [&str; 2] = ["-runs=20000", "-seed=1"];
/// What is under this is a fault: of a target in bytes of memory, of one input in seconds.
const LIMITS: [&str; 3] = ["-rss_limit_mb=1024", "-timeout=5", "-max_len=4096"];

fn fuzz(args: &[String]) -> ExitCode {
    let (install, words) = installs(args);
    let (target, seconds) = match words[..] {
        [] => (None, None),
        ["--seconds", n] => (None, Some(n)),
        [target] if !target.starts_with('-') => (Some(target), None),
        [target, "--seconds", n] if !target.starts_with('-') => (Some(target), Some(n)),
        _ => return usage(&VERB),
    };
    let Ok(seconds) = seconds.map(str::parse::<NonZeroU32>).transpose() else { return usage(&VERB) };
    match Workspace::load() {
        Ok(workspace) => {
            let mut run = Runner::default();
            if have_tools(&mut run, &workspace, Kit::Fuzz, install) {
                steps(&Fuzz::of(&workspace), &mut run, target, seconds);
            }
            run.finish()
        }
        failed => ended(failed.map(|_| ())),
    }
}

fn steps(fuzz: &Fuzz<'_>, run: &mut Runner, only: Option<&str>, seconds: Option<NonZeroU32>) {
    run.step("fmt", || passes(fuzz.workspace, fuzz.stable(&["fmt", "--all"]).args(["--check"])));
    if !run.step("build", || fuzz.build()) {
        return run.not_run(&["targets"], "there is nothing to run");
    }
    run.step("targets", || {
        let targets = fuzz.targets()?;
        let asked: Vec<_> = targets.iter().filter(|name| only.is_none_or(|only| *name == only)).collect();
        if asked.is_empty() {
            return Err(format!("there is no such target; there are {}", targets.join(", ")).into());
        }
        let mut tally = Tally::default();
        for target in asked {
            tally.merge(&match fuzz.run(target, seconds) {
                Ok(()) => Tally::one(),
                Err(why) => {
                    println!("{why}");
                    Tally::one_failed()
                }
            });
        }
        Ok(tally)
    });
}

struct Fuzz<'a> {
    workspace: &'a Workspace,
    home: PathBuf,
    /// Nothing of it is the workspace's: another toolchain, other flags.
    target: PathBuf,
}

impl<'a> Fuzz<'a> {
    fn of(workspace: &'a Workspace) -> Self {
        let (home, target) = (workspace.root.join("crates/fuzz"), workspace.target.join("fuzz"));
        Self { workspace, home, target }
    }

    fn stable(&self, words: &[&str]) -> Cmd {
        let manifest = ["--manifest-path".into(), self.home.join("Cargo.toml").into_os_string()];
        cargo(words.iter().copied()).args(manifest)
    }

    fn build(&self) -> StepResult {
        let lock = self.home.join("Cargo.lock");
        let locked = std::fs::read(&lock).map_err(|why| format!("{}: {why}", lock.display()))?;
        let there = self.nightly(Cmd::new("rustc").args(["--version"])).run(self.workspace);
        if !there.is_ok_and(|done| done.success) {
            return Err(format!(
                "the {TOOLCHAIN} toolchain is missing; install it: rustup toolchain install {TOOLCHAIN} --profile minimal"
            )
            .into());
        }
        // Without a sanitizer: it would double the build to watch `unsafe` that nobody here writes.
        let words = ["build", "--sanitizer", "none", "--fuzz-dir"].map(Into::into);
        let places = [self.home.clone().into_os_string(), "--target-dir".into(), self.target.clone().into()];
        let build = Cmd::new(FUZZ.program(self.workspace, "cargo-fuzz"))
            .args::<std::ffi::OsString>(words)
            .args(places);
        passes(self.workspace, self.nightly(build))?;
        // cargo-fuzz has no `--locked`.
        if std::fs::read(&lock).is_ok_and(|now| now == locked) {
            Ok(Tally::one())
        } else {
            Err(format!("{} lagged behind its manifest", lock.display()).into())
        }
    }

    /// Cargo names itself to what it runs, and that would be the cargo of another toolchain.
    fn nightly(&self, cmd: Cmd) -> Cmd {
        cmd.env("RUSTUP_TOOLCHAIN", TOOLCHAIN).env("CARGO", "cargo").dir(&self.home)
    }

    /// As the files are named.
    fn targets(&self) -> Result<Vec<String>, String> {
        let folder = self.home.join("fuzz_targets");
        let files = std::fs::read_dir(&folder).map_err(|why| format!("{}: {why}", folder.display()))?;
        let names = files.flatten().filter_map(|file| Some(file.path().file_stem()?.to_str()?.to_owned()));
        let mut names: Vec<_> = names.collect();
        names.sort();
        Ok(names)
    }

    fn run(&self, target: &str, seconds: Option<NonZeroU32>) -> Result<(), String> {
        // The short form begins with the seeds alone.
        let form = if seconds.is_some() { "long" } else { "short" };
        let corpus = self.workspace.target.join("fuzz-corpus").join(form).join(target);
        if seconds.is_none() {
            let _ = std::fs::remove_dir_all(&corpus);
        }
        let artifacts = self.workspace.target.join("fuzz-artifacts");
        for folder in [&corpus, &artifacts] {
            std::fs::create_dir_all(folder).map_err(|why| format!("{}: {why}", folder.display()))?;
        }
        // What is known to be of use comes first; what is new goes into the corpus.
        let seeds = self.home.join("seeds").join(target);
        let triple = self.target.join(format!("{}-unknown-linux-gnu", std::env::consts::ARCH));
        let kept = format!("-artifact_prefix={}/{target}-", artifacts.display());
        Cmd::new(triple.join("release").join(target))
            .args([corpus.into_os_string(), seeds.into_os_string(), kept.into()])
            .args(seconds.map(|seconds| format!("-max_total_time={seconds}")))
            .args(SHORT.into_iter().filter(|_| seconds.is_none()))
            .args(LIMITS)
            .args(["-verbosity=0"])
            .run(self.workspace)?
            .success()
    }
}
