//! `campotech-bench gates [--write]`: what each case costs over its floor, compared with what was reached.
//! `campotech-bench bars [FILTER]`, with the feature `peers`: ratios.

mod allocations;

use std::path::Path;
use std::process::ExitCode;

use campotech_bench::gates::{self, Gates};
use campotech_bench::{cases, instructions};

const GATES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/gates.toml");

fn main() -> ExitCode {
    let args: Vec<_> = std::env::args().skip(1).collect();
    let words: Vec<_> = args.iter().map(String::as_str).collect();
    let done = match words[..] {
        ["gates"] => compare(),
        ["gates", "--write"] => costs().and_then(|costs| write(&costs)),
        #[cfg(feature = "peers")]
        ["bars", filter] => bars(filter),
        #[cfg(feature = "peers")]
        ["conserve", who] => campotech_bench::conservation::conserve(who),
        #[cfg(feature = "peers")]
        ["flood", who] => campotech_bench::flood::flood(who),
        #[cfg(feature = "peers")]
        ["networks", who] => campotech_bench::limits::flood::flood(who),
        _ => Err("usage: campotech-bench gates [--write] | bars FILTER".to_owned()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    }
}

fn compare() -> Result<(), String> {
    let text = std::fs::read_to_string(GATES).map_err(|why| format!("{GATES}: {why}"))?;
    let gates: Gates = toml::from_str(&text).map_err(|why| format!("{GATES}: {why}"))?;
    let (lines, within) = gates::compared(&costs()?, &gates);
    print!("{lines}");
    if within { Ok(()) } else { Err("not all are within their gates".to_owned()) }
}

#[cfg(feature = "peers")]
fn bars(filter: &str) -> Result<(), String> {
    let reached = campotech_bench::bars::measured(filter, &costs()?)?;
    if reached { Ok(()) } else { Err("not all bars are reached".to_owned()) }
}

fn write(costs: &Gates) -> Result<(), String> {
    std::fs::write(GATES, gates::written(costs)).map_err(|why| format!("{GATES}: {why}"))
}

fn costs() -> Result<Gates, String> {
    let cases = cases();
    let program = std::env::current_exe().map_err(|why| why.to_string())?;
    let target = program.ancestors().nth(2).unwrap_or(Path::new("target"));
    let instructions = instructions::counted(&cases, target)?;
    let allocations: Vec<_> = cases.iter().map(allocations::of).collect();
    Ok(gates::costs(&cases, &instructions, &allocations))
}
