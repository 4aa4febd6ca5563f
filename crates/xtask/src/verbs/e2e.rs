//! `e2e`: the server as browsers see it, by Playwright in Debian's Chromium.

use super::{Verb, ended, installs, usage};
use crate::cmd::{Cmd, cargo};
use crate::tools::{self, Kit};
use crate::verbs::test::EVERYTHING;
use crate::workspace::Workspace;
use std::process::ExitCode;

pub(crate) const E2E: Verb = Verb {
    name: "e2e",
    usage: "e2e [--screenshots]",
    summary: "the server in a real browser; --screenshots renews those of the documentation",
    run: e2e,
};

/// Where the specs are.
const SPECS: &str = "examples/server/e2e";

/// Where pictures of the documentation are.
const PICTURES: &str = "docs/images";

fn e2e(args: &[String]) -> ExitCode {
    let (install, words) = installs(args);
    let pictures = match words[..] {
        [] => false,
        ["--screenshots"] => true,
        _ => return usage(&E2E),
    };
    ended(run(pictures, install))
}

fn run(pictures: bool, install: bool) -> Result<(), String> {
    let workspace = Workspace::load()?;
    tools::ensure(&workspace, Kit::Browser, install)?;
    // What `test` builds, so that nothing is built twice where both run.
    cargo(["build"]).args(EVERYTHING).run(&workspace)?.success()?;
    let specs = workspace.root.join(SPECS);
    tools::npm_packages(&workspace, &specs)?;
    let server = workspace.target.join("debug/campotech-server");
    let shown = workspace.root.join(PICTURES).into_os_string();
    let npm = Cmd::new("npm").args(["test"]).dir(specs).env("CAMPOTECH_SERVER", server);
    let npm = if pictures { npm.env("E2E_SCREENSHOTS", shown) } else { npm };
    npm.run(&workspace)?.success()
}
