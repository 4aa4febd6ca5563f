//! The verbs, each in a file of its own, and the help that lists them.

mod attack;
mod audit;
mod bench;
mod corpus;
mod delivery;
mod e2e;
mod fuzz;
mod image;
mod load;
mod monitor;
mod package;
mod phone_table;
mod sbom;
mod test;

use crate::counts::Tally;
use crate::step::Runner;
use crate::tools::{self, Kit};
use crate::workspace::Workspace;
use std::process::ExitCode;

/// The exit code of a command line that can't be understood.
pub(crate) const USAGE: u8 = 2;

/// A word after `cargo xtask`.
pub(crate) struct Verb {
    pub(crate) name: &'static str,
    pub(crate) usage: &'static str,
    pub(crate) summary: &'static str,
    pub(crate) run: fn(&[String]) -> ExitCode,
}

/// For a command line that can't be understood.
fn usage(verb: &Verb) -> ExitCode {
    eprintln!("usage: cargo xtask {}", verb.usage);
    ExitCode::from(USAGE)
}

/// Takes `--install` out of the words after the verb.
fn installs(args: &[String]) -> (bool, Vec<&str>) {
    let words: Vec<_> = args.iter().map(String::as_str).filter(|word| *word != "--install").collect();
    (words.len() < args.len(), words)
}

/// A verb of steps, its tools first; without them nothing is tried.
fn in_steps(verb: &Verb, args: &[String], kit: Kit, steps: fn(&Workspace, &mut Runner)) -> ExitCode {
    let (install, words) = installs(args);
    if !words.is_empty() {
        return usage(verb);
    }
    match Workspace::load() {
        Ok(workspace) => {
            let mut run = Runner::default();
            if have_tools(&mut run, &workspace, kit, install) {
                steps(&workspace, &mut run);
            }
            run.finish()
        }
        failed => ended(failed.map(|_| ())),
    }
}

/// The step that comes before the others.
fn have_tools(run: &mut Runner, workspace: &Workspace, kit: Kit, install: bool) -> bool {
    run.step("tools", || {
        tools::ensure(workspace, kit, install)?;
        Ok(Tally::one())
    })
}

fn ended(result: Result<(), String>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    }
}

const VERBS: &[Verb] = &[
    test::VERB,
    bench::VERB,
    monitor::MONITOR,
    monitor::DASHBOARDS,
    load::LOAD,
    corpus::CORPUS,
    e2e::E2E,
    image::VERB,
    delivery::VERB,
    audit::VERB,
    fuzz::VERB,
    attack::VERB,
    phone_table::VERB,
    sbom::VERB,
    package::VERB,
];

pub(crate) fn find(name: &str) -> Option<&'static Verb> {
    VERBS.iter().find(|verb| verb.name == name)
}

pub(crate) fn help() -> String {
    let mut text = "usage: cargo xtask VERB [OPTIONS] [--install]\n\nverbs:".to_owned();
    for verb in VERBS {
        text += &format!("\n  {:<24} {}", verb.usage, verb.summary);
    }
    text += "\n\nWhat is missing is installed as root, or with --install through sudo, and named otherwise.";
    text
}
