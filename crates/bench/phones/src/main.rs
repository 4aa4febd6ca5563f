//! Argentine numbers beside libphonenumber: the table that campotech-validate is built with, every verdict compared, and
//! what reading a number costs. `campotech-bench-phones write | check | bars`, at the root of the workspace.

mod bars;
mod compare;
mod oracle;
mod ours;
mod table;

use std::process::ExitCode;

const TABLE: &str = "crates/campotech-validate/src/types/phone/table.rs";
const VERDICTS: &str = "crates/campotech-validate/tests/data/phone-verdicts.tsv";

fn main() -> ExitCode {
    let result = match std::env::args().nth(1).as_deref() {
        Some("write") => write(),
        Some("check") => check(),
        Some("bars") => bars::measured(),
        _ => Err("usage: campotech-bench-phones write | check | bars".to_owned()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    }
}

/// The table, and the verdicts that its tests compare.
fn write() -> Result<(), String> {
    for (path, text) in [(TABLE, table::rust()?), (VERDICTS, compare::verdicts())] {
        std::fs::write(path, text).map_err(|why| format!("{path}: {why}"))?;
    }
    Ok(())
}

fn check() -> Result<(), String> {
    for (path, expected) in [(TABLE, table::rust()?), (VERDICTS, compare::verdicts())] {
        let text = std::fs::read_to_string(path).map_err(|why| format!("{path}: {why}"))?;
        if text != expected {
            return Err(format!("{path} is not what libphonenumber says: run `cargo xtask phone-table`"));
        }
    }
    println!("table and verdicts are up to date");
    println!("prefixes: {} verdicts are the same", compare::prefixes()?);
    println!("texts: {} verdicts are the same", compare::texts()?);
    Ok(())
}
