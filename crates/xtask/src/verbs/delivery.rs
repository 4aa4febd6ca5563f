//! `delivery`: the deployment program at work on an AWS of this machine.

use super::test::{EVERYTHING, passes, tests};
use super::{Verb, installs, usage};
use crate::cmd::cargo;
use crate::counts::Tally;
use crate::step::Runner;
use crate::tools::{self, Kit};
use crate::workspace::Workspace;
use std::process::ExitCode;

pub(crate) const VERB: Verb = Verb {
    name: "delivery",
    usage: "delivery",
    summary: "deliveries to an AWS of this machine: every way forward, and every way back",
    run: delivery,
};

/// Which tests these are; `test` leaves them out, since they take minutes.
pub(super) const TESTS: &str = "package(campotech-deploy) & kind(test)";

fn delivery(args: &[String]) -> ExitCode {
    let (install, words) = installs(args);
    if !words.is_empty() {
        return usage(&VERB);
    }
    let workspace = match Workspace::load() {
        Ok(workspace) => workspace,
        Err(why) => {
            eprintln!("{why}");
            return ExitCode::FAILURE;
        }
    };
    let mut run = Runner::default();
    if run.step("tools", || {
        tools::ensure(&workspace, Kit::Delivery, install)?;
        Ok(Tally::one())
    }) {
        // What `test` builds, so that nothing is built twice where both run.
        run.step("build", || passes(&workspace, cargo(["build"]).args(EVERYTHING)));
        run.step("deployment", || tests(&workspace, &["--workspace", "-E", TESTS]));
    }
    run.finish()
}
