//! `load`: what `campotech-load` does, with its tools and programs at hand.

use super::{Verb, installs};
use crate::cmd::{Cmd, cargo};
use crate::tools::{self, Kit};
use crate::verbs::test::EVERYTHING;
use crate::workspace::Workspace;
use std::process::ExitCode;

pub(crate) const LOAD: Verb = Verb {
    name: "load",
    usage: "load [SCENARIO] [...]",
    summary: "load tests by k6: --scale 1/20, --mode closed|open, --inject FAULT, --base URL; --short is what CI runs",
    run: load,
};

/// Half a minute of a working day with half of its people.
const DAY: [&str; 5] = ["api-baseline", "--scale", "1/38", "--size", "1/2"];

/// What CI runs, and how it has to end: a load test that can't fail shows nothing.
const SHORT: [(&[&str], i32); 3] = [
    (&[], 0),
    (&["--mode", "open", "--inject", "delay=600ms"], CROSSED),
    (&["--mode", "closed", "--inject", "errors=1/100"], CROSSED),
];

/// A threshold was crossed.
const CROSSED: i32 = 99;

fn load(args: &[String]) -> ExitCode {
    let (install, words) = installs(args);
    let ended = match words[..] {
        ["--short"] => short_form(install),
        // A server that runs already needs no other one here, and k6 does the work.
        ["--ready"] => ready(install).map(|_| 0),
        ref words if words.iter().any(|word| word.split('=').next() == Some("--base")) => {
            against(words, install)
        }
        ref words => whole(words, install),
    };
    match ended {
        Ok(code) => ExitCode::from(code),
        Err(why) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    }
}

fn short_form(install: bool) -> Result<u8, String> {
    let workspace = Workspace::load()?;
    tools::ensure(&workspace, Kit::Tests, install)?;
    // What `test` builds, so that nothing is built twice where both run.
    cargo(["build"]).args(EVERYTHING).run(&workspace)?.success()?;
    for (args, expected) in SHORT {
        let done = program(&workspace, "debug").args(DAY).args(args.iter().copied()).run(&workspace)?;
        if done.code != Some(expected) {
            return Err(format!("it ended with {:?}, and not with {expected}", done.code));
        }
    }
    Ok(0)
}

fn whole(args: &[&str], install: bool) -> Result<u8, String> {
    let workspace = Workspace::load()?;
    tools::ensure(&workspace, Kit::Tests, install)?;
    let built = ["build", "--release", "--package", "campotech-server", "--package", "campotech-load"];
    cargo(built).run(&workspace)?.success()?;
    run(&workspace, "release", args)
}

fn against(args: &[&str], install: bool) -> Result<u8, String> {
    run(&ready(install)?, "debug", args)
}

/// What `--base` needs, without the run: a workflow builds and installs before it has a secret.
fn ready(install: bool) -> Result<Workspace, String> {
    let workspace = Workspace::load()?;
    tools::ensure(&workspace, Kit::Prebuilt, install)?;
    cargo(["build", "--package", "campotech-load"]).run(&workspace)?.success()?;
    Ok(workspace)
}

fn run(workspace: &Workspace, profile: &str, args: &[&str]) -> Result<u8, String> {
    let done = program(workspace, profile).args(args.iter().copied()).run(workspace)?;
    done.code.and_then(|code| u8::try_from(code).ok()).ok_or_else(|| "a signal ended it".to_owned())
}

fn program(workspace: &Workspace, profile: &str) -> Cmd {
    let built = workspace.target.join(profile);
    let named = [
        ("--out", workspace.target.join("load")),
        ("--server", built.join("campotech-server")),
        ("--k6", tools::TESTS.program(workspace, "k6")),
    ];
    let words = named.into_iter().flat_map(|(name, path)| [name.into(), path.into_os_string()]);
    Cmd::new(built.join("campotech-load")).args(words)
}
