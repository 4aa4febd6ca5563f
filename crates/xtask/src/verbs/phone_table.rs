//! `phone-table`: Argentina's numbering plan from libphonenumber, by a package of `crates/bench`, where peers are.

use super::bench::beside;
use super::{Verb, ended, usage};
use crate::workspace::Workspace;
use std::process::ExitCode;

pub(crate) const VERB: Verb = Verb {
    name: "phone-table",
    usage: "phone-table [--check]",
    summary: "write the table of telephone numbers; --check: compare it, and millions of verdicts, with libphonenumber",
    run: phone_table,
};

fn phone_table(args: &[String]) -> ExitCode {
    let word = match args {
        [] => "write",
        [flag] if flag == "--check" => "check",
        _ => return usage(&VERB),
    };
    ended(Workspace::load().and_then(|workspace| {
        let program =
            ["run", "--locked", "--quiet", "--profile", "oracle", "--package", "campotech-bench-phones"];
        beside(&workspace, &program).args(["--", word]).run(&workspace)?.success()
    }))
}
