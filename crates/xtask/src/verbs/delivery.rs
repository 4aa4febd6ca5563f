//! `delivery`: the deployment program at work on an AWS of this machine.

use super::test::{EVERYTHING, passes, tests};
use super::{Verb, installs, usage};
use crate::cmd::cargo;
use crate::counts::Tally;
use crate::image::{self, Release};
use crate::step::{Runner, StepResult};
use crate::tools::{self, Kit};
use crate::workspace::Workspace;
use std::path::PathBuf;
use std::process::ExitCode;

pub(crate) const VERB: Verb = Verb {
    name: "delivery",
    usage: "delivery",
    summary: "deliveries to an AWS of this machine: every way forward, and every way back",
    run: delivery,
};

/// Which tests these are; `test` leaves them out, since they take minutes.
pub(super) const TESTS: &str = "package(campotech-deploy) & kind(test)";

const DEPLOYMENT: &str = "package(campotech-deploy) & kind(test) & not binary(traffic)";
/// Those that deliver real servers.
const TRAFFIC: &str = "package(campotech-deploy) & binary(traffic)";

/// The version that is delivered, which has to be another one than the workspace's.
const NEXT: Release<'_> = Release { version: "0.2.0-delivery", revision: "unreleased" };

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
        run.step("deployment", || tests(&workspace, &["--workspace", "-E", DEPLOYMENT], &[]));
        let mut next = None;
        run.step("release", || {
            next = Some(image::build(&workspace, NEXT)?);
            Ok(Tally::one())
        });
        match next {
            Some(next) => {
                run.step("binary", || image::check(&workspace, &next, NEXT));
                run.step("traffic", || traffic(&workspace, next));
            }
            None => run.not_run(&["binary", "traffic"], "there is no release"),
        }
    }
    run.finish()
}

/// From the debug build to the release.
fn traffic(workspace: &Workspace, next: PathBuf) -> StepResult {
    let old = workspace.target.join("debug/campotech-server");
    let told = [("CAMPOTECH_SERVER_OLD", old), ("CAMPOTECH_SERVER_NEW", next)];
    tests(workspace, &["--workspace", "-E", TRAFFIC], &told)
}
