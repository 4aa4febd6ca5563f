//! `delivery`: image, workflows and the deployment program, on an AWS and a registry of this machine.

use super::test::{EVERYTHING, passes, tests};
use super::{Verb, image, installs, usage};
use crate::binary::{self, Release};
use crate::cmd::cargo;
use crate::counts::Tally;
use crate::step::Runner;
use crate::tools::{self, Kit};
use crate::workspace::Workspace;
use std::process::ExitCode;

pub(crate) const VERB: Verb = Verb {
    name: "delivery",
    usage: "delivery",
    summary: "the image, the workflows, and deliveries to an AWS of this machine: every way forward, and every way back",
    run: delivery,
};

/// Which tests these are; `test` leaves them out, since they take minutes.
pub(super) const TESTS: &str = "package(campotech-deploy) & kind(test)";

/// Which of them need the server that is delivered.
const WORKFLOWS: &str = "package(campotech-deploy) & binary(workflows)";

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
    let ready = run.step("tools", || {
        tools::ensure(&workspace, Kit::Delivery, install)?;
        Ok(Tally::one())
    });
    if ready {
        steps(&workspace, &mut run);
    }
    run.finish()
}

fn steps(workspace: &Workspace, run: &mut Runner) {
    // What `test` builds, so that nothing is built twice where both run.
    run.step("build", || passes(workspace, cargo(["build"]).args(EVERYTHING)));
    run.step("deployment", || {
        tests(workspace, &["--workspace", "-E", &format!("({TESTS}) - ({WORKFLOWS})")], &[])
    });
    let mut server = None;
    run.step("static server", || {
        server = Some(binary::built(workspace, &Release::of(workspace)?)?);
        Ok(Tally::one())
    });
    let Some(server) = server else {
        return run.not_run(&["image", "workflows"], "there is no static server");
    };
    run.step("image", || {
        image::build(workspace, &Release::of(workspace)?, &server)?;
        Ok(Tally::one())
    });
    run.step("workflows", || {
        let built = (binary::BUILT, server.as_os_str());
        tests(workspace, &["--workspace", "-E", WORKFLOWS], &[built])
    });
}
