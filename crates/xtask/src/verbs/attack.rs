//! `attack`: schemathesis against the server, by an example of `campotech-server`.

use super::test::EVERYTHING;
use super::{Verb, ended, installs, usage};
use crate::cmd::{Cmd, cargo};
use crate::tools::{self, ATTACK, Kit};
use crate::workspace::Workspace;
use std::process::ExitCode;

pub(crate) const VERB: Verb = Verb {
    name: "attack",
    usage: "attack [--long]",
    summary: "schemathesis against the server, all checks: a few cases for each operation, or with --long many",
    run: attack,
};

/// Cases for each operation; in the short form from the same seed on every run.
const SHORT: [&str; 4] = ["--examples", "15", "--seed", "1"];
const LONG: [&str; 2] = ["--examples", "300"];

fn attack(args: &[String]) -> ExitCode {
    let (install, words) = installs(args);
    match words[..] {
        [] => ended(run(false, install)),
        ["--long"] => ended(run(true, install)),
        _ => usage(&VERB),
    }
}

fn run(long: bool, install: bool) -> Result<(), String> {
    let workspace = Workspace::load()?;
    tools::ensure(&workspace, Kit::Attack, install)?;
    // In the short form it is what `test` builds, so that nothing is built twice where both run.
    let alone = ["--package", "campotech-server", "--bins", "--example", "attack", "--all-features"];
    let what: &[&str] = if long { &alone } else { &EVERYTHING };
    cargo(["build"]).args(what.iter().copied()).run(&workspace)?.success()?;
    let built = workspace.target.join("debug");
    let named = [
        ("--server", built.join("campotech-server")),
        ("--schemathesis", ATTACK.program(&workspace, "schemathesis")),
        ("--out", workspace.target.join("attack")),
    ];
    let words = named.into_iter().flat_map(|(name, path)| [name.into(), path.into_os_string()]);
    let form: &[&str] = if long { &LONG } else { &SHORT };
    let program = Cmd::new(built.join("examples/attack")).args::<std::ffi::OsString>(words);
    program.args(form.iter().copied()).run(&workspace)?.success()
}
