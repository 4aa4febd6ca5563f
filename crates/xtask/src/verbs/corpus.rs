//! `corpus`: what detection finds and what it takes for an attack, by an example of `campotech-security`.

use super::test::EVERYTHING;
use super::{Verb, ended, usage};
use crate::cmd::{Cmd, cargo};
use crate::workspace::Workspace;
use std::process::ExitCode;

pub(crate) const CORPUS: Verb = Verb {
    name: "corpus",
    usage: "corpus [--write]",
    summary: "rates of detection on own cases and CAMPOTECH_CORPORA, against bars and the page; --write: the page",
    run: corpus,
};

fn corpus(args: &[String]) -> ExitCode {
    match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] | ["--write"] => ended(measured(args)),
        _ => usage(&CORPUS),
    }
}

fn measured(args: &[String]) -> Result<(), String> {
    let workspace = Workspace::load()?;
    // What `test` builds, so that nothing is built twice where both run.
    cargo(["build"]).args(EVERYTHING).run(&workspace)?.success()?;
    let program = Cmd::new(workspace.target.join("debug/examples/corpus"));
    program.args(args.iter().map(String::as_str)).run(&workspace)?.success()?;
    Ok(())
}
