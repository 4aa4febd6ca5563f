//! `cargo xtask VERB`: what developers, CI and the README call.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a program that talks to a person")]

mod cmd;
mod counts;
mod deny;
#[cfg(test)]
mod direction;
mod features;
mod image;
mod links;
mod step;
mod tools;
mod verbs;
mod workspace;

use std::process::ExitCode;

fn main() -> ExitCode {
    let mut args = std::env::args().skip(1);
    match args.next().as_deref() {
        None | Some("help" | "-h" | "--help") => {
            println!("{}", verbs::help());
            ExitCode::SUCCESS
        }
        Some(name) => match verbs::find(name) {
            Some(verb) => (verb.run)(&args.collect::<Vec<_>>()),
            None => {
                eprintln!("unknown verb `{name}`\n\n{}", verbs::help());
                ExitCode::from(verbs::USAGE)
            }
        },
    }
}
