//! `delivery`: image, workflows and the deployment program, on an AWS and a registry of this machine.

use super::test::{EVERYTHING, passes, tests};
use super::{Verb, image, in_steps};
use crate::binary::{self, Release};
use crate::cmd::cargo;
use crate::counts::Tally;
use crate::step::{Runner, StepResult};
use crate::tools::Kit;
use crate::workspace::Workspace;
use std::path::PathBuf;
use std::process::ExitCode;

pub(crate) const VERB: Verb = Verb {
    name: "delivery",
    usage: "delivery",
    summary: "the image, the workflows, and deliveries to an AWS of this machine: every way forward, and every way back",
    run: delivery,
};

/// Which tests these are; `test` leaves them out, since they take minutes.
pub(super) const TESTS: &str = "package(campotech-deploy) & kind(test)";

const DEPLOYMENT: &str = "package(campotech-deploy) & kind(test) & not (binary(traffic) | binary(workflows))";
/// Those that deliver real servers.
const TRAFFIC: &str = "package(campotech-deploy) & binary(traffic)";
/// Those that deliver a real image.
const WORKFLOWS: &str = "package(campotech-deploy) & binary(workflows)";

fn delivery(args: &[String]) -> ExitCode {
    in_steps(&VERB, args, Kit::Delivery, steps)
}

fn steps(workspace: &Workspace, run: &mut Runner) {
    // What `test` builds, so that nothing is built twice where both run.
    run.step("build", || passes(workspace, cargo(["build"]).args(EVERYTHING)));
    run.step("deployment", || selected(workspace, DEPLOYMENT, &[]));
    let mut next = None;
    run.step("binary", || {
        // Another version than the workspace's, to be told from it.
        let mut release = Release::of(workspace)?;
        release.version += "-delivery";
        let server = binary::built(workspace, &release)?;
        next = Some((release, server));
        Ok(Tally::one())
    });
    let Some((release, server)) = next else {
        return run.not_run(&["image", "workflows", "traffic"], "there is no program");
    };
    run.step("image", || {
        image::build(workspace, &release, &server)?;
        Ok(Tally::one())
    });
    run.step("workflows", || selected(workspace, WORKFLOWS, &[(binary::BUILT, server.clone())]));
    run.step("traffic", || {
        let old = workspace.target.join("debug/campotech-server");
        selected(workspace, TRAFFIC, &[("CAMPOTECH_SERVER_OLD", old), ("CAMPOTECH_SERVER_NEW", server)])
    });
}

fn selected(workspace: &Workspace, which: &str, told: &[(&str, PathBuf)]) -> StepResult {
    tests(workspace, &["--workspace", "-E", which], told)
}
