//! The verbs, each in a file of its own, and the help that lists them.

mod audit;
mod e2e;
mod load;
mod monitor;
mod test;

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

fn ended(result: Result<(), String>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    }
}

const VERBS: &[Verb] =
    &[test::VERB, monitor::MONITOR, monitor::DASHBOARDS, load::LOAD, e2e::E2E, audit::VERB];

pub(crate) fn find(name: &str) -> Option<&'static Verb> {
    VERBS.iter().find(|verb| verb.name == name)
}

pub(crate) fn help() -> String {
    let mut text = "usage: cargo xtask VERB [OPTIONS]\n\nverbs:".to_owned();
    for verb in VERBS {
        text += &format!("\n  {:<20} {}", verb.usage, verb.summary);
    }
    text
}
