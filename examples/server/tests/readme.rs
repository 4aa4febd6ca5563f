//! The README says what the program does.
#![allow(clippy::unwrap_used, reason = "a helper that can't do its work fails the test")]

use std::fmt::Write as _;

use campotech::config::PLATFORM_VARIABLES;
use campotech_server::config::SERVER_VARIABLES;

fn table() -> String {
    let mut table = String::from("| variable | default | meaning |\n|---|---|---|\n");
    for variable in PLATFORM_VARIABLES.iter().chain(SERVER_VARIABLES) {
        let default = variable.default.map_or_else(|| "unset".to_owned(), |default| format!("`{default}`"));
        writeln!(table, "| `{}` | {default} | {} |", variable.name, variable.meaning).unwrap();
    }
    table
}

#[test]
fn the_table_of_variables_is_that_of_the_program() {
    let readme = include_str!("../../../README.md");
    assert!(readme.contains(&table()), "README.md lacks this table:\n{}", table());
}
