//! The variables are those of the guide, and a wrong one ends the start.

use std::fmt::Write as _;

use campotech::config::OTLP_VARIABLES;

use crate::support::run;

const GUIDE: &str = include_str!("../../../../docs/guides/observability.md");

#[test]
fn the_guides_table_of_variables_is_that_of_the_program() {
    let mut table = String::from("| variable | default | meaning |\n|---|---|---|\n");
    for variable in OTLP_VARIABLES {
        let default = variable.default.map_or_else(|| "unset".to_owned(), |default| format!("`{default}`"));
        writeln!(table, "| `{}` | {default} | {} |", variable.name, variable.meaning).unwrap();
    }
    assert!(!OTLP_VARIABLES.is_empty() && GUIDE.contains(&table), "the guide lacks this table:\n{table}");
}

#[test]
fn a_wrong_value_is_one_line_and_no_start() {
    for (name, value) in [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4318/hunter2"),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"),
        ("OTEL_TRACES_SAMPLER_ARG", "hunter2"),
    ] {
        let output = run(&["serve"], &[(name, value)]);
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2));
        let begins = said.starts_with(&format!("campotech-server: {name}: "));
        assert!(begins && said.lines().count() == 1 && !said.contains("hunter2"), "{said}");
    }
}
