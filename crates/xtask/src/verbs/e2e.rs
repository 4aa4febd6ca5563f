//! `e2e`: the server as browsers see it, by Playwright in Debian's Chromium.

use super::{Verb, ended, usage};
use crate::cmd::{Cmd, cargo};
use crate::tools;
use crate::verbs::test::EVERYTHING;
use crate::workspace::Workspace;
use std::path::Path;
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
    let pictures = match args {
        [] => false,
        [flag] if flag == "--screenshots" => true,
        _ => return usage(&E2E),
    };
    ended(run(pictures))
}

fn run(pictures: bool) -> Result<(), String> {
    let workspace = Workspace::load()?;
    tools::ensure(&workspace, false).map_err(|stop| stop.to_string())?;
    tools::ensure_e2e(&workspace)?;
    // What `test` builds, so that nothing is built twice where both run.
    cargo(["build"]).args(EVERYTHING).run(&workspace)?.success()?;
    let specs = workspace.root.join(SPECS);
    install(&workspace, &specs)?;
    let server = workspace.target.join("debug/campotech-server");
    let shown = workspace.root.join(PICTURES).into_os_string();
    let npm = Cmd::new("npm").args(["test"]).dir(specs).env("CAMPOTECH_SERVER", server);
    let npm = if pictures { npm.env("E2E_SCREENSHOTS", shown) } else { npm };
    npm.run(&workspace)?.success()
}

/// npm empties the place before it installs; the lock file beside what it installed says what that was.
fn install(workspace: &Workspace, specs: &Path) -> Result<(), String> {
    let failed = |why: std::io::Error| format!("{}: {why}", specs.display());
    let lock = std::fs::read(specs.join("package-lock.json")).map_err(failed)?;
    let stamp = specs.join("node_modules/installed.json");
    if std::fs::read(&stamp).is_ok_and(|installed| installed == lock) {
        return Ok(());
    }
    let install = Cmd::new("npm").args(tools::NPM_INSTALL);
    install.dir(specs).run(workspace)?.success()?;
    std::fs::write(&stamp, lock).map_err(failed)
}
