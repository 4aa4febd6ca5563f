//! `monitor` and `dashboards`: what `campotech-monitor` does, with its tools and programs at hand.

use super::{Verb, ended, usage};
use crate::cmd::{Cmd, cargo};
use crate::tools;
use crate::verbs::test::EVERYTHING;
use crate::workspace::Workspace;
use std::process::ExitCode;

pub(crate) const MONITOR: Verb = Verb {
    name: "monitor",
    usage: "monitor [--keep]",
    summary: "run every alert, panel and runbook expression on real servers; --keep leaves them up",
    run: monitor,
};

pub(crate) const DASHBOARDS: Verb = Verb {
    name: "dashboards",
    usage: "dashboards [--check]",
    summary: "write the dashboards and Grafana's alert rules from their sources",
    run: dashboards,
};

fn monitor(args: &[String]) -> ExitCode {
    let keep = match args {
        [] => false,
        [flag] if flag == "--keep" => true,
        _ => return usage(&MONITOR),
    };
    ended(Workspace::load().and_then(|workspace| {
        tools::ensure(&workspace, false).map_err(|stop| stop.to_string())?;
        // What `test` builds, so that nothing is built twice where both run.
        cargo(["build"]).args(EVERYTHING).run(&workspace)?.success()?;
        let built = workspace.target.join("debug");
        let words = ["monitor", "--server"].map(Into::into).into_iter();
        let words = words.chain([built.join("campotech-server").into_os_string()]);
        let words = words.chain(keep.then(|| "--keep".into()));
        Cmd::new(built.join("campotech-monitor")).args(words).run(&workspace)?.success()
    }))
}

fn dashboards(args: &[String]) -> ExitCode {
    let check = match args {
        [] => false,
        [flag] if flag == "--check" => true,
        _ => return usage(&DASHBOARDS),
    };
    ended(Workspace::load().and_then(|workspace| {
        let run = cargo(["run", "--quiet", "--package", "campotech-monitor", "--", "dashboards"]);
        run.args(check.then_some("--check")).run(&workspace)?.success()
    }))
}
